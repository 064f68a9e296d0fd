"""oned's VMs: their creation, the scheduler, the hypervisor and what is done to them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wizard.sandbox import vm_contents
from wizard.sandbox.accounts import may_use
from wizard.sandbox.blueprint import Host, User
from wizard.sandbox.clock import Timer
from wizard.sandbox.errors import ACTION, OneError, no_such, not_authorized
from wizard.sandbox.vm import (
    ACTIVE,
    BOOT,
    BOOT_FAILURE,
    BOOT_POWEROFF,
    CANCEL,
    CLEANUP_DELETE,
    DONE,
    EPILOG,
    PENDING,
    POWEROFF,
    PROLOG,
    RUNNING,
    SHUTDOWN,
    SHUTDOWN_POWEROFF,
    STATE_NAMES,
    Stay,
    VirtualMachine,
)

if TYPE_CHECKING:
    from wizard.sandbox.world import WorldState


class Machines:
    """All VMs of a sandbox. Iterating gives them in order of id."""

    def __init__(self, world: WorldState) -> None:
        self._world = world
        self._by_id: dict[int, VirtualMachine] = {}
        self._steps: dict[int, Timer] = {}
        self.on_state: list[Callable[[VirtualMachine], None]] = []
        """Told of every change of a VM's state."""
        self.on_update: list[Callable[[VirtualMachine, str], None]] = []
        """Told of every update of a VM's user template, with the text of the update."""

    def __iter__(self) -> Iterator[VirtualMachine]:
        return iter([self._by_id[vid] for vid in sorted(self._by_id)])

    def __getitem__(self, vid: int) -> VirtualMachine:
        if vid not in self._by_id:
            raise no_such("virtual machine", vid)
        return self._by_id[vid]

    def __len__(self) -> int:
        return len(self._by_id)

    def spread(self, vid: int, what: str, seconds: float) -> float:
        """`seconds`, a little longer or shorter: the same for the same VM, whatever else happens."""
        share = hashlib.sha256(f"{vid}/{what}".encode()).digest()[0] / 255
        return seconds * (1 + self._world.plan.timings.spread * (2 * share - 1))

    def instantiate(self, user: User, template_id: int, name: str, extra: Mapping[str, Any]) -> VirtualMachine:
        """Create a VM from a VM template with `extra` merged over it; OneError when oned refuses."""
        template = self._world.vm_templates.get(template_id)
        if template is None:
            raise no_such("virtual machine template", template_id)
        if not may_use(user, template.owner, template.public):
            raise not_authorized(user.uid, "USE", "TEMPLATE", template_id)
        vid = len(self._by_id)
        merged = vm_contents.as_oned_reads(vm_contents.merge(template.contents, extra))
        own, user_template = vm_contents.split(merged)
        nics = self._attach(user, vid, own.get("NIC", []))
        own["CONTEXT"] = vm_contents.context(own.get("CONTEXT", {}), merged, nics, vid, self._world.onegate_url)
        if own["CONTEXT"].get("TOKEN", "").upper() == "YES":
            own["CREATED_BY"] = str(user.uid)
        own["NIC"] = nics
        own["DISK"] = self._world.images.disk(own.get("DISK", {}))
        user_template["HYPERVISOR"] = self._world.plan.hypervisor
        vm = VirtualMachine(vid, name, user, own, user_template, self._world.seconds(), template_id)
        self._by_id[vid] = vm
        self._plan(vm, self._world.plan.timings.schedule, self._schedule)
        return vm

    def update(self, vm: VirtualMachine, text: str, attributes: Mapping[str, Any], replace: bool) -> None:
        """Change the user template and tell of it."""
        if replace:
            vm.user_template.clear()
        vm.user_template.update(attributes)
        for listener in self.on_update:
            listener(vm, text)

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

    def retry(self, vm: VirtualMachine) -> None:
        """Try again what failed, as `recover` with retry does."""
        if vm.failed:
            vm.user_template.pop("ERROR", None)
            self._set(vm, ACTIVE, BOOT)
            self._plan(vm, self.spread(vm.vid, "boot", self._world.plan.timings.boot), self._booted)

    def _attach(self, user: User, vid: int, wishes: Any) -> list[dict[str, Any]]:
        listed = wishes if isinstance(wishes, list) else [wishes]
        return [self._world.networks.attach(user, vid, number, wish) for number, wish in enumerate(listed)]

    def _plan(self, vm: VirtualMachine, delay: float, step: Callable[[VirtualMachine], None]) -> None:
        if vm.vid in self._steps:
            self._steps[vm.vid].cancel()
        self._steps[vm.vid] = self._world.after(delay, lambda: step(vm))

    def _set(self, vm: VirtualMachine, state: int, lcm: int) -> None:
        vm.state, vm.lcm = state, lcm
        if vm.guest is not None and not vm.running:
            vm.guest.stop()
        for listener in self.on_state:
            listener(vm)

    def _schedule(self, vm: VirtualMachine) -> None:
        host, message = self._room(vm)
        if host is None:
            stamp = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(self._world.seconds()))
            vm.user_template["SCHED_MESSAGE"] = f"{stamp}: {message}"
            self._plan(vm, self._world.plan.timings.reschedule, self._schedule)
            return
        vm.user_template.pop("SCHED_MESSAGE", None)
        vm.stays.append(Stay(host, self._world.seconds()))
        self._set(vm, ACTIVE, PROLOG)
        self._plan(vm, self.spread(vm.vid, "prolog", self._world.plan.timings.prolog), self._prolog_done)

    def _room(self, vm: VirtualMachine) -> tuple[Host | None, str]:
        usage = self.usage()
        hosts = self._world.plan.hosts
        with_cpu = [host for host in hosts if usage[host.hid][0] + vm.cpu <= host.cpu + 1e-9]
        with_both = [host for host in with_cpu if usage[host.hid][1] + vm.memory <= host.memory]
        if with_both:
            return max(with_both, key=lambda host: (host.cpu - usage[host.hid][0], -host.hid)), ""
        lacking = "memory" if with_cpu else "CPU"
        return None, f"[HOST] Not enough {lacking} on hosts: {','.join(str(host.hid) for host in hosts)}"

    def usage(self) -> dict[int, tuple[float, float, list[int]]]:
        """For each host id: cores and MB taken, and the VMs that take them."""
        taken: dict[int, tuple[float, float, list[int]]] = {host.hid: (0.0, 0.0, []) for host in self._world.plan.hosts}
        for vm in self._by_id.values():
            # A VM that is powered off keeps its disks, not its share of the host.
            if vm.state == ACTIVE and vm.stays:
                cpu, memory, vms = taken[vm.stays[-1].host.hid]
                taken[vm.stays[-1].host.hid] = (cpu + vm.cpu, memory + vm.memory, [*vms, vm.vid])
        return taken

    def _prolog_done(self, vm: VirtualMachine) -> None:
        stay = vm.stays[-1]
        stay.prolog_end = stay.running_start = self._world.seconds()
        self._set(vm, ACTIVE, BOOT)
        self._plan(vm, self.spread(vm.vid, "boot", self._world.plan.timings.boot), self._booted)

    def _booted(self, vm: VirtualMachine) -> None:
        failure = self._world.boot_failure(vm)
        if failure is not None:
            vm.boots_failed += 1
            stamp = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(self._world.seconds()))
            vm.user_template["ERROR"] = f"{stamp}: DEPLOY: {failure.error}"
            vm.stays[-1].running_end = self._world.seconds()
            self._set(vm, ACTIVE, BOOT_FAILURE)
            return
        vm.stays[-1].running_end = 0
        self._set(vm, ACTIVE, RUNNING)
        self._world.start_guest(vm)

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
            self._set(vm, ACTIVE, lcm)
            self._plan(vm, self.spread(vm.vid, "shutdown", seconds), self._epilog)
        elif vm.state == POWEROFF:
            self._epilog(vm)
        else:
            self._set(vm, ACTIVE, CLEANUP_DELETE)
            self._plan(vm, self._world.plan.timings.epilog, self._done)
        return True

    def _epilog(self, vm: VirtualMachine) -> None:
        vm.stays[-1].epilog_start = self._world.seconds()
        self._set(vm, ACTIVE, EPILOG)
        self._plan(vm, self._world.plan.timings.epilog, self._done)

    def _done(self, vm: VirtualMachine) -> None:
        vm.end = self._world.seconds()
        if vm.stays:
            vm.stays[-1].end = vm.end
        for network in self._world.networks.all():
            network.release(vm.vid)
        if vm.vid in self._steps:
            self._steps.pop(vm.vid).cancel()
        self._set(vm, DONE, 0)

    def _poweroff(self, vm: VirtualMachine) -> bool:
        if not vm.running:
            return False
        self._set(vm, ACTIVE, SHUTDOWN_POWEROFF)
        self._plan(vm, self.spread(vm.vid, "shutdown", self._world.plan.timings.shutdown), self._off)
        return True

    def _off(self, vm: VirtualMachine) -> None:
        vm.stays[-1].end = vm.stays[-1].running_end = self._world.seconds()
        self._set(vm, POWEROFF, 0)

    def _resume(self, vm: VirtualMachine) -> bool:
        if vm.state != POWEROFF:
            return False
        now = self._world.seconds()
        vm.stays.append(Stay(vm.stays[-1].host, now, running_start=now))
        self._set(vm, ACTIVE, BOOT_POWEROFF)
        self._plan(vm, self.spread(vm.vid, "boot", self._world.plan.timings.boot), self._booted)
        return True

    def _reboot(self, vm: VirtualMachine) -> bool:
        if not vm.running:
            return False
        # oned sees nothing of a reboot: the VM stays RUNNING while its guest starts again.
        if vm.guest is not None:
            vm.guest.stop()
        self._world.after(
            self.spread(vm.vid, "boot", self._world.plan.timings.boot),
            lambda: self._world.start_guest(vm) if vm.running else None,
        )
        return True
