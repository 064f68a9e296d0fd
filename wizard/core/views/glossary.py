"""Meanings of the words on the dashboard, by the values that it draws them from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wizard.core.cluster.coverage import MISSING, ONCE, UNCERTAIN, VERY_MANY
from wizard.core.cluster.partitions import Source, Sync
from wizard.core.cluster.progress import Mark
from wizard.core.opennebula.snapshot import Run, VmFacts
from wizard.core.opennebula.states import ServiceState
from wizard.core.redaction import is_password
from wizard.core.text import NOTHING, UNKNOWN, UNSET
from wizard.core.views.badges import Tone

SYNCS: Mapping[Sync, str] = {
    Sync.IN_SYNC: "it trains on the shard of its present position",
    Sync.FOLLOWING: "its position or the number of SuperNodes changed; it takes up its new one by itself, between two "
    "tasks",
    Sync.STALE: "its position or the number of SuperNodes changed since it booted; it keeps the shard it got then. "
    "A reboot of the VM gives it the new one",
    Sync.COLLISION: "another SuperNode trains on the same shard: that shard is trained on more than once",
    Sync.NONE: "Flower runs without a partition-id: the client application must cut the data by itself",
    Sync.PENDING: "the guest has not asked yet; what stands there is what it will get",
    Sync.UNKNOWN: "it can't be known from here: oned does not show the VM, or some of its history is missing",
}

SOURCES: Mapping[Source, str] = {
    Source.REPORTED: "the guest published it itself",
    Source.EXPLICIT: "the operator gave a node config, the same to every SuperNode",
    Source.INFERRED: "worked out from when the role's VMs were made and ended",
    Source.EXPECTED: "what the guest will get once it has booted and asks",
    Source.NONE: "it is READY and published none",
    Source.UNKNOWN: "not reported, and it can't be worked out",
}

FROM: Mapping[Source, str] = {
    Source.REPORTED: "reported by its guest",
    Source.EXPLICIT: "given by the operator",
    Source.INFERRED: "worked out from its history",
    Source.EXPECTED: "expected when it asks",
    Source.NONE: "its guest reported none",
    Source.UNKNOWN: "not known",
}
"""How a partition is known, after `from:`."""

READY: Mapping[str, str] = {
    "YES": "the guest's health check passed and it reported so to OneGate",
    "NO": "the guest says itself that it is not well: its FL_READY or FL_NODE_READY is NO",
    UNSET: "the guest has reported nothing yet",
    UNKNOWN: "not known: oned did not answer, or may not show this VM",
}

CELLS: Mapping[str, str] = {
    NOTHING: "there is none, or none is known yet",
    UNKNOWN: "not known",
}

PHASES: Mapping[Mark, str] = {
    Mark.DONE: "reached",
    Mark.ACTIVE: "going on now",
    Mark.TODO: "not begun",
    Mark.FAILED: "OneFlow gave up here, or a VM that it waits for did",
}

TONES: Mapping[Tone, str] = {
    Tone.GOOD: "it runs",
    Tone.MOVING: "on its way to another state",
    Tone.WARNING: "off, held or in WARNING: it waits for you",
    Tone.BAD: "it failed, or is dead whatever OpenNebula calls it",
    Tone.GONE: "removed",
    Tone.UNKNOWN: "not known",
}
"""Meanings of the sign before a state."""

SHARDS: Mapping[str, str] = {
    ONCE: "trained on once",
    VERY_MANY: "trained on more than once",
    MISSING: "trained on by no SuperNode",
    UNCERTAIN: "not known",
}
"""Meanings of the characters of the strip of shards."""

SERVICE_STATES: Mapping[ServiceState, str] = {
    ServiceState.PENDING: "created; OneFlow has not started",
    ServiceState.DEPLOYING: "VMs are created, the SuperLink first; there is no time-out",
    ServiceState.RUNNING: "every role is up and READY; only in this state it can be scaled",
    ServiceState.UNDEPLOYING: "it is being removed; nothing more may be sent",
    ServiceState.WARNING: "a VM failed or left; fix or remove that VM, OneFlow takes no `recover` here",
    ServiceState.DONE: "removed",
    ServiceState.FAILED_UNDEPLOYING: "a VM could not be removed; `recover`, or `recover` with `delete`",
    ServiceState.FAILED_DEPLOYING: "a VM could not be created; `recover` retries",
    ServiceState.SCALING: "VMs are being added or removed",
    ServiceState.FAILED_SCALING: "a VM could not be added or removed; `recover` retries",
    ServiceState.COOLDOWN: "after a scale: the next one, and a delete, are refused until it is over",
    ServiceState.DEPLOYING_NETS: "networks of the service are being created",
    ServiceState.UNDEPLOYING_NETS: "networks of the service are being removed; nothing more may be sent",
    ServiceState.FAILED_DEPLOYING_NETS: "a network could not be created; `recover` retries",
    ServiceState.FAILED_UNDEPLOYING_NETS: "a network could not be removed; `recover`, or `recover` with `delete`",
    ServiceState.HOLD: "created on hold: OneFlow starts it when it is released",
}


_LONGEST = 120

_ACTIONS = (
    "", "migrate", "live migrate", "shutdown", "shutdown hard", "undeploy", "undeploy hard", "hold", "release", "stop",
    "suspend", "resume", "boot", "delete", "delete and recreate", "reboot", "reboot hard", "resched", "unresched",
    "poweroff", "poweroff hard", "disk attach", "disk detach", "nic attach", "nic detach", "disk snapshot create",
    "disk snapshot delete", "terminate", "terminate hard",
)  # fmt: skip
"""What ends a history record, by oned's numbers."""
WORDS = ("SCHED_MESSAGE", "ERROR")
"""What the scheduler and the drivers write into the user template."""


def details(values: Mapping[str, str] | None) -> dict[str, str]:
    """Each pair by name; empty where nothing is known."""
    return {key: _shown(key, value) for key, value in sorted((values or {}).items())}


def history(vm: VmFacts, written: Callable[[int], str]) -> tuple[str, ...]:
    """A line for each history record, oldest first; `written` makes text of a Unix time."""
    return tuple(_stay(run, written) for run in vm.runs)


def action_name(number: int) -> str:
    """Action that ended a history record, in oned's word; empty for nothing."""
    return _ACTIONS[number] if 0 <= number < len(_ACTIONS) else f"action {number}"


def complaints(vm: VmFacts) -> tuple[str, ...]:
    """Complaints of the scheduler or of a driver."""
    return tuple(f"{key}: {(vm.user_template or {})[key]}" for key in WORDS if (vm.user_template or {}).get(key))


def _stay(run: Run, written: Callable[[int], str]) -> str:
    begun = f"runs since {written(run.since)}" if run.since else "has not begun to run"
    if not run.until:
        return f"{run.seq}  {run.host or '-'}  {begun}"
    said = f"{written(run.since)} - {written(run.until)}" if run.since else f"ended {written(run.until)}"
    ended = action_name(run.ended_by)
    return f"{run.seq}  {run.host or '-'}  {said}{f', ended by {ended}' if ended else ''}"


def _shown(key: str, value: str) -> str:
    if is_password(key):
        return "***"
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… ({len(value)} characters)"
