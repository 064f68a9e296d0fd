"""What a SuperLink says, read and told beside what OneFlow says."""

from __future__ import annotations

import pytest

from wizard.core.flower.superlink import SuperLinkReport, lines, read
from wizard.core.opennebula.snapshot import Node, Role, ServiceSnapshot, VmFacts

DATA = {
    "supernodes": [
        {"id": "11", "status": "online", "since": "2026-11-24 02:00:00Z"},
        {"id": "12", "status": "offline", "since": "2026-11-24 01:00:00Z"},
        {"id": "13", "status": "unregistered", "since": ""},
    ],
    "runs": [
        {
            "id": "5",
            "app": "flowerneb/rehearsal 1.0.0",
            "status": "finished:failed",
            "details": "it broke",
            "pending_at": "02:01",
            "finished_at": "02:03",
        },
        {"id": "4", "app": "a", "status": "running", "details": "", "pending_at": "02:00", "finished_at": ""},
    ],
}


def service(ready: int) -> ServiceSnapshot:
    nodes = tuple(
        Node(number, f"vm-{number}", VmFacts(number, "", 3, 3, user_template={"READY": "YES"}))
        for number in range(ready)
    )
    return ServiceSnapshot(1, "one", 2, roles=(Role("supernode", 2, ready, nodes=nodes),))


def said(word: SuperLinkReport, ready: int) -> str:
    return "\n".join(lines(word, service(ready)))


def test_what_it_says_is_told() -> None:
    word = read("10.0.0.1:9093", DATA)
    told = said(word, 1)
    assert word.online == 1
    assert "1 SuperNode online, as the SuperLink at 10.0.0.1:9093 says." in told
    assert "SuperNode 12: offline" in told
    assert "SuperNode 13" not in told
    assert "run 5  finished:failed  flowerneb/rehearsal 1.0.0, ended 02:03\n    it broke" in told
    assert "run 4  running  a, submitted 02:00" in told
    assert "!" not in told


def test_who_lost_the_superlink_is_counted() -> None:
    assert "! OneFlow has 3 READY: 2 of them lost the SuperLink" in said(read("a:1", DATA), 3)
    assert "! OneFlow has 0 READY: more are connected" in said(read("a:1", DATA), 0)


def test_no_run_is_said() -> None:
    assert "No run was submitted yet." in said(read("a:1", {**DATA, "runs": []}), 1)


@pytest.mark.parametrize("data", [{}, {"supernodes": [{}], "runs": []}, {"supernodes": 3, "runs": []}])
def test_anything_else_is_no_word(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        read("a:1", data)
