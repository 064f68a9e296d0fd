"""OpenNebula's template syntax."""

from __future__ import annotations

import pytest

from wizard.sandbox.oned.accounts import OneError
from wizard.sandbox.oned.templates import parse


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("READY=YES", {"READY": "YES"}),
        ("fl_ca_cert=LS0tLS1CRUdJTg==", {"FL_CA_CERT": "LS0tLS1CRUdJTg=="}),
        ('A = "say \\"hi\\", [x]"\nB=one, two [3]\n', {"A": 'say "hi", [x]', "B": "one, two [3]"}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("# a comment\nA=1", {"A": "1"}),
        ('NIC = [ NETWORK_ID = "$Private", IP=1.2.3.4 ]', {"NIC": {"NETWORK_ID": "$Private", "IP": "1.2.3.4"}}),
        ("NIC=[A=1]\nNIC=[A=2]", {"NIC": [{"A": "1"}, {"A": "2"}]}),
        ("<TEMPLATE><a>1</a><B><C><![CDATA[<x>]]></C></B></TEMPLATE>", {"A": "1", "B": {"C": "<x>"}}),
        ("", {}),
    ],
)
def test_it_is_read_as_oned_reads_it(text: str, read: object) -> None:
    assert parse(text) == read


@pytest.mark.parametrize("text", ["no equals sign", "<A><B></A>"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(OneError, match="Parse error"):
        parse(text)
