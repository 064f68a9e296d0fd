"""Why it hangs: what is wrong with a service, or holds it up, by rules over one snapshot.

Each rule looks for one fault and names it once, with every VM that has it. A VM's fault is told by the rule that knows
the most about it: a role that failed because a VM failed is not told beside the VM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wizard.core.diagnosis import guests, service, shards, vms
from wizard.core.diagnosis.finding import Action, Finding, Severity
from wizard.core.snapshot import ServiceSnapshot

__all__ = ["RULES", "Action", "Finding", "Severity", "diagnose"]

Rule = Callable[[ServiceSnapshot], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    service.superlink_gone,
    vms.failed,
    service.cycle_of_parents,
    service.role_failed,
    service.failed,
    service.warning,
    vms.pending,
    vms.stuck,
    guests.unhealthy,
    guests.without_token,
    guests.silent,
    guests.half_way,
    service.made_too_early,
    service.too_few_clients,
    service.below_minimum,
    service.unreadable,
    shards.without_partition,
    service.cooldown,
)
"""Every rule, what is graver first."""


def diagnose(snapshot: ServiceSnapshot) -> tuple[Finding, ...]:
    """What is wrong with a service, or holds it up, by the order of RULES; empty where all is as usual.

    The time is that of the snapshot. Nothing is said of a service that is gone.
    """
    if snapshot.gone:
        return ()
    return tuple(finding for rule in RULES for finding in rule(snapshot))
