"""Restarting SuperNodes one after another, so that each computes its partition anew.

A VM is powered off and resumed: oned keeps a record of that, so that anybody can tell afterwards when its guest asked
for its place. A plain reboot leaves no trace. What is to be done next is read from the VM's own state, never from
memory: whoever starts again after a crash goes on where it was.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from wizard.cloud.errors import LOST, CloudError, Refused
from wizard.core.cluster import action_preview
from wizard.core.cluster.action_preview import RestartPreview
from wizard.core.opennebula.snapshot import ServiceSnapshot, VmFacts
from wizard.core.opennebula.states import VmState
from wizard.operations.service_actions import Tell, waiting_for_another
from wizard.storage.locks import WaitStopped, service_lock
from wizard.storage.process_files import Begun, RestartRecord

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud

PATIENCE = 600.0
"""Seconds that one SuperNode may take from its power-off until it is READY again."""

_PAUSE = 2.0
_LOOKS = 5
"""How often a VM is looked at after an answer got lost, before the request is sent again."""
_LOOKS_AFTER_AN_ANSWER = 30
"""The same after an answer: a guest may have ignored the power button."""


class Ended(str, Enum):
    """Ends of a series of restarts."""

    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Restarted:
    """Result of the restarts; `done` are the VMs that are READY again, `left` those that were not touched.

    `at` is the VM that it ended at, and `why` what was seen there, where it did not go well.
    """

    ended: Ended
    done: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    at: int | None = None
    why: str = ""


@dataclass
class Restarts:
    """The restarts of some VMs in order. `stop` ends them between two VMs; a VM that was powered off is always resumed.

    `reach` gets how many are READY again, and of which VMs, whenever that changes. `begun` is called just before a
    VM is powered off, and `ended` when it is READY: who keeps that can go on later, and gives as `earlier` what an
    earlier session had begun.
    """

    cloud: Cloud
    tell: Tell
    patience: float = PATIENCE
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    stop: Callable[[], bool] = lambda: False
    reach: Callable[[int, Sequence[int]], None] = lambda _, __: None
    begun: Callable[[Begun], None] = lambda _: None
    ended: Callable[[int], None] = lambda _: None
    earlier: Begun | None = None

    def run(self, vm_ids: Sequence[int]) -> Restarted:
        """Restart them. Raises CloudError where the cloud refuses; what was done until then was reported."""
        done: list[int] = []
        for place, vm_id in enumerate(vm_ids):
            if self.stop():
                return Restarted(Ended.STOPPED, tuple(done), tuple(vm_ids[place:]))
            self.reach(place, vm_ids)
            self.tell(f"restarting VM {vm_id} ({place + 1} of {len(vm_ids)})")
            ended, why = self._one(vm_id)
            if ended is not Ended.DONE:
                return Restarted(ended, tuple(done), tuple(vm_ids[place + 1 :]), vm_id, why)
            self.ended(vm_id)
            self.tell(f"VM {vm_id} is READY again")
            done.append(vm_id)
        return Restarted(Ended.DONE, tuple(done))

    def _one(self, vm_id: int) -> tuple[Ended, str]:
        end = self.clock() + self.patience
        mark = self.earlier if self.earlier and self.earlier.vm_id == vm_id else None
        last, looks, resumed_at = "", 0, None
        while True:
            vm = self._look(vm_id, end)
            if vm is None:
                return Ended.TIMED_OUT, "oned could not be asked any more"
            if vm.finished or vm.failed:
                return Ended.FAILED, f"it is {vm.state_name}"
            if mark is None:
                mark = Begun(vm_id, _record(vm))
                self.begun(mark)
            resumed = _record(vm) > mark.record
            if resumed and vm.is_ready:
                self._note(vm, resumed_at)
                return Ended.DONE, ""
            action = _next_action(vm, resumed)
            looks -= 1
            if action and (action != last or looks <= 0):
                resumed_at = self.clock() if action == "resume" and resumed_at is None else resumed_at
                last, looks = action, _LOOKS_AFTER_AN_ANSWER if self._sent(vm, action) else _LOOKS
            if self.clock() >= end:
                return Ended.TIMED_OUT, f"it is {vm.state_name}, READY {vm.ready or 'not set'}"
            self.sleep(_PAUSE)

    def _note(self, vm: VmFacts, resumed_at: float | None) -> None:
        """Note in the VM by when it was READY, in oned's own time: it started after the resume was sent."""
        if resumed_at is None or not vm.runs:
            return
        with contextlib.suppress(CloudError):
            # Without it no more is lost than what a later scale makes uncertain.
            self.cloud.vms.note_restarted(vm, self.clock() - resumed_at)

    def _look(self, vm_id: int, end: float) -> VmFacts | None:
        """The VM now; a server that struggles is asked again until the time is up."""
        while True:
            try:
                return self.cloud.vms.get(vm_id)
            except LOST:
                if self.clock() >= end:
                    return None
                self.sleep(_PAUSE)

    def _sent(self, vm: VmFacts, action: str) -> bool:
        """True if the cloud took it; where the answer got lost, the VM is looked at before it is sent again."""
        try:
            if action == "resume":
                self.cloud.vms.unready(vm.id)
            self.cloud.vms.act(vm.id, action)
        except LOST as error:
            self.tell(f"the answer to {action} of VM {vm.id} was lost ({error.title}); looking at the VM")
            return False
        except CloudError as error:
            raise error.with_hint(f"VM {vm.id} was being restarted: `onevm show {vm.id}`.") from error
        return True


