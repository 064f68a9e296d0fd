"""The state of OneFlow: its services, its waits for VMs, and its watchdog."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

from wizard.sandbox.clock import Timer
from wizard.sandbox.oned.documents import Document
from wizard.sandbox.oned.vm import AT_REST, DONE, POWEROFF, VirtualMachine
from wizard.sandbox.oneflow.release import Release
from wizard.sandbox.oneflow.release_6 import Release6
from wizard.sandbox.oneflow.service import RUNNING, WARNING, Role, Service
from wizard.sandbox.world import WorldState

_WAIT_TIMEOUT = 30.0
"""Seconds without an event after which OneFlow checks the VMs itself (`wait_timeout`)."""


class Goal(Enum):
    """The condition that a wait ends with."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"


class Wait:
    """A wait for VMs; calls `done(failed)` once, when all have reached the goal or one has failed."""

    def __init__(
        self, world: WorldState, service: int, vids: Iterable[int], goal: Goal, done: Callable[[bool], None]
    ) -> None:
        self.service = service
        self._world = world
        self._remaining = set(vids)
        self._goal = goal
        self._done = done
        self._timer: Timer | None = None
        self.over = False
        """True once `done` was called, or the wait was cancelled."""

    def start(self) -> None:
        """Check the VMs at once, then wait for events."""
        self._check()

    def cancel(self) -> None:
        """Stop waiting, without a call of `done`."""
        self.over = True
        if self._timer is not None:
            self._timer.cancel()

    def updated(self, vm: VirtualMachine, text: str) -> None:
        """A VM's user template was updated with `text`. Any update, of any VM, is an event."""
        if self.over or self._goal is not Goal.READY:
            return
        self._restart_timer()
        # The server removes double quotes and blanks and then searches for the bare text.
        if vm.vid in self._remaining and "READY=YES" in text.replace('"', "").replace(" ", ""):
            self._settle(vm.vid)

    def changed(self, vm: VirtualMachine) -> None:
        """A VM's state changed. Failures are no event: only the check after the timeout detects them."""
        if self.over or vm.vid not in self._remaining:
            return
        reached = vm.state == DONE or vm.state in AT_REST or (self._goal is Goal.RUNNING and vm.running)
        if reached:
            self._restart_timer()
            self._settle(vm.vid)

    def _settle(self, vid: int) -> None:
        self._remaining.discard(vid)
        if not self._remaining:
            self._finish(failed=False)

    def _restart_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._world.after(_WAIT_TIMEOUT, self._check)

    def _check(self) -> None:
        if self.over:
            return
        failed = False
        for vid in sorted(self._remaining):
            vm = self._world.vms[vid]
            if self._reached(vm):
                self._remaining.discard(vid)
            elif vm.failed:
                failed = True
        if failed or not self._remaining:
            self._finish(failed)
        else:
            self._restart_timer()

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
    """All waits of OneFlow; they receive oned's events a moment after these happen."""

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
        """Cancel all waits of a service."""
        for wait in self._waits:
            if wait.service == service:
                wait.cancel()
        self._prune()

    def _on_update(self, vm: VirtualMachine, text: str) -> None:
        waits = list(self._waits)
        self._world.after(
            self._world.plan.timings.notice, lambda: self._notify(waits, lambda wait: wait.updated(vm, text))
        )

    def _on_state(self, vm: VirtualMachine) -> None:
        waits = list(self._waits)
        self._world.after(self._world.plan.timings.notice, lambda: self._notify(waits, lambda wait: wait.changed(vm)))

    def _notify(self, waits: list[Wait], event: Callable[[Wait], None]) -> None:
        for wait in waits:
            event(wait)
        self._prune()

    def _prune(self) -> None:
        self._waits = [wait for wait in self._waits if not wait.over]


class Watchdog:
    """Adjusts `watched` services to the states of their VMs."""

    def __init__(self, world: WorldState, services: dict[int, Service]) -> None:
        self._world = world
        self._services = services
        world.vms.on_state.append(self._on_state)

    def add(self, service: Service) -> None:
        """Begin to watch a service, with a check of each of its VMs in turn."""
        service.watched = True
        for role in service.roles.values():
            for vid in role.node_ids:
                vm = self._world.vms[vid]
                service.when_unlocked(lambda role=role, vm=vm: self._check(service, role, vm))  # type: ignore[misc]

    @staticmethod
    def remove(service: Service) -> None:
        """Stop watching a service."""
        service.watched = False

    def _on_state(self, vm: VirtualMachine) -> None:
        service = None if vm.service is None else self._services.get(vm.service)
        if service is None or not service.watched:
            return
        self._world.after(self._world.plan.timings.notice, lambda: self._on_notice(service, vm))

    def _on_notice(self, service: Service, vm: VirtualMachine) -> None:
        role = service.roles.get(vm.role)
        if service.watched and role is not None:
            service.when_unlocked(lambda: self._check(service, role, vm))

    def _check(self, service: Service, role: Role, vm: VirtualMachine) -> None:
        if vm.state == POWEROFF or vm.failed:
            self._set_warning(service, role)
        elif vm.state == DONE:
            self._drop_vm(service, role, vm)
        elif vm.running:
            self._set_running(service, role)

    @staticmethod
    def _set_warning(service: Service, role: Role) -> None:
        if service.state != WARNING:
            service.set_state(WARNING)
        role.state = WARNING
        service.publish()

    @staticmethod
    def _drop_vm(service: Service, role: Role, vm: VirtualMachine) -> None:
        if vm.vid not in role.node_ids:
            return
        if role.cardinality > 0:
            role.set_cardinality(role.cardinality - 1)
        role.drop_nodes({vm.vid})
        service.publish()

    @staticmethod
    def _set_running(service: Service, role: Role) -> None:
        # One running VM clears the warning of its whole role, as on the server.
        if role.state == RUNNING and service.state == RUNNING:
            return
        role.state = RUNNING
        if service.all_in(RUNNING) and service.state != RUNNING:
            service.set_state(RUNNING)
        service.publish()


class Flow:
    """The services of OneFlow, with the waits and the watchdog that all steps of their life cycle use."""

    def __init__(self, world: WorldState) -> None:
        self.world = world
        self.release = Release6() if world.plan.is_6 else Release()
        self.events = EventManager(world)
        self.services: dict[int, Service] = {}
        self.on_state: list[Callable[[Service], None]] = []
        """Called with each service whose state changed, once others can see it."""
        self.watchdog = Watchdog(world, self.services)

    def add(self, document: Document) -> Service:
        """Manage a new service."""
        service = Service(document, self.world.seconds, self._changed)
        self.services[service.sid] = service
        return service

    def remove(self, service: Service) -> None:
        """Delete a service's document; VMs that still run are orphaned."""
        service.gone = True
        self.events.cancel(service.sid)
        self.services.pop(service.sid, None)
        self.world.documents.remove(service.sid)
        self._changed(service)

    def _changed(self, service: Service) -> None:
        for listener in self.on_state:
            listener(service)
