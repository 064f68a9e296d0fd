"""One world as it stands: everything that lives on the clock, behind one lock."""

from __future__ import annotations

import threading
from collections.abc import Callable

from wizard.sandbox.accounts import Accounts
from wizard.sandbox.blueprint import BootFailure, User, World
from wizard.sandbox.clock import ManualClock, Timer
from wizard.sandbox.documents import Documents
from wizard.sandbox.guests import Gate, GuestMaker
from wizard.sandbox.hypervisor import Hypervisor
from wizard.sandbox.images import Images
from wizard.sandbox.machines import Machines
from wizard.sandbox.networks import Networks
from wizard.sandbox.vm import VirtualMachine
from wizard.sandbox.vm_actions import VmActions


class WorldState:
    """A world in motion. Hold `lock` to read or change it, and never while turning the clock."""

    def __init__(self, plan: World, clock: ManualClock, guest_for: GuestMaker) -> None:
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
        """On whose behalf the servers act among themselves."""
        self.onegate_url = ""
        self.gate: Gate | None = None
        self._guest_for = guest_for

    def seconds(self) -> int:
        """The present in whole seconds since 1970."""
        return self.clock.seconds()

    def after(self, delay: float, step: Callable[[], None]) -> Timer:
        """Plan a step of the world, to be taken under its lock."""

        def locked() -> None:
            with self.lock:
                step()

        return self.clock.call_later(delay, locked)

    def boot_failure(self, vm: VirtualMachine) -> BootFailure | None:
        """Why the VM must not boot this time, if it must not."""
        for failure in self.plan.guests.boot_failures:
            meant = failure.role == vm.role and vm.name.startswith(f"{failure.role}_{failure.number}_")
            if meant and (failure.times < 0 or vm.boots_failed < failure.times):
                return failure
        return None

    def start_guest(self, vm: VirtualMachine) -> None:
        """Let the guest of a VM that has just booted begin its work."""
        if vm.guest is None:
            vm.guest = self._guest_for(vm, self)
        vm.guest.start()
