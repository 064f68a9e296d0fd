"""An action of this program on a service while it runs: how far it is, and what it explains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from wizard.core.opennebula.snapshot import SUPERNODE, ServiceSnapshot
from wizard.core.opennebula.states import ServiceState
from wizard.core.text import counted

_AWAITED = 60.0
"""Seconds after a recover in which OneFlow has usually begun with it."""


class Doing(str, Enum):
    """Actions that take their time."""

    SCALE = "scale"
    RESTART = "restart"
    RECOVER = "recover"
    REMOVE = "remove"


@dataclass(frozen=True)
class Underway:
    """An action that was agreed to and is not over.

    `vm_ids` are the VMs that it acts on, in order; of a restart `done` are READY again, and the next is at hand.
    `wanted` is the number of SuperNodes that a scale asks for, `since` when it began, in Unix seconds. `stopping`: no
    other VM is begun.
    """

    kind: Doing
    vm_ids: tuple[int, ...] = ()
    done: int = 0
    wanted: int = 0
    since: float = 0.0
    stopping: bool = False

    @property
    def at(self) -> int | None:
        """The VM that is being restarted."""
        here = self.kind is Doing.RESTART and self.done < len(self.vm_ids)
        return self.vm_ids[self.done] if here else None

    def without_what_it_causes(self, snapshot: ServiceSnapshot) -> ServiceSnapshot:
        """The service without what is known of the VM that is being restarted: that it is off, or not READY, is meant.

        One that has failed stays.
        """
        roles = tuple(
            replace(
                role,
                nodes=tuple(
                    replace(node, vm=None)
                    if node.vm_id == self.at and node.vm is not None and not node.vm.failed
                    else node
                    for node in role.nodes
                ),
            )
            for role in snapshot.roles
        )
        return replace(snapshot, roles=roles) if self.at is not None else snapshot

    def is_over(self, snapshot: ServiceSnapshot) -> bool:
        """True if the service shows the end of it. A restart ends where it was begun, not here."""
        if snapshot.gone:
            return True
        if self.kind is Doing.REMOVE:
            return snapshot.failed and "UNDEPLOYING" in snapshot.state_name
        if self.kind is Doing.RECOVER:
            return snapshot.running or snapshot.taken_at - self.since > _AWAITED
        if self.kind is Doing.SCALE:
            role = snapshot.role(SUPERNODE)
            there = role is not None and role.cardinality == len(role.nodes) == role.ready_count == self.wanted
            return snapshot.failed or (snapshot.running and there)
        return False

    def progress(self, snapshot: ServiceSnapshot) -> str:
        """A line about how far it is."""
        if self.kind is Doing.RESTART:
            return self._restart(snapshot)
        if self.kind is Doing.SCALE:
            role = snapshot.role(SUPERNODE)
            if snapshot.state == ServiceState.COOLDOWN:
                return f"Scaled to {self.wanted}. OneFlow is in COOLDOWN; until it ends nothing can be scaled."
            return f"Scaling to {self.wanted} SuperNodes: {role.ready_count if role else 0} READY."
        if self.kind is Doing.REMOVE:
            return f"Deleting the service: {counted(len(snapshot.vm_ids), 'VM')} left."
        return "Recovering: OneFlow retries what failed."

    def _restart(self, snapshot: ServiceSnapshot) -> str:
        if self.at is None:
            return f"Restarted {len(self.vm_ids)} of {len(self.vm_ids)}."
        vm = next((vm for vm in snapshot.facts if vm.id == self.at), None)
        state = (
            "" if vm is None else f" {vm.state_name}" + (", not READY yet" if vm.running and not vm.is_ready else "")
        )
        then = "stopping after this one" if self.stopping else "t stops after this one"
        return f"Restarting {self.done + 1} of {len(self.vm_ids)}: VM {self.at}{state} · {then}"
