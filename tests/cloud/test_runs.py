"""The history records of a VM: read from its XML, and looked at again when there is one more."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from wizard.cloud.reading import newly_read
from wizard.cloud.vm_xml import vm_facts
from wizard.core.opennebula.snapshot import Run, VmFacts

RECORDS = """<VM><ID>7</ID><STATE>3</STATE><LCM_STATE>3</LCM_STATE><HISTORY_RECORDS>
<HISTORY><SEQ>0</SEQ><RSTIME>100</RSTIME><ACTION>19</ACTION></HISTORY>
<HISTORY><SEQ>1</SEQ><RSTIME>900</RSTIME><ACTION>0</ACTION></HISTORY></HISTORY_RECORDS></VM>"""


def test_every_run_is_read() -> None:
    found = vm_facts(etree.fromstring(RECORDS), extended=True)
    assert found.runs == (Run(0, 100, 19), Run(1, 900))
    assert found.running_since == 900


def test_a_ready_vm_is_read_again_once_it_has_one_more_run() -> None:
    known = VmFacts(7, "", 3, 3, user_template={"READY": "YES"}, runs=(Run(0, 100),))
    assert newly_read([replace(known, runs=(Run(0),))], {7: known}, 1e10) == ()
    assert newly_read([replace(known, runs=(Run(1),))], {7: known}, 1e10) == (7,)
    assert newly_read([replace(known, runs=())], {7: known}, 1e10) == ()
