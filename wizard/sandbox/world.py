"""The changing state of a world: its VMs, their life cycle, and the actions on them, behind one lock."""

from __future__ import annotations

import hashlib
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from wizard.sandbox.blueprint import BootFailure, Host, User, VmTemplate, World
from wizard.sandbox.clock import ManualClock, Timer
from wizard.sandbox.oned import templates
from wizard.sandbox.oned.accounts import ACTION, AUTHORIZATION, Accounts, OneError, may_use, no_such, not_authorized
from wizard.sandbox.oned.documents import Documents
from wizard.sandbox.oned.resources import Images, Networks
from wizard.sandbox.oned.vm import (
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
    Gate,
    Guest,
    HistoryRecord,
    VirtualMachine,
)


class Machines:
    """All VMs of a sandbox. Iterating gives them in order of id."""

    def __init__(self, world: WorldState) -> None:
        self._world = world
        self._by_id: dict[int, VirtualMachine] = {}
        self.on_state: list[Callable[[VirtualMachine], None]] = []
        """Called with each VM whose state changed."""
        self.on_update: list[Callable[[VirtualMachine, str], None]] = []
        """Called with each VM whose user template was updated, and the text of the update."""

    def __iter__(self) -> Iterator[VirtualMachine]:
        return iter([self._by_id[vid] for vid in sorted(self._by_id)])

    def __getitem__(self, vid: int) -> VirtualMachine:
        if vid not in self._by_id:
            raise no_such("virtual machine", vid)
        return self._by_id[vid]

    def __len__(self) -> int:
        return len(self._by_id)

    def instantiate(
        self, user: User, template_id: int, name: str, extra: Mapping[str, Any], replaced: tuple[str, ...] = ()
    ) -> VirtualMachine:
        """Create a VM from a VM template with `extra` merged over it; OneError when oned refuses.

        Of what is `replaced` the VM gets nothing of the VM template.
        """
        template = self._world.vm_template(user, template_id)
        self._check_quota(user)
        vid = len(self._by_id)
        kept = {key: value for key, value in template.contents.items() if key not in replaced}
        merged = templates.normalized(templates.merge(kept, extra))
        own, user_template = templates.split(merged)
        nics = self._attach(user, vid, own.get("NIC", []))
        own["CONTEXT"] = templates.context(own.get("CONTEXT", {}), merged, nics, vid, self._world.onegate_url, user)
        if own["CONTEXT"].get("TOKEN", "").upper() == "YES":
            own["CREATED_BY"] = str(user.uid)
        own["NIC"] = nics
        own["DISK"] = self._world.images.disk(own.get("DISK", {}))
        user_template["HYPERVISOR"] = self._world.plan.hypervisor
        vm = VirtualMachine(vid, name, user, own, user_template, self._world.seconds(), template_id)
        vm.is_of_6 = self._world.plan.is_6
        self._by_id[vid] = vm
        self._world.hypervisor.begin(vm)
        return vm

    def update(self, vm: VirtualMachine, text: str, attributes: Mapping[str, Any], replace: bool) -> None:
        """Change the user template and call the listeners."""
        if replace:
            vm.user_template.clear()
        vm.user_template.update(attributes)
        for listener in self.on_update:
            listener(vm, text)

    def _check_quota(self, user: User) -> None:
        limit = user.quota.vms if user.quota else -2
        existing = [vm for vm in self if vm.owner.uid == user.uid and vm.state != DONE]
        if 0 <= limit <= len(existing):
            raise OneError(AUTHORIZATION, f"user [{user.uid}] limit of {limit} reached for VMS quota in VM.")

    def _attach(self, user: User, vid: int, nics: Any) -> list[dict[str, Any]]:
        listed = nics if isinstance(nics, list) else [nics]
        # A NIC that names no network, as one with an empty NETWORK_ID, leads nowhere.
        listed = [nic for nic in listed if nic.get("NETWORK_ID") or nic.get("NETWORK")]
        return [self._world.networks.attach(user, vid, number, nic) for number, nic in enumerate(listed)]

    def usage(self) -> dict[int, tuple[float, float, list[int]]]:
        """For each host id: cores and MB in use, and the ids of the VMs that use them."""
        usage: dict[int, tuple[float, float, list[int]]] = {host.hid: (0.0, 0.0, []) for host in self._world.plan.hosts}
        for vm in self._by_id.values():
            # A VM that is powered off frees CPU and memory of its host.
            if vm.state == ACTIVE and vm.history:
                cpu, memory, vms = usage[vm.history[-1].host.hid]
                usage[vm.history[-1].host.hid] = (cpu + vm.cpu, memory + vm.memory, [*vms, vm.vid])
        return usage


_MONITORED = 2


