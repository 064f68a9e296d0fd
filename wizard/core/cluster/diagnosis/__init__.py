"""Why it hangs: what is wrong with a service, or holds it up, by rules over one snapshot.

Each rule looks for one fault and names it once, with every VM that has it. A VM's fault is reported by the rule that
knows the most about it: a role that failed because a VM failed is not reported beside the VM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from wizard.core.cluster.diagnosis import service, shards, vms
from wizard.core.cluster.diagnosis.finding import Action, Finding, Severity, gravest
from wizard.core.cluster.partitions import Assignment, assignments
from wizard.core.cluster.underway import Doing, Underway
from wizard.core.opennebula.snapshot import ServiceSnapshot

__all__ = ["Action", "Finding", "Severity", "diagnose", "gravest", "rules"]

Rule = Callable[[ServiceSnapshot], Iterator[Finding]]


_ENDS_BADLY = frozenset({"service-failed", "vm-failed", "unreadable"})
"""What may go wrong with a removal."""


def rules(assigned: Sequence[Assignment]) -> tuple[Rule, ...]:
    """Every rule, what is graver first; `assigned` are the assignments of the SuperNodes in the snapshot."""
    return (
        service.superlink_gone,
        service.superlink_off,
        vms.failed,
        service.cycle_of_parents,
        service.role_failed,
        service.failed,
        service.warning,
        vms.pending,
        vms.stuck,
        vms.unhealthy,
        vms.without_token,
        vms.silent,
        vms.half_way,
        service.made_too_early,
        service.too_few_clients,
        service.below_minimum,
        service.not_gated,
        service.lost,
        service.unreadable,
        partial(shards.missing, assigned),
        partial(vms.without_partition, assigned),
        partial(shards.follow, assigned),
        partial(shards.stale, assigned),
        partial(shards.collision, assigned),
        partial(shards.overlap, assigned),
        service.cooldown,
    )


def diagnose(
    snapshot: ServiceSnapshot, assigned: Sequence[Assignment] | None = None, underway: Underway | None = None
) -> tuple[Finding, ...]:
    """Findings about a service, in the order of `rules`; empty where nothing is wrong.

    `assigned` are its assignments, where they are known already; what an action of this program causes while it is
    `underway` is no fault. The time is that of the snapshot. Nothing is said of a service that is gone.
    """
    if snapshot.gone:
        return ()
    known = assignments(snapshot) if assigned is None else assigned
    if underway is None:
        return tuple(finding for rule in rules(known) for finding in rule(snapshot))
    seen = underway.without_what_it_causes(snapshot)
    found = [finding for rule in rules(known) for finding in rule(seen)]
    return tuple(finding for finding in found if not _is_meant(finding, underway))


def _is_meant(finding: Finding, underway: Underway) -> bool:
    if underway.kind is Doing.REMOVE:
        return finding.name not in _ENDS_BADLY
    if underway.kind is Doing.RECOVER:
        return finding.action is Action.RECOVER
    if underway.kind is Doing.RESTART:
        # A WARNING that no VM explains is of the VM at hand.
        return finding.action is Action.RESTART or (finding.name == "warning" and not finding.vm_ids)
    return False
