"""OneFlow's watchdog: VMs of RUNNING services that power off, come back or vanish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.sandbox.service import RUNNING, WARNING, Role, Service
from wizard.sandbox.vm import DONE, POWEROFF, VirtualMachine

if TYPE_CHECKING:
    from wizard.sandbox.world import WorldState


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
