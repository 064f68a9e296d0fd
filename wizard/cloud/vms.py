"""The VMs of a cloud."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from wizard.cloud.reading import joined, may_stay, newly_read, still_tells
from wizard.cloud.servers import Servers
from wizard.core.opennebula.load import Sample
from wizard.core.opennebula.snapshot import RESTARTED, ServiceSnapshot, VmFacts

AGAIN = 50
"""READY VMs whose guest tells its steps that are read in full with each call: half a megabyte."""


class Vms:
    """VMs, as oned knows them. Every method blocks and raises CloudError. `clock` gives Unix seconds."""

    def __init__(self, servers: Servers, clock: Callable[[], float]) -> None:
        self._servers = servers
        self._clock = clock
        self._turn = 0

    def get(self, vm_id: int) -> VmFacts:
        """One VM in full, with its whole history. Raises NotFound."""
        return self._servers.ask_oned(lambda oned: oned.vm(vm_id))

    def monitoring(self, vm_id: int) -> tuple[Sample, ...]:
        """What oned measured of a VM, oldest first; nothing where it is not monitored. Raises NotFound."""
        return self._servers.ask_oned(lambda oned: oned.monitoring(vm_id))

    def act(self, vm_id: int, action: str) -> None:
        """Do to a VM what `onevm` calls it: `poweroff`, `resume`, `terminate`. Raises Refused in a wrong state."""
        self._servers.ask_oned(lambda oned: oned.act_on_vm(vm_id, action))

    def unready(self, vm_id: int) -> None:
        """Take back what a VM said about being READY, so that the next READY=YES is a new one."""
        self._servers.ask_oned(lambda oned: oned.publish(vm_id, 'READY="NO"'))

    def note_restarted(self, vm: VmFacts, seconds: float) -> None:
        """Write into a VM that was READY so many seconds after its last start: its guest had asked for its place then.

        oned tells when a VM started, and not when it became READY; a later scale would leave that open.
        """
        last = vm.runs[-1]
        text = f'{RESTARTED}="{last.seq} {last.since + math.ceil(seconds)}"'
        self._servers.ask_oned(lambda oned: oned.publish(vm.id, text))

    def left_behind(self, snapshot: ServiceSnapshot) -> tuple[VmFacts, ...]:
        """The VMs that still carry the id of a service and are not DONE: OneFlow is known to leave some."""
        known = [vm.id for vm in snapshot.facts] or [*snapshot.vm_ids]
        return self.carrying(snapshot.id, min(known)) if known else ()

    def orphans(self, service_id: int) -> tuple[VmFacts, ...]:
        """The VMs of a service that is gone; none where oned, which keeps the documents of all services, still has it.

        OneFlow's word alone is not taken for it: a proxy that answers 404 in its place knows nothing of services.
        """
        if self._servers.ask_oned(lambda oned: oned.has_document(service_id)):
            return ()
        return self.carrying(service_id)

    def carrying(self, service_id: int, first: int = 0) -> tuple[VmFacts, ...]:
        """The VMs from the id `first` on that carry the id of a service and are not DONE."""
        later = self._servers.ask_oned(lambda oned: oned.vms_from(first))
        alive = [vm.id for vm in later if not vm.finished]
        carrying = self._servers.ask_oned(lambda oned: oned.vms(alive, extended=True))
        wanted = str(service_id)
        return tuple(vm for vm in carrying if (vm.user_template or {}).get("SERVICE_ID") == wanted)

    def read(self, ids: Sequence[int], known: dict[int, VmFacts], most: int | None = None) -> tuple[VmFacts, ...]:
        """VMs by id, in at most two requests; what is `known` and can't have changed is not read in full again.

        At most so many are read in full, by default all of them. A guest that tells its steps may say something new at
        any time, such as a partition that it took up by itself: AGAIN of such are read with each call, in turn.
        """
        if not ids:
            return ()
        now = self._clock()
        again = self._again([vm_id for vm_id in ids if (vm := known.get(vm_id)) is not None and still_tells(vm)])
        stays = [vm_id for vm_id in ids if vm_id not in again and may_stay(known.get(vm_id), now)]
        if (most is None or len(ids) <= most) and not stays:
            full = self._servers.ask_oned(lambda oned: oned.vms(ids, extended=True))
            return tuple(joined(vm, known.get(vm.id)) for vm in full)
        short = self._servers.ask_oned(lambda oned: oned.vms(ids, extended=False))
        wanted = tuple(dict.fromkeys((*newly_read(short, known, now), *again)))[:most]
        full = self._servers.ask_oned(lambda oned: oned.vms(wanted, extended=True)) if wanted else ()
        by_id = {vm.id: vm for vm in full}
        return tuple(joined(by_id.get(vm.id) or vm, known.get(vm.id)) for vm in short)

    def _again(self, telling: Sequence[int]) -> frozenset[int]:
        if len(telling) <= AGAIN:
            return frozenset(telling)
        begin = self._turn % len(telling)
        self._turn = begin + AGAIN
        return frozenset((*telling, *telling)[begin : begin + AGAIN])
