"""What is done to VMs: `one.vm.action`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wizard.sandbox.errors import ACTION, OneError
from wizard.sandbox.vm import (
    ACTIVE,
    BOOT_POWEROFF,
    CANCEL,
    CLEANUP_DELETE,
    DONE,
    EPILOG,
    PENDING,
    POWEROFF,
    SHUTDOWN,
    SHUTDOWN_POWEROFF,
    STATE_NAMES,
    Stay,
    VirtualMachine,
)

if TYPE_CHECKING:
    from wizard.sandbox.world import WorldState


class VmActions:
    """The actions on VMs that the sandbox knows."""

    def __init__(self, world: WorldState) -> None:
        self._world = world
        self._hypervisor = world.hypervisor

    def act(self, vm: VirtualMachine, action: str) -> None:
        """Do what `one.vm.action` names; OneError when the VM is not in a state for it."""
        actions: dict[str, Callable[[VirtualMachine], bool]] = {
            "terminate": self._terminate,
            "terminate-hard": self._terminate_hard,
            "poweroff": self._poweroff,
            "poweroff-hard": self._poweroff,
            "resume": self._resume,
            "reboot": self._reboot,
            "reboot-hard": self._reboot,
        }
        if action not in actions:
            raise OneError(ACTION, f'Action "{action}" is not supported.')
        if not actions[action](vm):
            state = STATE_NAMES.get(vm.state, str(vm.state))
            raise OneError(
                ACTION,
                f'Error performing action "{action}" on virtual machine [{vm.vid}]. '
                f"This action is not available for state {state}, LCM_STATE {vm.lcm}.",
            )

    def _terminate(self, vm: VirtualMachine) -> bool:
        return self._end(vm, SHUTDOWN, self._world.plan.timings.shutdown)

    def _terminate_hard(self, vm: VirtualMachine) -> bool:
        return self._end(vm, CANCEL, 0.2)

    def _end(self, vm: VirtualMachine, lcm: int, seconds: float) -> bool:
        if vm.state == DONE:
            return False
        if vm.state == PENDING:
            self._done(vm)
        elif vm.lcm in (SHUTDOWN, CANCEL, EPILOG, CLEANUP_DELETE):
            return True
        elif vm.running:
            vm.stays[-1].running_end = self._world.seconds()
            self._hypervisor.set_state(vm, ACTIVE, lcm)
            self._hypervisor.plan(vm, self._hypervisor.spread(vm.vid, "shutdown", seconds), self._epilog)
        elif vm.state == POWEROFF:
            self._epilog(vm)
        else:
            self._hypervisor.set_state(vm, ACTIVE, CLEANUP_DELETE)
            self._hypervisor.plan(vm, self._world.plan.timings.epilog, self._done)
        return True

    def _epilog(self, vm: VirtualMachine) -> None:
        vm.stays[-1].epilog_start = self._world.seconds()
        self._hypervisor.set_state(vm, ACTIVE, EPILOG)
        self._hypervisor.plan(vm, self._world.plan.timings.epilog, self._done)

    def _done(self, vm: VirtualMachine) -> None:
        vm.end = self._world.seconds()
        if vm.stays:
            vm.stays[-1].end = vm.end
        for network in self._world.networks.all():
            network.release(vm.vid)
        self._hypervisor.forget(vm)
        self._hypervisor.set_state(vm, DONE, 0)

    def _poweroff(self, vm: VirtualMachine) -> bool:
        if not vm.running:
            return False
        self._hypervisor.set_state(vm, ACTIVE, SHUTDOWN_POWEROFF)
        self._hypervisor.plan(
            vm, self._hypervisor.spread(vm.vid, "shutdown", self._world.plan.timings.shutdown), self._off
        )
        return True

    def _off(self, vm: VirtualMachine) -> None:
        vm.stays[-1].end = vm.stays[-1].running_end = self._world.seconds()
        self._hypervisor.set_state(vm, POWEROFF, 0)

    def _resume(self, vm: VirtualMachine) -> bool:
        if vm.state != POWEROFF:
            return False
        now = self._world.seconds()
        vm.stays.append(Stay(vm.stays[-1].host, now, running_start=now))
        self._hypervisor.boot(vm, BOOT_POWEROFF)
        return True

    def _reboot(self, vm: VirtualMachine) -> bool:
        if not vm.running:
            return False
        # oned sees nothing of a reboot: the VM stays RUNNING while its guest starts again.
        if vm.guest is not None:
            vm.guest.stop()
        self._world.after(
            self._hypervisor.spread(vm.vid, "boot", self._world.plan.timings.boot),
            lambda: self._world.start_guest(vm) if vm.running else None,
        )
        return True
