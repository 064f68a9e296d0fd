"""How far a deployment is, and how long it will still take where there is ground for saying so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from wizard.core.cluster.events import Event
from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE, ServiceSnapshot
from wizard.core.opennebula.states import COMING_UP

_BEGUN, _LINKED, _ALL_READY = 0.1, 0.4, 0.95
_LONGEST = 86_400.0
_RUNS = ("New state: RUNNING", "service: DEPLOYING → RUNNING")


@dataclass(frozen=True)
class Pace:
    """How long a deployment took, in seconds: until its SuperLink was READY, and until it was RUNNING."""

    linked: float
    running: float


def pace(begun: float, events: Iterable[Event]) -> Pace | None:
    """Pace of a deployment that has ended, from its events; None where they do not tell."""
    known = tuple(events)
    running = next((event.at - begun for event in known if event.message in _RUNS), 0.0)
    linked = linked_at(known) - begun
    return Pace(linked, running) if 0 < linked <= running < _LONGEST else None


def linked_at(events: Iterable[Event]) -> float:
    """When the SuperLink was READY first, in Unix seconds; 0 where that was not seen."""
    lead, end = f"{SUPERLINK} VM ", "READY=YES"
    return next((item.at for item in events if item.message.startswith(lead) and item.message.endswith(end)), 0.0)


def done(snapshot: ServiceSnapshot) -> float:
    """How much of a deployment is done, from 0 to 1, by its phases and the SuperNodes that are READY."""
    if snapshot.running:
        return 1.0
    superlink, supernode = snapshot.role(SUPERLINK), snapshot.role(SUPERNODE)
    if superlink is None or not superlink.ready_count:
        return _BEGUN
    wanted = supernode.cardinality if supernode else 0
    share = min(1.0, supernode.ready_count / wanted) if supernode and wanted else 0.0
    return _LINKED + share * (_ALL_READY - _LINKED)


def left(snapshot: ServiceSnapshot, earlier: Sequence[Pace], linked_at: float = 0.0) -> float | None:
    """Seconds that a deployment will still take, by earlier ones of this cloud or by the SuperNodes that came first.

    `linked_at` is when its SuperLink was READY, in Unix seconds, where that was seen. None where there is no ground
    for a number, or where it takes longer than that ground allows for.
    """
    if snapshot.state not in COMING_UP or snapshot.failed:
        return None
    now = snapshot.taken_at
    superlink = snapshot.role(SUPERLINK)
    if superlink is not None and superlink.ready_count:
        if earlier and linked_at:
            return _positive(median(item.running - item.linked for item in earlier) - (now - linked_at))
        return _by_the_first(snapshot, linked_at)
    return _positive(median(item.running for item in earlier) - (now - snapshot.start_time)) if earlier else None


def _by_the_first(snapshot: ServiceSnapshot, linked_at: float) -> float | None:
    """The SuperNodes are made alike: what the first ones took, the others are held to take too."""
    role = snapshot.role(SUPERNODE)
    vms = [node.vm for node in role.nodes if node.vm is not None] if role else []
    waiting = [vm for vm in vms if not vm.is_ready]
    if role is None or not linked_at or not waiting or len(waiting) == len(vms) or len(vms) < role.cardinality:
        return None
    took = snapshot.taken_at - min(vm.stime for vm in vms if vm.is_ready)
    return _positive(took - (snapshot.taken_at - max(vm.stime for vm in waiting)))


def _positive(seconds: float) -> float | None:
    return seconds if seconds > 0 else None
