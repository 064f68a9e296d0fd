"""Checks of whether the names are free: OneFlow takes any number of templates and services of one name."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.core.opennebula.template_text import TemplateTextError
from wizard.core.plan.dialect import Dialect
from wizard.core.plan.plan import Document, Plan, same_content
from wizard.core.preflight.case import Case
from wizard.core.preflight.facts import Seen, Unseen
from wizard.core.preflight.finding import Finding, Result


def template_name(case: Case) -> Iterator[Finding]:
    """No registered template of this name has another content."""
    check, title, seen = "template-name", "Template name", case.facts.service_templates
    name = case.plan.template()["name"]
    if isinstance(seen, Unseen):
        yield Finding(check, title, Result.UNKNOWN, seen.reason, seen.hint)
        return
    named = [item for item in seen if item.name == name]
    ids = ", ".join(str(item.id) for item in named)
    if not named:
        yield Finding(check, title, Result.OK, f"no registered template is named {name!r}")
    elif case.resolved is None:
        found = f"registered as {ids}; whether with this content is not known"
        yield Finding(check, title, Result.UNKNOWN, found)
    elif same := [item.id for item in named if same_content(item.body, _as_sent(case.resolved, case.facts.version))]:
        yield Finding(check, title, Result.OK, f"registered as {same[0]} with this content; it is used again")
    else:
        todo = "Deploying registers one more of that name: change the name to tell them apart."
        found = f"{name!r} is registered as {ids}, with other content"
        yield Finding(check, title, Result.WARNING, found, todo)


def service_name(case: Case) -> Iterator[Finding]:
    """No service of this name is there."""
    check, title, seen, name = "service-name", "Service name", case.facts.services, case.plan.name
    if isinstance(seen, Unseen):
        yield Finding(check, title, Result.UNKNOWN, seen.reason, seen.hint)
        return
    named = [item for item in seen if item.name == name]
    if not named:
        yield Finding(check, title, Result.OK, f"no service is named {name!r}")
        return
    there = ", ".join(f"{item.id} ({item.state})" for item in named)
    todo = "Deploying makes one more: by name alone neither can be addressed any longer. Change the name."
    yield Finding(check, title, Result.WARNING, f"{name!r} is the name of service {there}", todo)


def _as_sent(plan: Plan, version: Seen[str]) -> Document:
    """The template as the OneFlow of that version gets it; empty where it can't be written, which other rules tell."""
    dialect = Dialect.of_version(None if isinstance(version, Unseen) else version)
    try:
        return dialect.written(plan.template())
    except TemplateTextError:
        return {}