@dataclass(frozen=True)
class StaleRestart:
    """The restart of all that is stale in a service: prepared from a snapshot, shown to the operator, then run.

    `preview` is what is shown; its `touches` are restarted in that order.
    """

    preview: RestartPreview
    record: RestartRecord
    earlier: Begun | None
    service_id: int

    @classmethod
    def of(cls, snapshot: ServiceSnapshot) -> StaleRestart:
        """Prepare it. Reads the record of an earlier session: what that had begun is ended first.

        Such a VM may be off, and then no rule calls it stale; so it is restarted even where nothing else is.
        """
        record = RestartRecord.of(snapshot.id, snapshot.start_time)
        earlier, preview = record.read(), action_preview.restart_stale(snapshot)
        if earlier is None or earlier.vm_id not in snapshot.vm_ids:
            return cls(preview, record, earlier, snapshot.id)
        vm_ids = (earlier.vm_id, *(vm_id for vm_id in preview.touches if vm_id != earlier.vm_id))
        says = (f"An earlier session was restarting VM {earlier.vm_id}: it goes on there.", *preview.says)
        return cls(RestartPreview(touches=vm_ids, says=says, steps=preview.steps), record, earlier, snapshot.id)

    def run(
        self,
        cloud: Cloud,
        tell: Tell,
        stop: Callable[[], bool],
        reach: Callable[[int, Sequence[int]], None] = lambda _, __: None,
    ) -> Restarted:
        """Restart them and keep the record, until `stop` says so. Raises CloudError where the cloud refuses.

        `reach` gets how many are READY again, and of which VMs.
        Where another program acts on the service, it is waited for, and what is not stale any more is left alone.
        """
        service_id = self.service_id
        try:
            with service_lock(cloud.where, service_id, lambda: tell(waiting_for_another(service_id)), stop) as waited:
                touches = self._still_stale(cloud) if waited else self.preview.touches
                restarts = Restarts(
                    cloud,
                    tell,
                    stop=stop,
                    reach=reach,
                    begun=self.record.write,
                    ended=self.record.done,
                    earlier=self.earlier,
                )
                return restarts.run(touches)
        except WaitStopped:
            return Restarted(Ended.STOPPED, left=self.preview.touches)

    def _still_stale(self, cloud: Cloud) -> tuple[int, ...]:
        """Those of the VMs that another program has left to do."""
        poll = cloud.services.poll(self.service_id)
        if poll.oned_error is not None:
            raise poll.oned_error
        now = action_preview.restart_stale(poll.snapshot)
        if now.refused and not now.needless:
            raise Refused("refused", f"service {self.service_id}", now.refused, "Nothing was changed.")
        begun = {self.earlier.vm_id} if self.earlier else set()
        return tuple(vm_id for vm_id in self.preview.touches if vm_id in {*now.touches} | begun)


def _record(vm: VmFacts) -> int:
    return vm.runs[-1].seq if vm.runs else 0


def _next_action(vm: VmFacts, resumed: bool) -> str:
    if vm.state == VmState.POWEROFF:
        return "resume"
    return "poweroff" if vm.running and not resumed else ""
