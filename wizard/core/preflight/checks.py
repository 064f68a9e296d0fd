"""Checks of the cloud before a deployment: facts and a plan in, findings out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from wizard.core.plan.plan import Plan
from wizard.core.preflight.appliance import appliance
from wizard.core.preflight.capacity import group_quota, hosts, leases, user_quota
from wizard.core.preflight.case import Case, Finding, Result
from wizard.core.preflight.facts import CloudFacts
from wizard.core.preflight.servers import credentials, oned, oneflow, onegate, service_name, template_name
from wizard.core.preflight.templates import context, flower_version, images, vm_templates

__all__ = ["CHECKS", "CloudFacts", "Finding", "Result", "check", "counted", "stands_against"]

CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    credentials,
    oned,
    oneflow,
    vm_templates,
    images,
    context,
    flower_version,
    appliance,
    leases,
    hosts,
    user_quota,
    group_quota,
    onegate,
    template_name,
    service_name,
)


def check(plan: Plan, facts: CloudFacts) -> tuple[Finding, ...]:
    """Findings of every check, in the order of the checks."""
    case = Case(plan, facts)
    return tuple(chain.from_iterable(look(case) for look in CHECKS))


def stands_against(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The errors: a deployment would not come to its end."""
    return tuple(item for item in findings if item.result is Result.ERROR)


def counted(findings: tuple[Finding, ...]) -> str:
    """`2 errors, 1 warning, 3 unknown, 10 ok`: what there is none of is left out."""
    parts = []
    for result in (Result.ERROR, Result.WARNING, Result.UNKNOWN, Result.OK):
        if count := sum(item.result is result for item in findings):
            plural = "s" if count > 1 and result in (Result.ERROR, Result.WARNING) else ""
            parts.append(f"{count} {result.value}{plural}")
    return ", ".join(parts)
