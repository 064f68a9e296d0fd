"""All that the dashboard shows of one snapshot, worked out in one go.

Of a thousand VMs that takes longer than a key may wait, so it is done where the cloud is asked, not where the screen is
drawn."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.core.cluster.coverage import Coverage, coverage
from wizard.core.cluster.diagnosis import Finding, diagnose
from wizard.core.cluster.partitions import Assignment, assignments
from wizard.core.cluster.progress import Phase, phases, waiting_for
from wizard.core.flower.connection_card import Card, card
from wizard.core.opennebula.snapshot import SUPERNODE, ServiceSnapshot
from wizard.core.views.rows import RoleRow, VmRow, role_rows, vm_rows


@dataclass(frozen=True)
class Board:
    """A snapshot as it is drawn. A service that is gone has neither roles nor rows.

    `assignments` are worked out once, and all the rest is made from them.
    `shards` is None while no SuperNode runs, `card` while no SuperLink is READY.
    """

    phases: tuple[Phase, ...]
    roles: tuple[RoleRow, ...]
    rows: tuple[VmRow, ...]
    shards: Coverage | None
    findings: tuple[Finding, ...]
    waiting: str
    card: Card | None
    assignments: tuple[Assignment, ...] = ()


def board(snapshot: ServiceSnapshot, reached: str) -> Board:
    """What is drawn of a snapshot; `reached` is how this machine is reached from outside, for the card."""
    if snapshot.gone:
        return Board(phases(snapshot), (), (), None, (), waiting_for(snapshot), None)
    assigned = assignments(snapshot)
    findings = diagnose(snapshot, assigned)
    role = snapshot.role(SUPERNODE)
    trains = role is not None and any(node.vm is not None and node.vm.running for node in role.nodes)
    return Board(
        phases(snapshot),
        role_rows(snapshot),
        vm_rows(snapshot, assigned),
        coverage(snapshot, assigned) if trains else None,
        findings,
        waiting_for(snapshot, findings),
        card(snapshot, reached),
        assigned,
    )
