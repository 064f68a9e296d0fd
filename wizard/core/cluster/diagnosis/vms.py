"""VMs that failed or wait, guests that run and are not READY, and SuperNodes without a partition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from wizard.core.cluster.diagnosis.finding import (
    GIVE_UP,
    INSTALLS,
    PATIENCE,
    REMOVING,
    WAITING,
    Action,
    Finding,
    Severity,
    briefly,
    ids,
    members,
    named,
    runs_for,
    since,
)
from wizard.core.cluster.guest_reports import (
    OWN_READY,
    error,
    is_down,
    published,
    says_no,
    says_stages,
    stage,
    stage_for,
)
from wizard.core.cluster.partitions import Assignment, Source, Sync
from wizard.core.opennebula.snapshot import SUPERNODE, Node, Role, ServiceSnapshot, VmFacts
from wizard.core.opennebula.states import VmState
from wizard.core.text import duration, have, vms

_LOG = "its guest's journal, /var/log/one-appliance in it, its console in Sunstone."
_USUAL = f"usually it is READY within {duration(PATIENCE)}"

Member = tuple[Role, Node, VmFacts]


def unhealthy(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """The guest says itself that it is not well: FL_READY=NO (FL_NODE_READY=NO), FL_ERROR, or READY=NO."""
    for kind, found in _by_kind(snapshot, _is_unhealthy):
        vm = found[0][2]
        key = OWN_READY[kind]
        said = [f"{key}=NO"] if published(vm).get(key) == "NO" else [f"READY={vm.ready}"] if vm.ready else []
        if reason := error(vm):
            said.append(f"FL_ERROR={reason.rstrip('.')}")
        timed_out = ", so its health check never passed" if reason == "health_check_timeout" else ""
        cure = (
            "Fix what it says: the guest tries again by itself."
            if says_stages(vm)
            else f"Fix the cause in the VM and reboot it (`onevm reboot {vm.id}`)."
        )
        yield Finding(
            f"{kind}-unhealthy",
            Severity.ERROR,
            named(found),
            f"{named(found)} says {' with '.join(said)}{timed_out}.",
            f"The container's log (`docker logs`) and {_LOG}",
            f"{cure} {GIVE_UP}",
            Action.FIX,
            ids(found),
            instead=Action.REMOVE,
            brief=briefly(found, "not healthy"),
        )


def without_token(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """The VM got no OneGate token, so its guest can't report whatever it does."""
    for kind, found in _by_kind(snapshot, _lacks_token):
        yield Finding(
            f"{kind}-no-token",
            Severity.ERROR,
            named(found),
            f"{named(found)} has no OneGate token: its CONTEXT lacks TOKEN=YES, so the guest can't report READY.",
            f"The CONTEXT of the VM template of {kind}.",
            "Delete the service, set TOKEN=YES in the template, and deploy again.",
            Action.REMOVE,
            ids(found),
            brief=briefly(found, "no token"),
        )


