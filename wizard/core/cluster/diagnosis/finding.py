"""A finding of the diagnosis, and what its rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from wizard.core.opennebula.snapshot import Node, Role, ServiceSnapshot, VmFacts
from wizard.core.opennebula.states import ServiceState
from wizard.core.text import duration


class Severity(str, Enum):
    """ERROR: it will not get well by itself. WARNING: something is wrong, or may be. INFO: that is how it goes."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Action(str, Enum):
    """Remedy that the wizard offers. FIX: none, until something outside of the service was put right."""

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
    wizard has it, `instead` another way out. `brief` is the same for a cell of a table. Texts hold the words of the
    cloud as they came: show them through `one_line`.
    """

    name: str
    severity: Severity
    subject: str
    means: str
    look: str
    helps: str
    action: Action = Action.NONE
    vm_ids: tuple[int, ...] = ()
    brief: str = ""
    instead: Action = Action.NONE


PATIENCE = 120
"""Seconds from the start of a VM in which its guest is usually READY."""

INSTALLS = 900
"""The same for a guest that tells its steps: it may have Flower, and a machine learning framework, to install."""

WAITING = frozenset(
    {
        ServiceState.DEPLOYING,
        ServiceState.SCALING,
        ServiceState.FAILED_DEPLOYING,
        ServiceState.FAILED_SCALING,
    }
)
"""States in which OneFlow waits for the READY of VMs."""

REMOVING = frozenset({ServiceState.UNDEPLOYING, ServiceState.UNDEPLOYING_NETS})
"""States in which VMs are stopping because they were asked to."""

GIVE_UP = "Or delete the service: OneFlow itself waits forever."


def members(snapshot: ServiceSnapshot) -> Iterator[tuple[Role, Node, VmFacts]]:
    """Every listed VM that oned has reported, with its role."""
    for role in snapshot.roles:
        for node in role.nodes:
            if node.vm is not None:
                yield role, node, node.vm


def named(found: Sequence[tuple[Role, Node, VmFacts]]) -> str:
    """The first of some VMs with its role, and how many more there are."""
    role, node, _ = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"VM {node.vm_id} of {role.name}{more}"


def briefly(found: Sequence[tuple[Role, Node, VmFacts]], what: str) -> str:
    """`VM 5 BOOT_FAILURE`, `3 VMs BOOT_FAILURE`."""
    return f"VM {found[0][1].vm_id} {what}" if len(found) == 1 else f"{len(found)} VMs {what}"


def gravest(findings: Iterable[Finding]) -> Finding | None:
    """The first error, else the first warning; what is only how it goes is no trouble."""
    found = [item for item in findings if item.severity is not Severity.INFO]
    return next((item for item in found if item.severity is Severity.ERROR), found[0] if found else None)


def ids(found: Sequence[tuple[Role, Node, VmFacts]]) -> tuple[int, ...]:
    """Their VM ids."""
    return tuple(node.vm_id for _, node, _ in found)


def runs_for(vm: VmFacts, now: float) -> float:
    """Seconds since the VM was started, 0 where the clocks differ."""
    return max(0.0, now - (vm.running_since or vm.stime))


def since(vm: VmFacts, now: float) -> str:
    """The same in words."""
    return f"RUNNING for {duration(runs_for(vm, now))}"


def last_error(snapshot: ServiceSnapshot) -> str:
    """The last error in OneFlow's log of the service, or nothing."""
    return next((line.message for line in reversed(snapshot.log) if line.severity == "E"), "")
