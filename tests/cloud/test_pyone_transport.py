"""What is taken for granted of pyone beyond its documentation, held against the pyone that is installed."""

from __future__ import annotations

import inspect
import time
import xmlrpc.client
from typing import Any

import pyone
import pytest

from tests.cloud.wire_server import Heard, Listener, http, login
from wizard.cloud import pyone_transport
from wizard.cloud.errors import Garbled


def answer(text: str) -> bytes:
    """oned's answer with a text."""
    return http(200, xmlrpc.client.dumps(([True, text, 0],), methodresponse=True), "text/xml")


def asked(text: str, call: str) -> tuple[Any, Heard]:
    """The value of a call that is answered with this text, and the request as it came."""
    with Listener(answer(text)) as listener:
        server, transport = pyone_transport.connected(login(oned=f"{listener.url}/RPC2"), 5)
        pool, _, name = call.partition(".")
        value = getattr(getattr(server, pool), name)(1)
        transport.close()
    return value, listener.heard[0]


def test_pyone_lets_its_transport_be_replaced() -> None:
    server = pyone.OneServer("http://127.0.0.1:1/RPC2", session="u:p")
    assert isinstance(server("transport"), xmlrpc.client.Transport)
    mine, pyones = (inspect.signature(kind.request) for kind in (pyone_transport.Transport, type(server("transport"))))
    assert list(mine.parameters) == list(pyones.parameters)


def test_pyone_asks_for_the_method_that_is_named_with_the_session_before_the_arguments() -> None:
    _, heard = asked("7.0.0", "system.version")
    assert xmlrpc.client.loads(heard.body) == (("alice:s3cr3t:with:colons", 1), "one.system.version")


def test_a_text_that_does_not_begin_as_xml_is_handed_on_as_it_is() -> None:
    text = "<VM_POOL><VM><ID>1</ID></VM></VM_POOL>"
    for call in ("vmpool.infoset", "vmpool.info", "vm.info"):
        assert asked(text, call)[0].strip() == text


def test_other_answers_are_bound_to_classes() -> None:
    pool, _ = asked("<VNET_POOL><VNET><ID>3</ID></VNET></VNET_POOL>", "vnpool.info")
    assert [network.ID for network in pool.VNET] == [3]
    assert pool.VNET[0].USED_LEASES is None


@pytest.mark.parametrize("text", ["<VNET_POOL>", "<VNET_POOL><VNET><ID>x</ID></VNET></VNET_POOL>", ""])
def test_what_pyone_raises_on_a_bad_answer_is_known(text: str) -> None:
    with pytest.raises(pyone_transport.UNREADABLE):
        asked(text, "vnpool.info")


def test_an_answer_of_another_kind_has_not_the_attribute() -> None:
    pool, _ = asked("<html/>", "vnpool.info")
    assert not hasattr(pool, "VNET")


def test_pyone_reads_no_file_that_an_answer_names() -> None:
    text = '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/hostname">]><USER><NAME>&b;</NAME></USER>'
    with pytest.raises(Garbled):
        asked(text, "user.info")


@pytest.mark.parametrize("before", ["<?a ", "<!--a", "<?a?>", "<!---->\n", "<?a?><!--"])
def test_a_document_type_is_looked_for_in_linear_time(before: str) -> None:
    began = time.process_time()
    for ending in ("", "<!DOCTYPE", "<a/>"):
        found = pyone_transport._DOCTYPE.match(before * 5_000 + ending)
        assert (found is not None) == (ending == "<!DOCTYPE" and before.endswith((">", "\n")))
    assert time.process_time() - began < 5