class Hypervisor:
    """The life cycle of VMs, and the scheduler: at most one planned step for each VM."""

    def __init__(self, world: WorldState) -> None:
        self._world = world
        self._steps: dict[int, Timer] = {}

    def spread(self, vid: int, step: str, seconds: float) -> float:
        """`seconds`, a little longer or shorter: always the same for the same VM and step."""
        share = hashlib.sha256(f"{vid}/{step}".encode()).digest()[0] / 255
        return seconds * (1 + self._world.plan.timings.spread * (2 * share - 1))

    def retry(self, vm: VirtualMachine) -> None:
        """Boot a failed VM again, as `recover` with retry does."""
        if vm.failed:
            vm.user_template.pop("ERROR", None)
            self.boot(vm, BOOT)

    def after(self, vm: VirtualMachine, delay: float, step: Callable[[VirtualMachine], None]) -> None:
        """Plan the next step of a VM, `delay` seconds from now, in place of the one planned before."""
        self.cancel(vm)
        self._steps[vm.vid] = self._world.after(delay, lambda: step(vm))

    def set_state(self, vm: VirtualMachine, state: int, lcm: int) -> None:
        """Change the VM's state and call the listeners."""
        vm.state, vm.lcm = state, lcm
        if vm.guest is not None and not vm.running:
            vm.guest.stop()
        for listener in self._world.vms.on_state:
            listener(vm)

    def cancel(self, vm: VirtualMachine) -> None:
        """Cancel the planned step of a VM, if any."""
        if vm.vid in self._steps:
            self._steps.pop(vm.vid).cancel()

    def begin(self, vm: VirtualMachine) -> None:
        """Hand a new VM to the scheduler."""
        self.after(vm, self._world.plan.timings.schedule, self._schedule)

    def boot(self, vm: VirtualMachine, lcm: int) -> None:
        """Boot the VM; `lcm` is its state meanwhile."""
        self.set_state(vm, ACTIVE, lcm)
        self.after(vm, self.spread(vm.vid, "boot", self._world.plan.timings.boot), self._booted)

    def _schedule(self, vm: VirtualMachine) -> None:
        host, message = self._room(vm)
        if host is None:
            vm.user_template["SCHED_MESSAGE"] = f"{self._timestamp()}: {message}"
            self.after(vm, self._world.plan.timings.reschedule, self._schedule)
            return
        vm.user_template.pop("SCHED_MESSAGE", None)
        vm.history.append(HistoryRecord(host, self._world.seconds()))
        self.set_state(vm, ACTIVE, PROLOG)
        self.after(vm, self.spread(vm.vid, "prolog", self._world.plan.timings.prolog), self._prolog_done)

    def _room(self, vm: VirtualMachine) -> tuple[Host | None, str]:
        usage = self._world.vms.usage()
        hosts = self._world.plan.hosts
        monitored = [host for host in hosts if host.state == _MONITORED]
        with_cpu = [host for host in monitored if usage[host.hid][0] + vm.cpu <= host.cpu + 1e-9]
        with_both = [host for host in with_cpu if usage[host.hid][1] + vm.memory <= host.memory]
        if with_both:
            return max(with_both, key=lambda host: (host.cpu - usage[host.hid][0], -host.hid)), ""
        lacking = "memory" if with_cpu else "CPU"
        return None, f"[HOST] Not enough {lacking} on hosts: {','.join(str(host.hid) for host in hosts)}"

    def _timestamp(self) -> str:
        return time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(self._world.seconds()))

    def _prolog_done(self, vm: VirtualMachine) -> None:
        record = vm.history[-1]
        record.prolog_end = record.running_start = self._world.seconds()
        self.boot(vm, BOOT)

    def _booted(self, vm: VirtualMachine) -> None:
        failure = self._world.boot_failure(vm)
        if failure is not None:
            vm.boots_failed += 1
            vm.user_template["ERROR"] = f"{self._timestamp()}: DEPLOY: {failure.error}"
            vm.history[-1].running_end = self._world.seconds()
            self.set_state(vm, ACTIVE, BOOT_FAILURE)
            return
        vm.history[-1].running_end = 0
        self.set_state(vm, ACTIVE, RUNNING)
        self._world.start_guest(vm)


