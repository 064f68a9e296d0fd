"""oned's VMs: their creation, their user templates, and what they take from the hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wizard.sandbox import vm_contents
from wizard.sandbox.accounts import may_use
from wizard.sandbox.blueprint import User
from wizard.sandbox.errors import AUTHORIZATION, OneError, no_such, not_authorized
from wizard.sandbox.vm import ACTIVE, DONE, VirtualMachine

if TYPE_CHECKING:
    from wizard.sandbox.world import WorldState


class Machines:
    """All VMs of a sandbox. Iterating gives them in order of id."""

    def __init__(self, world: WorldState) -> None:
        self._world = world
        self._by_id: dict[int, VirtualMachine] = {}
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

    def instantiate(self, user: User, template_id: int, name: str, extra: Mapping[str, Any]) -> VirtualMachine:
        """Create a VM from a VM template with `extra` merged over it; OneError when oned refuses."""
        template = self._world.vm_templates.get(template_id)
        if template is None:
            raise no_such("virtual machine template", template_id)
        if not may_use(user, template.owner, template.public):
            raise not_authorized(user.uid, "USE", "TEMPLATE", template_id)
        self._check_quota(user)
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
        self._world.hypervisor.begin(vm)
        return vm

    def update(self, vm: VirtualMachine, text: str, attributes: Mapping[str, Any], replace: bool) -> None:
        """Change the user template and tell of it."""
        if replace:
            vm.user_template.clear()
        vm.user_template.update(attributes)
        for listener in self.on_update:
            listener(vm, text)

    def _check_quota(self, user: User) -> None:
        limit = user.quota.vms if user.quota else -2
        mine = [vm for vm in self if vm.owner.uid == user.uid and vm.state != DONE]
        if 0 <= limit <= len(mine):
            raise OneError(AUTHORIZATION, f"user [{user.uid}] limit of {limit} reached for VMS quota in VM.")

    def _attach(self, user: User, vid: int, wishes: Any) -> list[dict[str, Any]]:
        listed = wishes if isinstance(wishes, list) else [wishes]
        return [self._world.networks.attach(user, vid, number, wish) for number, wish in enumerate(listed)]

    def usage(self) -> dict[int, tuple[float, float, list[int]]]:
        """For each host id: cores and MB taken, and the VMs that take them."""
        taken: dict[int, tuple[float, float, list[int]]] = {host.hid: (0.0, 0.0, []) for host in self._world.plan.hosts}
        for vm in self._by_id.values():
            # A VM that is powered off keeps its disks, not its share of the host.
            if vm.state == ACTIVE and vm.stays:
                cpu, memory, vms = taken[vm.stays[-1].host.hid]
                taken[vm.stays[-1].host.hid] = (cpu + vm.cpu, memory + vm.memory, [*vms, vm.vid])
        return taken
