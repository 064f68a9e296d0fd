"""OneFlow's event manager: waiting until VMs are ready, or gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING

from wizard.sandbox.vm import AT_REST, DONE, VirtualMachine

if TYPE_CHECKING:
    from wizard.sandbox.clock import Timer
    from wizard.sandbox.world import WorldState

_SILENCE = 30.0
"""After so many seconds without an event OneFlow looks for itself (`wait_timeout`)."""


class Goal(Enum):
    """What is waited for."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"


class Wait:
    """Waits for VMs; tells `done(failed)` once, when none is left to wait for or one has failed."""

    def __init__(
        self, world: WorldState, service: int, vids: Iterable[int], goal: Goal, done: Callable[[bool], None]
    ) -> None:
        self.service = service
        self._world = world
        self._left = set(vids)
        self._goal = goal
        self._done = done
        self._timer: Timer | None = None
        self.over = False
        """Whether it has told, or was cancelled."""

    def start(self) -> None:
        """Look at once, then wait for events."""
        self._look()

    def cancel(self) -> None:
        """Stop waiting and tell nobody."""
        self.over = True
        if self._timer is not None:
            self._timer.cancel()

    def updated(self, vm: VirtualMachine, text: str) -> None:
        """A VM's user template was updated with `text`. Any update, of any VM, is an event."""
        if self.over or self._goal is not Goal.READY:
            return
        self._listen()
        # The server takes out double quotes and blanks and then looks for the bare text.
        if vm.vid in self._left and "READY=YES" in text.replace('"', "").replace(" ", ""):
            self._settle(vm.vid)

    def changed(self, vm: VirtualMachine) -> None:
        """A VM's state changed. Failures are no event here: only the look after a silence finds them."""
        if self.over or vm.vid not in self._left:
            return
        reached = vm.state == DONE or vm.state in AT_REST or (self._goal is Goal.RUNNING and vm.running)
        if reached:
            self._listen()
            self._settle(vm.vid)

    def _settle(self, vid: int) -> None:
        self._left.discard(vid)
        if not self._left:
            self._finish(failed=False)

    def _listen(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._world.after(_SILENCE, self._look)

    def _look(self) -> None:
        if self.over:
            return
        failed = False
        for vid in sorted(self._left):
            vm = self._world.vms[vid]
            if self._reached(vm):
                self._left.discard(vid)
            elif vm.failed:
                failed = True
        if failed or not self._left:
            self._finish(failed)
        else:
            self._listen()

    def _reached(self, vm: VirtualMachine) -> bool:
        if vm.state == DONE or vm.state in AT_REST:
            return True
        if self._goal is Goal.READY:
            return str(vm.user_template.get("READY", "")).strip() == "YES"
        return self._goal is Goal.RUNNING and vm.running

    def _finish(self, failed: bool) -> None:
        self.cancel()
        self._done(failed)


class EventManager:
    """All waits of OneFlow, fed with oned's events a moment after they happen."""

    def __init__(self, world: WorldState) -> None:
        self._world = world
        self._waits: list[Wait] = []
        world.vms.on_update.append(self._on_update)
        world.vms.on_state.append(self._on_state)

    def wait(self, service: int, vids: Iterable[int], goal: Goal, done: Callable[[bool], None]) -> None:
        """Begin to wait; `done(failed)` is called once."""
        wait = Wait(self._world, service, vids, goal, done)
        self._waits.append(wait)
        self._world.after(0.0, wait.start)

    def cancel(self, service: int) -> None:
        """Forget all waits of a service."""
        for wait in self._waits:
            if wait.service == service:
                wait.cancel()
        self._prune()

    def _on_update(self, vm: VirtualMachine, text: str) -> None:
        waits = list(self._waits)
        self._world.after(
            self._world.plan.timings.notice, lambda: self._tell(waits, lambda wait: wait.updated(vm, text))
        )

    def _on_state(self, vm: VirtualMachine) -> None:
        waits = list(self._waits)
        self._world.after(self._world.plan.timings.notice, lambda: self._tell(waits, lambda wait: wait.changed(vm)))

    def _tell(self, waits: list[Wait], event: Callable[[Wait], None]) -> None:
        for wait in waits:
            event(wait)
        self._prune()

    def _prune(self) -> None:
        self._waits = [wait for wait in self._waits if not wait.over]
