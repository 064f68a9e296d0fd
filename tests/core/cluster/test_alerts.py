"""What is worth a bell, and how it reaches the operator's desktop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.core.cluster.diagnosis import diagnose
from wizard.core.cluster.events import Alerts
from wizard.core.opennebula.snapshot import Node, Role, ServiceSnapshot, VmFacts
from wizard.storage.preferences import HOWS
from wizard.tui.terminal.driver import sequence

LINK = VmFacts(1, "link", 3, 3, stime=100, running_since=110, user_template={"READY": "YES", "ROLE_NAME": "superlink"})
NODE = replace(LINK, id=2, name="node", user_template={"READY": "YES", "ROLE_NAME": "supernode"})
ROLES = (
    Role("superlink", 2, 1, nodes=(Node(1, "link", LINK),)),
    Role("supernode", 2, 1, nodes=(Node(2, "node", NODE),)),
)
RUNNING = ServiceSnapshot(7, "prod", 2, start_time=90, taken_at=200.0, roles=ROLES)
COMING = replace(RUNNING, state=1)
DEAD = replace(RUNNING, roles=(replace(ROLES[0], nodes=()), ROLES[1]))


def heard(noteworthy: Alerts, snapshot: ServiceSnapshot) -> str:
    return noteworthy.of(snapshot, diagnose(snapshot))


def test_each_is_said_once_and_the_first_look_is_no_news() -> None:
    noteworthy = Alerts()
    assert heard(noteworthy, COMING) == ""
    assert heard(noteworthy, RUNNING) == "Service 7 prod is RUNNING."
    assert heard(noteworthy, RUNNING) == ""
    assert heard(noteworthy, DEAD).startswith("Service 7 prod: ")
    assert heard(noteworthy, DEAD) == ""
    assert heard(noteworthy, RUNNING) == "Service 7 prod is RUNNING."
    assert heard(noteworthy, replace(RUNNING, gone=True)) == "Service 7 prod is gone."
    assert heard(noteworthy, replace(RUNNING, gone=True)) == ""


def test_who_attaches_to_trouble_sees_it_and_hears_nothing() -> None:
    assert heard(Alerts(), DEAD) == ""


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("environment", [{}, {"TMUX": "/tmp/tmux"}])
def test_no_text_leaves_its_sequence(how: str, environment: dict[str, str]) -> None:
    written = sequence(how, "a\x1b]0;title\x07b;c\n" + "x" * 999, environment)
    inner = written.replace("\x1b\x1b", "\x1b")
    assert len(written) < 300
    assert written.count("\a") == (1 if how == "bell" else 0)
    assert "title;" not in inner
    assert ("a]0titlebc" in inner) == how.startswith("osc")
    if how.startswith("osc"):
        assert written.startswith("\x1bPtmux;\x1b\x1b]" if environment else "\x1b]")
        assert written.endswith("\x1b\\")
