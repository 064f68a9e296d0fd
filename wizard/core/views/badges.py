"""One badge for one state: a sign, a word and a tone, the same wherever a state is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from wizard.core.opennebula.states import ServiceState, is_failure, service_state_name

if TYPE_CHECKING:
    from wizard.core.opennebula.snapshot import ServiceSnapshot


class Tone(str, Enum):
    """How a state is to be taken."""

    GOOD = "good"
    MOVING = "moving"
    WARNING = "warning"
    BAD = "bad"
    GONE = "gone"
    UNKNOWN = "unknown"

    @property
    def sign(self) -> str:
        """One cell to stand before the word."""
        return _SIGNS[self]


_SIGNS = {
    Tone.GOOD: "●",
    Tone.MOVING: "◐",
    Tone.WARNING: "▲",
    Tone.BAD: "✗",
    Tone.GONE: "◌",
    Tone.UNKNOWN: "?",
}


@dataclass(frozen=True)
class Badge:
    """A state as it is drawn: the word is OpenNebula's own, the tone is ours."""

    word: str
    tone: Tone

    def __str__(self) -> str:
        return self.word if self.word == self.tone.sign else f"{self.tone.sign} {self.word}"


_GOOD = frozenset({"RUNNING"})
_WARNING = frozenset({"WARNING", "POWEROFF", "SUSPENDED", "STOPPED", "UNDEPLOYED", "HOLD"})
_GONE = frozenset({"DONE", "GONE"})


def badge(word: str) -> Badge:
    """Badge of a state of a service, a role or a VM, by OpenNebula's word for it.

    A word that is none, such as `?` or a number that no table knows, is of unknown tone. Whatever else is no end is on
    its way.
    """
    if word in _GOOD:
        tone = Tone.GOOD
    elif word == "LOST" or is_failure(word):
        tone = Tone.BAD
    elif word in _WARNING:
        tone = Tone.WARNING
    elif word in _GONE:
        tone = Tone.GONE
    elif word == "UNKNOWN" or not word.replace("_", "").isalpha():
        tone = Tone.UNKNOWN
    else:
        tone = Tone.MOVING
    return Badge(word, tone)


DEAD = "no SuperLink"


def service_badge(snapshot: ServiceSnapshot) -> Badge:
    """Badge of a service: of OneFlow's word, but bad where a role has failed or the cluster is dead under it."""
    if snapshot.dead:
        return Badge(f"{snapshot.state_name}, {DEAD}", Tone.BAD)
    found = badge(snapshot.state_name)
    if snapshot.failed and snapshot.state == ServiceState.DEPLOYING:
        return Badge(f"{service_state_name(snapshot.state)}, a role failed", Tone.BAD)
    return found
