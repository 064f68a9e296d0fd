"""One badge for one state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.services import role, service, vm
from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE
from wizard.core.opennebula.states import LCM_STATES, RoleState, ServiceState, VmState
from wizard.core.views.badges import Badge, Tone, badge, service_badge
from wizard.tui.themes import PLAIN


@pytest.mark.parametrize(
    ("word", "tone"),
    [
        ("RUNNING", Tone.GOOD),
        ("DEPLOYING", Tone.MOVING),
        ("DEPLOYING_NETS", Tone.MOVING),
        ("UNDEPLOYING", Tone.MOVING),
        ("COOLDOWN", Tone.MOVING),
        ("BOOT_POWEROFF", Tone.MOVING),
        ("PENDING", Tone.MOVING),
        ("WARNING", Tone.WARNING),
        ("POWEROFF", Tone.WARNING),
        ("FAILED_DEPLOYING", Tone.BAD),
        ("BOOT_FAILURE", Tone.BAD),
        ("CLONING_FAILURE", Tone.BAD),
        ("FAILED", Tone.BAD),
        ("LOST", Tone.BAD),
        ("DONE", Tone.GONE),
        ("GONE", Tone.GONE),
        ("UNKNOWN", Tone.UNKNOWN),
        ("?", Tone.UNKNOWN),
        ("99", Tone.UNKNOWN),
        ("", Tone.UNKNOWN),
    ],
)
def test_the_tone_of_a_state(word: str, tone: Tone) -> None:
    assert badge(word) == Badge(word, tone)


def test_each_state_has_a_tone_that_is_known_and_no_two_tones_share_a_sign() -> None:
    names = {*ServiceState.__members__, *RoleState.__members__, *VmState.__members__, *LCM_STATES} - {"UNKNOWN"}
    assert not [name for name in names if badge(name).tone is Tone.UNKNOWN]
    assert len({tone.sign for tone in Tone}) == len(Tone)
    assert len({tone.sign.translate(PLAIN) for tone in Tone}) == len(Tone)


def test_the_sign_stands_before_the_word() -> None:
    assert str(badge("RUNNING")) == "● RUNNING"
    assert str(badge("?")) == "?"


@pytest.mark.parametrize(
    "superlink",
    [[], [vm(1, "POWEROFF", role=SUPERLINK)], [vm(1, "BOOT_FAILURE", role=SUPERLINK)], [vm(1, "DONE", role=SUPERLINK)]],
)
def test_a_cluster_that_is_dead_under_running_is_red(superlink: list) -> None:  # type: ignore[type-arg]
    found = service_badge(service([vm(2)], superlink=superlink))
    assert (found.word, found.tone) == ("RUNNING, no SuperLink", Tone.BAD)


def test_a_superlink_that_oned_was_not_asked_about_is_not_called_dead() -> None:
    assert service_badge(service([2], superlink=[1])) == badge("RUNNING")


def test_a_failed_role_is_told_though_oneflow_says_deploying() -> None:
    snapshot = service([vm(2, "BOOT_FAILURE")], "DEPLOYING", supernode_role={"state": "FAILED_DEPLOYING"})
    assert (service_badge(snapshot).tone, snapshot.state_name) == (Tone.BAD, "DEPLOYING")


def test_a_service_that_is_gone_is_neither_dead_nor_failed() -> None:
    gone = replace(service([]), gone=True, roles=(role(SUPERLINK, []), role(SUPERNODE, [], "FAILED_DEPLOYING")))
    assert service_badge(gone) == Badge("GONE", Tone.GONE)
