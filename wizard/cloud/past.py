"""The past of a service: VMs that ended, and starts that the answers of pools leave out.

It is asked once, when somebody attaches, and again only where something new is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wizard.core.cluster.partitions import missing, with_short_history
from wizard.core.opennebula.snapshot import ServiceSnapshot, VmFacts

if TYPE_CHECKING:
    from wizard.cloud.oned import Oned

Ask = Callable[[Callable[["Oned"], tuple[VmFacts, ...]]], tuple[VmFacts, ...]]
"""Puts a question to oned."""

PAGE = 2000
"""VM ids in one request; a VM has about 1.4 kB in short form."""

PAGES_BACK = 5
"""Pages before the oldest listed VM that are looked through for older ones: the SuperLink may have been replaced."""

HISTORIES = 20
"""VMs whose whole history is asked in one poll; the others come with the next ones."""


def with_past(snapshot: ServiceSnapshot, before: ServiceSnapshot | None, ask: Ask) -> ServiceSnapshot:
    """The snapshot with the SuperNodes that ended among `former`, and with whole histories where one was short.

    `before` is the snapshot of the previous poll: what oned did not tell of then is not asked again. Raises CloudError.
    """
    untold = before.untold if before is not None else 0
    if missing(snapshot) > untold:
        snapshot = _with_finished(snapshot, ask)
        untold = missing(snapshot)
    snapshot = replace(snapshot, untold=untold)
    short = with_short_history(snapshot)[:HISTORIES]
    whole = [vm for vm_id in short for vm in _whole(ask, vm_id)]
    return snapshot.with_vms((*snapshot.facts, *whole)) if whole else snapshot


def _with_finished(snapshot: ServiceSnapshot, ask: Ask) -> ServiceSnapshot:
    if not snapshot.vm_ids:
        return snapshot
    known = {vm.id for vm in snapshot.facts}
    mark = f"(service_{snapshot.id})"
    # OneFlow names VMs so unless its configuration says otherwise; the short form has no other sign of the service.
    named = all(mark in node.name for role in snapshot.roles for node in role.nodes if not node.is_lost)
    for first, last in _ranges(snapshot):
        page = _page(ask, first, last)
        wanted = [
            vm.id
            for vm in page
            if vm.finished and vm.id not in known and vm.stime >= snapshot.start_time and (mark in vm.name or not named)
        ]
        if wanted:
            found = _full(ask, wanted)
            carrying = [vm for vm in found if (vm.user_template or {}).get("SERVICE_ID") == str(snapshot.id)]
            snapshot = snapshot.with_vms((*snapshot.facts, *carrying))
        if not missing(snapshot) or (page and last < min(known) and page[0].stime < snapshot.start_time):
            break
    return snapshot


def _ranges(snapshot: ServiceSnapshot) -> Iterator[tuple[int, int]]:
    """Spans of VM ids in which the service's VMs are looked for, the likeliest first."""
    ids = snapshot.vm_ids
    oldest, newest = min(ids), max(ids)
    for first in range(oldest, newest + 1, PAGE):
        yield first, min(first + PAGE - 1, newest)
    yield newest + 1, -1
    for page in range(PAGES_BACK):
        last = oldest - 1 - page * PAGE
        if last < 0:
            return
        yield max(0, last - PAGE + 1), last


def _whole(ask: Ask, vm_id: int) -> tuple[VmFacts, ...]:
    return ask(lambda oned: (oned.vm(vm_id),))


def _page(ask: Ask, first: int, last: int) -> tuple[VmFacts, ...]:
    return ask(lambda oned: oned.vms_from(first, last))


def _full(ask: Ask, ids: Sequence[int]) -> tuple[VmFacts, ...]:
    return ask(lambda oned: oned.vms(ids, extended=True))
