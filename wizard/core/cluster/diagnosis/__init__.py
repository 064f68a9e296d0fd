"""Why it hangs: what is wrong with a service, or holds it up, by rules over one snapshot.

Each rule looks for one fault and names it once, with every VM that has it. A VM's fault is reported by the rule that
knows the most about it: a role that failed because a VM failed is not reported beside the VM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from wizard.core.cluster.diagnosis import service, vms
from wizard.core.cluster.diagnosis.finding import Action, Finding, Severity
from wizard.core.cluster.partitions import Assignment, assignments
from wizard.core.opennebula.snapshot import ServiceSnapshot

__all__ = ["Action", "Finding", "Severity", "diagnose", "rules"]

Rule = Callable[[ServiceSnapshot], Iterator[Finding]]


def rules(assigned: Sequence[Assignment]) -> tuple[Rule, ...]:
    """Every rule, what is graver first; `assigned` are the assignments of the SuperNodes in the snapshot."""
    return (
        service.superlink_gone,
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
        service.lost,
        service.unreadable,
        partial(vms.without_partition, assigned),
        service.cooldown,
    )


def diagnose(snapshot: ServiceSnapshot, assigned: Sequence[Assignment] | None = None) -> tuple[Finding, ...]:
    """Findings about a service, in the order of `rules`; empty where nothing is wrong.

    `assigned` are its assignments, where they are known already. The time is that of the snapshot. Nothing is said of a
    service that is gone.
    """
    if snapshot.gone:
        return ()
    known = assignments(snapshot) if assigned is None else assigned
    return tuple(finding for rule in rules(known) for finding in rule(snapshot))