def silent(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """The VM runs for long and its guest has published nothing at all."""
    for kind, found in _by_kind(snapshot, _is_silent):
        vm = found[0][2]
        yield Finding(
            f"{kind}-silent",
            Severity.ERROR,
            named(found),
            f"{named(found)} has been {since(vm, snapshot.taken_at)} and its guest has published nothing; {_USUAL}. "
            "Most likely it can't reach OneGate.",
            f"ONEGATE_ENDPOINT in its CONTEXT, whether the guest reaches that address; {_LOG}",
            f"Fix the network or the endpoint and reboot the guest (`onevm reboot {vm.id}`). {GIVE_UP}",
            Action.FIX,
            ids(found),
            instead=Action.REMOVE,
            brief=briefly(found, "silent"),
        )


def half_way(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """The guest has published something, and not READY, for long."""
    for kind, found in _by_kind(snapshot, _is_half_way):
        vm = found[0][2]
        keys = ", ".join(sorted(published(vm)))
        at = stage_for(vm, snapshot.taken_at)
        seen = f"is still {at}" if at else f"has published {keys}"
        usual = f"usually it is READY within {duration(INSTALLS)}" if at else _USUAL
        yield Finding(
            f"{kind}-not-ready",
            Severity.ERROR,
            named(found),
            f"{named(found)} has been {since(vm, snapshot.taken_at)} and {seen}, but not READY; {usual}.",
            f"REPORT_READY=YES in its CONTEXT, its health check (READY_SCRIPT); {_LOG}",
            f"Once the guest puts READY=YES to OneGate, OneFlow goes on. {GIVE_UP}",
            Action.FIX,
            ids(found),
            instead=Action.REMOVE,
            brief=briefly(found, "not READY"),
        )


def _by_kind(
    snapshot: ServiceSnapshot, holds: Callable[[ServiceSnapshot, Member], bool]
) -> Iterator[tuple[str, list[Member]]]:
    if snapshot.state in REMOVING:
        return
    for kind in OWN_READY:
        found = [
            item
            for item in members(snapshot)
            if item[0].name == kind
            and item[2].running
            and (not item[2].is_ready or is_down(item[2]))
            and holds(snapshot, item)
        ]
        if found:
            yield kind, found


def _is_unhealthy(_: ServiceSnapshot, item: Member) -> bool:
    vm = item[2]
    # A guest that tells its steps says NO until it is well.
    return bool(error(vm)) or (not stage(vm) and (vm.ready not in (None, "YES") or says_no(vm)))


def _lacks_token(snapshot: ServiceSnapshot, item: Member) -> bool:
    vm = item[2]
    waits = snapshot.state in WAITING and vm.context is not None and not published(vm)
    return waits and (vm.context or {}).get("TOKEN", "").upper() != "YES"


def _is_overdue(snapshot: ServiceSnapshot, vm: VmFacts) -> bool:
    known = vm.user_template is not None
    patience = INSTALLS if says_stages(vm) else PATIENCE
    return known and snapshot.state in WAITING and runs_for(vm, snapshot.taken_at) >= patience


def _is_silent(snapshot: ServiceSnapshot, item: Member) -> bool:
    vm = item[2]
    return _is_overdue(snapshot, vm) and not published(vm) and not _lacks_token(snapshot, item)


def _is_half_way(snapshot: ServiceSnapshot, item: Member) -> bool:
    vm = item[2]
    return _is_overdue(snapshot, vm) and bool(published(vm)) and not _is_unhealthy(snapshot, item)


UNSCHEDULED = 60
"""Seconds that a VM may be PENDING without a word from the scheduler."""

STUCK = 900
"""Seconds that a new VM may take to be copied and started."""

_COMING_UP = frozenset({"LCM_INIT", "PROLOG", "BOOT", "CLONING"})


def failed(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """oned has given up on a VM: BOOT_FAILURE and its kin, with the driver's own words."""
    if found := [item for item in members(snapshot) if item[2].failed]:
        vm = found[0][2]
        error = (vm.user_template or {}).get("ERROR", "").strip()
        said = f": {error}" if error else "; look at its log with `onevm show`."
        yield Finding(
            "vm-failed",
            Severity.ERROR,
            named(found),
            f"{named(found)} is in {vm.state_name}{said}",
            f"`onevm show {vm.id}`, and /var/log/one/{vm.id}.log on the frontend.",
            "Fix what the driver reports, then recover: OneFlow retries the VM.",
            Action.RECOVER,
            ids(found),
            brief=briefly(found, vm.state_name if len(found) == 1 else "failed"),
        )


def pending(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """No host takes a VM: the scheduler's own message, or long silence."""
    waiting = [item for item in members(snapshot) if item[2].state == VmState.PENDING]
    explained = [item for item in waiting if (item[2].user_template or {}).get("SCHED_MESSAGE", "").strip()]
    silent = [item for item in waiting if item not in explained and snapshot.taken_at - item[2].stime >= UNSCHEDULED]
    if found := explained or silent:
        message = (found[0][2].user_template or {}).get("SCHED_MESSAGE", "").strip()
        yield Finding(
            "vm-pending",
            Severity.ERROR,
            named(found),
            f"{named(found)} is PENDING, no host has taken it{': ' + message if message else ''}.",
            "`onehost list`: free CPU and memory; and whether the scheduler runs."
            if message
            else "Whether the scheduler runs: /var/log/one/sched.log on the frontend.",
            "Free capacity or enable a host: the scheduler then places the VM. Or delete the service and "
            "deploy fewer or smaller VMs.",
            Action.FIX,
            ids(found),
            instead=Action.REMOVE,
            brief=briefly(found, "PENDING"),
        )


def stuck(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """A new VM is copied or started for very long."""
    now = snapshot.taken_at
    found = [item for item in members(snapshot) if item[2].state_name in _COMING_UP and now - item[2].stime >= STUCK]
    if found:
        vm = found[0][2]
        yield Finding(
            "vm-stuck",
            Severity.WARNING,
            named(found),
            f"{named(found)} is in {vm.state_name}, {duration(now - vm.stime)} after it was made.",
            f"/var/log/one/{vm.id}.log on the frontend; whether the image datastore is slow or full.",
            "Wait if the image is still being copied. Else fix the datastore or the host, or delete the service.",
            Action.FIX,
            ids(found),
            instead=Action.REMOVE,
            brief=briefly(found, f"in {vm.state_name}" if len(found) == 1 else "stuck"),
        )


def without_partition(assigned: Iterable[Assignment], _snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """A SuperNode started before OneFlow had written the list, or did not find itself in it.

    Not where the operator gave a node config that names no partition: that is a choice.
    """
    found = [item.vm_id for item in assigned if item.sync is Sync.NONE and item.source is not Source.EXPLICIT]
    if found:
        yield Finding(
            "supernode-no-partition",
            Severity.WARNING,
            f"{vms(found)} of {SUPERNODE}",
            f"{vms(found)} of {SUPERNODE} {have(found)} no partition: the guest asked before OneFlow had listed it. "
            "Its client app must partition the data itself, or fails.",
            "What the guest was started with: `docker inspect` of its SuperNode, --node-config.",
            "Restart it: it then finds itself in the list.",
            Action.RESTART,
            tuple(found),
            brief=f"{len(found)} without partition",
        )
