"""OneFlow's inside: its services, its waits, its watchdog, and the steps that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING

from wizard.sandbox.oned.documents import Document
from wizard.sandbox.oned.vm import AT_REST, DONE, POWEROFF, VirtualMachine
from wizard.sandbox.oneflow.service import RUNNING, WARNING, Role, Service
from wizard.sandbox.world import WorldState

if TYPE_CHECKING:
    from wizard.sandbox.clock import Timer

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
        """True once it has reported, or was cancelled."""

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


class Watchdog:
    """Follows VM states for the services that are `watched`."""

    def __init__(self, world: WorldState, services: dict[int, Service]) -> None:
        self._world = world
        self._services = services
        world.vms.on_state.append(self._on_state)

    def add(self, service: Service) -> None:
        """Begin to watch a service, with a look at each of its VMs in turn."""
        service.watched = True
        for role in service.roles.values():
            for vid in role.node_ids:
                vm = self._world.vms[vid]
                service.when_free(lambda role=role, vm=vm: self._check(service, role, vm))  # type: ignore[misc]

    @staticmethod
    def remove(service: Service) -> None:
        """Watch a service no longer."""
        service.watched = False

    def _on_state(self, vm: VirtualMachine) -> None:
        service = None if vm.service is None else self._services.get(vm.service)
        if service is None or not service.watched:
            return
        self._world.after(self._world.plan.timings.notice, lambda: self._notice(service, vm))

    def _notice(self, service: Service, vm: VirtualMachine) -> None:
        role = service.roles.get(vm.role)
        if service.watched and role is not None:
            service.when_free(lambda: self._check(service, role, vm))

    def _check(self, service: Service, role: Role, vm: VirtualMachine) -> None:
        if vm.state == POWEROFF or vm.failed:
            self._warn(service, role)
        elif vm.state == DONE:
            self._lost(service, role, vm)
        elif vm.running:
            self._well(service, role)

    @staticmethod
    def _warn(service: Service, role: Role) -> None:
        if service.state != WARNING:
            service.set_state(WARNING)
        role.state = WARNING
        service.publish()

    @staticmethod
    def _lost(service: Service, role: Role, vm: VirtualMachine) -> None:
        if vm.vid not in role.node_ids:
            return
        if role.cardinality > 0:
            role.set_cardinality(role.cardinality - 1)
        role.drop_nodes({vm.vid})
        service.publish()

    @staticmethod
    def _well(service: Service, role: Role) -> None:
        # One running VM clears the warning of its whole role, as on the server.
        if role.state == RUNNING and service.state == RUNNING:
            return
        role.state = RUNNING
        if service.all_in(RUNNING) and service.state != RUNNING:
            service.set_state(RUNNING)
        service.publish()


class Flow:
    """What every part of OneFlow's life cycle has at hand."""

    def __init__(self, world: WorldState) -> None:
        self.world = world
        self.events = EventManager(world)
        self.services: dict[int, Service] = {}
        self.watchdog = Watchdog(world, self.services)

    def adopt(self, document: Document) -> Service:
        """Take a new service into OneFlow's hands."""
        service = Service(document, self.world.seconds)
        self.services[service.sid] = service
        return service

    def forget(self, service: Service) -> None:
        """Remove a service's document; whatever still runs is nobody's."""
        service.gone = True
        self.events.cancel(service.sid)
        self.services.pop(service.sid, None)
        self.world.documents.remove(service.sid)
