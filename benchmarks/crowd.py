"""A world with one service of as many VMs as wanted, built so that thousands of them start within seconds.

The sandbox's own guests each read the whole document of their service, and its scheduler counts every VM for every
VM: both grow with the square of the number. Here guests know their place by their id, and there is always room.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from wizard.sandbox.blueprint import Host, Timings, World
from wizard.sandbox.guests import Guest, SuperLink, SuperNode
from wizard.sandbox.oned.vm import VirtualMachine
from wizard.sandbox.server import Sandbox
from wizard.sandbox.world import Hypervisor, VmActions
from wizard.sandbox.worlds import WORLDS

if TYPE_CHECKING:
    from wizard.sandbox.world import WorldState

SERVICE = "flower-large"
_AGE = 1800.0
_CREATED_WITHIN = 20.0
"""All VMs are created before the first guest asks, as in the world that this one grows from."""


class _SuperNode(SuperNode):
    """Publishes what a SuperNode publishes, in one update and without asking."""

    def _configure(self) -> None:
        supernodes = len(self._world.vms) - 1
        self.node_config = f"partition-id={self._vm.vid - 1} num-partitions={supernodes}"
        timings = self._world.plan.timings
        rest = self._world.hypervisor.spread(self._vm.vid, "ready", timings.ready) - timings.configure
        self._later(rest, lambda: self._publish(["\n".join(self._report())]))


class _Silent(Guest):
    """Never says anything by itself."""

    def _may_report(self) -> bool:
        return False


class _Roomy(Hypervisor):
    """Takes a host for every VM, without counting."""

    def _room(self, vm: VirtualMachine) -> tuple[Host | None, str]:
        hosts = self._world.plan.hosts
        return hosts[vm.vid % len(hosts)], ""


def crowd(vms: int, silent: int = 0) -> Sandbox:
    """A sandbox, not started yet, whose one service has so many VMs; the last `silent` of them never say READY."""

    def guest(vm: VirtualMachine, world: WorldState) -> Guest:
        if vm.vid >= vms - silent:
            return _Silent(vm, world)
        return _SuperNode(vm, world) if vm.vid else SuperLink(vm, world)

    sandbox = Sandbox(_world(vms), latency=0, guests=guest, publishes=True)
    sandbox.world.hypervisor = _Roomy(sandbox.world)
    sandbox.world.actions = VmActions(sandbox.world)
    return sandbox


def _timings(vms: int) -> Timings:
    # A VM that is told to power off is off before a poll can see it on its way.
    creation = min(0.12, _CREATED_WITHIN / vms)
    return Timings(creation=creation, prolog=25, boot=25, configure=5, ready=15, shutdown=0.1)


def _world(vms: int) -> World:
    large = WORLDS["large"]
    service = large.services[0]
    template = copy.deepcopy(dict(service.template))
    supernode = next(role for role in template["roles"] if role["name"] == "supernode")
    supernode["cardinality"] = supernode["max_vms"] = vms - 1
    return replace(
        large,
        networks=(replace(large.networks[0], size=vms + 1), *large.networks[1:]),
        hosts=tuple(replace(large.hosts[0], hid=number, name=f"node-{number:03}") for number in range(vms // 25 + 1)),
        timings=_timings(vms),
        services=(replace(service, template=template, age=_AGE),),
    )
