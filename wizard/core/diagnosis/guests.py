"""Guests that run and are not READY."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wizard.core.diagnosis.finding import Action, Finding, Severity
from wizard.core.diagnosis.seeing import (
    PATIENCE,
    RECOVER_DELETE,
    REMOVING,
    WAITING,
    ids,
    members,
    named,
    published,
    runs_for,
    since,
)
from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE, Node, Role, ServiceSnapshot, VmFacts
from wizard.core.overview import duration

_OWN_READY = {SUPERLINK: "FL_READY", SUPERNODE: "FL_NODE_READY"}
_LOG = "/var/log/one-appliance in the guest, and its console."
_USUAL = f"usually it is READY within {duration(PATIENCE)}"

Member = tuple[Role, Node, VmFacts]


def unhealthy(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """The guest says itself that it is not well: FL_READY=NO (FL_NODE_READY=NO) with FL_ERROR, or READY=NO."""
    for kind, found in _by_kind(snapshot, _is_unhealthy):
        vm = found[0][2]
        key = _OWN_READY[kind]
        told = f"{key}=NO" if published(vm).get(key) == "NO" else f"READY={vm.ready}"
        error = published(vm).get("FL_ERROR", "").strip()
        timed_out = ", so its health check never passed" if error == "health_check_timeout" else ""
        yield Finding(
            f"{kind}-unhealthy",
            Severity.ERROR,
            named(found),
            f"{named(found)} says {told}{f' with FL_ERROR={error}' if error else ''}{timed_out}: look at its console.",
            f"The container's log (`docker logs`) and {_LOG}",
            f"Fix the cause in the guest and reboot it. {RECOVER_DELETE}",
            Action.FIX,
            ids(found),
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
            "Remove the service, set TOKEN=YES in the template, and deploy again.",
            Action.REMOVE,
            ids(found),
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
            f"Fix the network or the endpoint and reboot the guest. {RECOVER_DELETE}",
            Action.FIX,
            ids(found),
        )


def half_way(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """The guest has published something, and not READY, for long."""
    for kind, found in _by_kind(snapshot, _is_half_way):
        vm = found[0][2]
        told = ", ".join(sorted(published(vm)))
        yield Finding(
            f"{kind}-not-ready",
            Severity.ERROR,
            named(found),
            f"{named(found)} has been {since(vm, snapshot.taken_at)} and has published {told}, but not READY; "
            f"{_USUAL}.",
            f"REPORT_READY=YES in its CONTEXT, its health check (READY_SCRIPT); {_LOG}",
            f"Once the guest puts READY=YES to OneGate, OneFlow goes on. {RECOVER_DELETE}",
            Action.FIX,
            ids(found),
        )


def _by_kind(
    snapshot: ServiceSnapshot, holds: Callable[[ServiceSnapshot, Member], bool]
) -> Iterator[tuple[str, list[Member]]]:
    if snapshot.state in REMOVING:
        return
    for kind in _OWN_READY:
        found = [
            item
            for item in members(snapshot)
            if item[0].name == kind and item[2].running and not item[2].is_ready and holds(snapshot, item)
        ]
        if found:
            yield kind, found


def _is_unhealthy(_: ServiceSnapshot, item: Member) -> bool:
    role, _node, vm = item
    return vm.ready is not None or published(vm).get(_OWN_READY[role.name]) == "NO"


def _lacks_token(snapshot: ServiceSnapshot, item: Member) -> bool:
    vm = item[2]
    waits = snapshot.state in WAITING and vm.context is not None and not published(vm)
    return waits and (vm.context or {}).get("TOKEN", "").upper() != "YES"


def _is_overdue(snapshot: ServiceSnapshot, vm: VmFacts) -> bool:
    known = vm.user_template is not None
    return known and snapshot.state in WAITING and runs_for(vm, snapshot.taken_at) >= PATIENCE


def _is_silent(snapshot: ServiceSnapshot, item: Member) -> bool:
    vm = item[2]
    return _is_overdue(snapshot, vm) and not published(vm) and not _lacks_token(snapshot, item)


def _is_half_way(snapshot: ServiceSnapshot, item: Member) -> bool:
    vm = item[2]
    return _is_overdue(snapshot, vm) and bool(published(vm)) and not _is_unhealthy(snapshot, item)
