"""The scheduler and the hypervisors: how a VM gets from PENDING to RUNNING, or fails to."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from wizard.sandbox.blueprint import Host
from wizard.sandbox.clock import Timer
from wizard.sandbox.vm import ACTIVE, BOOT, BOOT_FAILURE, PROLOG, RUNNING, Stay, VirtualMachine

if TYPE_CHECKING:
    from wizard.sandbox.world import WorldState

_MONITORED = 2


class Hypervisor:
    """What happens to VMs by themselves, one planned step at a time."""

    def __init__(self, world: WorldState) -> None:
        self._world = world
        self._steps: dict[int, Timer] = {}

    def spread(self, vid: int, what: str, seconds: float) -> float:
        """`seconds`, a little longer or shorter: the same for the same VM, whatever else happens."""
        share = hashlib.sha256(f"{vid}/{what}".encode()).digest()[0] / 255
        return seconds * (1 + self._world.plan.timings.spread * (2 * share - 1))

    def retry(self, vm: VirtualMachine) -> None:
        """Try again what failed, as `recover` with retry does."""
        if vm.failed:
            vm.user_template.pop("ERROR", None)
            self.boot(vm, BOOT)

    def plan(self, vm: VirtualMachine, delay: float, step: Callable[[VirtualMachine], None]) -> None:
        """What happens to the VM next; it takes the place of what was planned before."""
        self.forget(vm)
        self._steps[vm.vid] = self._world.after(delay, lambda: step(vm))

    def set_state(self, vm: VirtualMachine, state: int, lcm: int) -> None:
        """Change the VM's state and tell of it."""
        vm.state, vm.lcm = state, lcm
        if vm.guest is not None and not vm.running:
            vm.guest.stop()
        for listener in self._world.vms.on_state:
            listener(vm)

    def forget(self, vm: VirtualMachine) -> None:
        """Nothing more is planned for the VM."""
        if vm.vid in self._steps:
            self._steps.pop(vm.vid).cancel()

    def begin(self, vm: VirtualMachine) -> None:
        """Leave a new VM to the scheduler."""
        self.plan(vm, self._world.plan.timings.schedule, self._schedule)

    def boot(self, vm: VirtualMachine, lcm: int) -> None:
        """Let the VM boot; `lcm` is the state in which it does."""
        self.set_state(vm, ACTIVE, lcm)
        self.plan(vm, self.spread(vm.vid, "boot", self._world.plan.timings.boot), self._booted)

    def _schedule(self, vm: VirtualMachine) -> None:
        host, message = self._room(vm)
        if host is None:
            stamp = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(self._world.seconds()))
            vm.user_template["SCHED_MESSAGE"] = f"{stamp}: {message}"
            self.plan(vm, self._world.plan.timings.reschedule, self._schedule)
            return
        vm.user_template.pop("SCHED_MESSAGE", None)
        vm.stays.append(Stay(host, self._world.seconds()))
        self.set_state(vm, ACTIVE, PROLOG)
        self.plan(vm, self.spread(vm.vid, "prolog", self._world.plan.timings.prolog), self._prolog_done)

    def _room(self, vm: VirtualMachine) -> tuple[Host | None, str]:
        usage = self._world.vms.usage()
        hosts = self._world.plan.hosts
        alive = [host for host in hosts if host.state == _MONITORED]
        with_cpu = [host for host in alive if usage[host.hid][0] + vm.cpu <= host.cpu + 1e-9]
        with_both = [host for host in with_cpu if usage[host.hid][1] + vm.memory <= host.memory]
        if with_both:
            return max(with_both, key=lambda host: (host.cpu - usage[host.hid][0], -host.hid)), ""
        lacking = "memory" if with_cpu else "CPU"
        return None, f"[HOST] Not enough {lacking} on hosts: {','.join(str(host.hid) for host in hosts)}"

    def _prolog_done(self, vm: VirtualMachine) -> None:
        stay = vm.stays[-1]
        stay.prolog_end = stay.running_start = self._world.seconds()
        self.boot(vm, BOOT)

    def _booted(self, vm: VirtualMachine) -> None:
        failure = self._world.boot_failure(vm)
        if failure is not None:
            vm.boots_failed += 1
            stamp = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(self._world.seconds()))
            vm.user_template["ERROR"] = f"{stamp}: DEPLOY: {failure.error}"
            vm.stays[-1].running_end = self._world.seconds()
            self.set_state(vm, ACTIVE, BOOT_FAILURE)
            return
        vm.stays[-1].running_end = 0
        self.set_state(vm, ACTIVE, RUNNING)
        self._world.start_guest(vm)
