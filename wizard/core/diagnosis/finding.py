"""What a rule says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(str, Enum):
    """ERROR: it will not get well by itself. WARNING: something is wrong, or may be. INFO: that is how it goes."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Action(str, Enum):
    """What the wizard can do about it. FIX: nothing, until something outside of the service was put right."""

    NONE = "none"
    RECOVER = "recover"
    REMOVE = "remove"
    SCALE = "scale"
    RESTART = "restart-stale"
    FIX = "fix"


@dataclass(frozen=True)
class Finding:
    """One fault.

    `name` never changes between versions. `subject` is what has the fault, `vm_ids` all VMs that do. `means` says what
    is so and what it means, `look` what to look at, `helps` what helps, in sentences; `action` is that help where the
    wizard has it. Texts hold the words of the cloud as they came: show them through `display.one_line`.
    """

    name: str
    severity: Severity
    subject: str
    means: str
    look: str
    helps: str
    action: Action = Action.NONE
    vm_ids: tuple[int, ...] = ()
