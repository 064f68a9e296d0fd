"""Guests of the sandbox whose VMs do not say that they are simulated: as a recording has them, or for a fake ssh."""

from __future__ import annotations

from wizard.core.opennebula.snapshot import SIMULATED
from wizard.sandbox.guests import Guest, scripted_guest
from wizard.sandbox.oned.vm import VirtualMachine
from wizard.sandbox.world import WorldState


def unmarked(vm: VirtualMachine, world: WorldState) -> Guest:
    """The guest of a VM."""
    guest = scripted_guest(vm, world)
    # What the sandbox writes is what the client looks for.
    assert vm.user_template.pop(SIMULATED) == "YES"
    return guest
