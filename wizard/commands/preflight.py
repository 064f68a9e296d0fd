"""The preflight in the commands: `check --cloud` tells all of it, `deploy` what stands against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.commands.output import Teller
from wizard.commands.reach import connecting
from wizard.commands.trouble import PREFLIGHT_FAILED, CommandFailed

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.commands.options import Reach
    from wizard.core.plan.plan import Plan
    from wizard.core.preflight import Finding
    from wizard.operations.prepare import Listings


def looked_up(plan: Plan, reach: Reach, teller: Teller) -> tuple[Finding, ...]:
    """What the preflight of a plan finds. Raises CloudError only where no login is found."""
    from wizard.operations.deploy import preflight

    with connecting(reach, teller) as connector:
        return preflight(plan, connector.connect()).findings


def held_against(plan: Plan, cloud: Cloud, teller: Teller) -> Listings:
    """Print the warnings of the preflight before a deployment; what the cloud answered is returned.

    Raises CommandFailed where an error stands against it, and the CloudError itself where the cloud is out of reach
    or has no such VM template or network.
    """
    from wizard.core.preflight import Result, counted, stands_against
    from wizard.core.text import one_line
    from wizard.operations.deploy import preflight
    from wizard.operations.prepare import Lookups, resolve_references

    found = preflight(plan, cloud)
    if found.out_of_reach is not None and found.out_of_reach.cause is not None:
        raise found.out_of_reach.cause
    errors = stands_against(found.findings)
    if errors:
        resolve_references(plan, Lookups(cloud, found.listings).find)
        lines = "\n".join(one_line(str(item)) for item in errors)
        hint = "`check --cloud` tells all of it. With --no-preflight it is deployed all the same."
        raise CommandFailed(PREFLIGHT_FAILED, "preflight failed; nothing was sent", "", lines, hint)
    teller.say(f"preflight: {counted(found.findings)}")
    for item in found.findings:
        if item.result is Result.WARNING:
            teller.say(one_line(str(item)))
    return found.listings


def findings_data(findings: tuple[Finding, ...]) -> dict[str, Any]:
    """The findings for `--json`; `ready`: no error stands against a deployment."""
    from wizard.core.preflight import stands_against

    return {
        "preflight": [
            {
                "check": item.check,
                "title": item.title,
                "result": item.result.value,
                "found": item.found,
                "todo": item.todo,
            }
            for item in findings
        ],
        "ready": not stands_against(findings),
    }


def findings_text(findings: tuple[Finding, ...]) -> str:
    """The findings for people: a line each, what to do under it, and how many there are of each kind."""
    from wizard.core.preflight import Result, counted
    from wizard.core.text import one_line

    widest = max((len(item.title) for item in findings), default=0)
    lines = []
    for item in findings:
        lines.append(f"{item.result.value:<7}  {item.title:<{widest}}  {one_line(item.found)}")
        if item.todo and item.result is not Result.OK:
            lines.append(f"{'':<{widest + 9}}  -> {one_line(item.todo)}")
    return "\n".join([*lines, "", counted(findings), ""])