class VmActions:
    """The actions of `one.vm.action` that the sandbox implements."""

    def __init__(self, world: WorldState) -> None:
        self._world = world
        self._hypervisor = world.hypervisor

    def act(self, vm: VirtualMachine, action: str) -> None:
        """Perform `action`; OneError when it is unknown or the VM is in a state that does not allow it."""
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
            vm.history[-1].running_end = self._world.seconds()
            self._hypervisor.set_state(vm, ACTIVE, lcm)
            self._hypervisor.after(vm, self._hypervisor.spread(vm.vid, "shutdown", seconds), self._epilog)
        elif vm.state == POWEROFF:
            self._epilog(vm)
        else:
            self._hypervisor.set_state(vm, ACTIVE, CLEANUP_DELETE)
            self._hypervisor.after(vm, self._world.plan.timings.epilog, self._done)
        return True

    def _epilog(self, vm: VirtualMachine) -> None:
        vm.history[-1].epilog_start = self._world.seconds()
        self._hypervisor.set_state(vm, ACTIVE, EPILOG)
        self._hypervisor.after(vm, self._world.plan.timings.epilog, self._done)

    def _done(self, vm: VirtualMachine) -> None:
        vm.end = self._world.seconds()
        if vm.history:
            vm.history[-1].end = vm.end
        for network in self._world.networks.all():
            network.release(vm.vid)
        self._hypervisor.cancel(vm)
        self._hypervisor.set_state(vm, DONE, 0)

    def _poweroff(self, vm: VirtualMachine) -> bool:
        if not vm.running:
            return False
        self._hypervisor.set_state(vm, ACTIVE, SHUTDOWN_POWEROFF)
        self._hypervisor.after(
            vm, self._hypervisor.spread(vm.vid, "shutdown", self._world.plan.timings.shutdown), self._off
        )
        return True

    def _off(self, vm: VirtualMachine) -> None:
        vm.history[-1].end = vm.history[-1].running_end = self._world.seconds()
        self._hypervisor.set_state(vm, POWEROFF, 0)

    def _resume(self, vm: VirtualMachine) -> bool:
        if vm.state != POWEROFF:
            return False
        now = self._world.seconds()
        vm.history.append(HistoryRecord(vm.history[-1].host, now, running_start=now))
        self._hypervisor.boot(vm, BOOT_POWEROFF)
        return True

    def _reboot(self, vm: VirtualMachine) -> bool:
        if not vm.running:
            return False
        # oned does not notice a reboot: the VM stays RUNNING while its guest starts again.
        if vm.guest is not None:
            vm.guest.stop()
        self._world.after(
            self._hypervisor.spread(vm.vid, "boot", self._world.plan.timings.boot),
            lambda: self._world.start_guest(vm) if vm.running else None,
        )
        return True


GuestFactory: TypeAlias = "Callable[[VirtualMachine, WorldState], Guest]"
"""Makes the guest of a VM at its first boot."""


class WorldState:
    """The state of one sandbox. Hold `lock` to read or change it, and never while advancing the clock."""

    def __init__(self, plan: World, clock: ManualClock, new_guest: GuestFactory) -> None:
        self.plan = plan
        self.clock = clock
        self.lock = threading.RLock()
        self.accounts = Accounts(plan.users)
        self.networks = Networks(plan.networks)
        self.images = Images(plan.images)
        self.vm_templates = {template.tid: template for template in plan.vm_templates}
        self.documents = Documents()
        self.vms = Machines(self)
        self.hypervisor = Hypervisor(self)
        self.actions = VmActions(self)
        self.administrator = User(0, "oneadmin", 0, "oneadmin")
        """The user of requests among the servers."""
        self.onegate_url = ""
        self.gate: Gate | None = None
        self.failures: list[str] = []
        """Tracebacks of steps that went wrong."""
        self._new_guest = new_guest

    def seconds(self) -> int:
        """The present in whole seconds since 1970."""
        return self.clock.seconds()

    def after(self, delay: float, step: Callable[[], None]) -> Timer:
        """Plan a step in `delay` seconds, to be run under the lock."""

        def locked() -> None:
            with self.lock:
                try:
                    step()
                except Exception:
                    # One step gone wrong must not stop the clock of all others.
                    self.failures.append(traceback.format_exc())

        return self.clock.call_later(delay, locked)

    def vm_template(self, user: User, tid: int) -> VmTemplate:
        """The VM template with this id; OneError when there is none, or the user may not use it."""
        template = self.vm_templates.get(tid)
        if template is None:
            raise no_such("virtual machine template", tid)
        if not may_use(user, template.owner, template.public):
            raise not_authorized(user.uid, "USE", "TEMPLATE", tid)
        return template

    def boot_failure(self, vm: VirtualMachine) -> BootFailure | None:
        """The failure that the world plans for this boot of the VM, if any."""
        for failure in self.plan.guests.boot_failures:
            matches = failure.role == vm.role and vm.name.startswith(f"{failure.role}_{failure.number}_")
            if matches and (failure.times < 0 or vm.boots_failed < failure.times):
                return failure
        return None

    def start_guest(self, vm: VirtualMachine) -> None:
        """Start the guest of a VM that has just booted."""
        if vm.guest is None:
            vm.guest = self._new_guest(vm, self)
        vm.guest.start()
