"""VMs that do not come up."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.core.diagnosis.finding import Action, Finding, Severity
from wizard.core.diagnosis.seeing import ids, members, named
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.states import VmState
from wizard.core.overview import duration

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
            "Fix what the driver complains about, then recover: OneFlow tries the VM again.",
            Action.RECOVER,
            ids(found),
        )


def pending(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """No host takes a VM: the scheduler's own message, or long silence."""
    waiting = [item for item in members(snapshot) if item[2].state == VmState.PENDING]
    told = [item for item in waiting if (item[2].user_template or {}).get("SCHED_MESSAGE", "").strip()]
    silent = [item for item in waiting if item not in told and snapshot.taken_at - item[2].stime >= UNSCHEDULED]
    if found := told or silent:
        message = (found[0][2].user_template or {}).get("SCHED_MESSAGE", "").strip()
        yield Finding(
            "vm-pending",
            Severity.ERROR,
            named(found),
            f"{named(found)} is PENDING, no host has taken it{': ' + message if message else ''}.",
            "`onehost list`: free CPU and memory; and whether the scheduler runs."
            if message
            else "Whether the scheduler runs: /var/log/one/sched.log on the frontend.",
            "Make room (or enable a host): the scheduler then takes the VM by itself. Or remove the service and ask "
            "for fewer or smaller VMs.",
            Action.FIX,
            ids(found),
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
            "Wait if the image is still being copied. Else fix the datastore or the host, or remove the service.",
            Action.FIX,
            ids(found),
        )
