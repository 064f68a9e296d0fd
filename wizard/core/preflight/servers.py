"""Checks of who we are, whether both servers answer, and whether guests will find OneGate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from wizard.core.opennebula.template_text import TemplateTextError
from wizard.core.plan.dialect import Dialect
from wizard.core.plan.plan import Document, Plan, same_content
from wizard.core.preflight.case import Case, Finding, Result
from wizard.core.preflight.facts import Seen, Unseen, User, Why

_OLDEST = 6
_LOOPBACK = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0)\Z")


def credentials(case: Case) -> Iterator[Finding]:
    """Both servers take the user and password."""
    facts = case.facts
    for server, seen in (("oned", facts.user), ("OneFlow", facts.services)):
        if isinstance(seen, Unseen) and seen.why is Why.CREDENTIALS:
            yield Finding("credentials", "Credentials", Result.ERROR, f"{server}: {seen.reason}", seen.hint)
            return
    if isinstance(facts.user, Unseen):
        yield Finding("credentials", "Credentials", Result.UNKNOWN, facts.user.reason, facts.user.hint)
    else:
        found = f"user {facts.user.name} ({facts.user.id}), group {facts.user.group}"
        yield Finding("credentials", "Credentials", Result.OK, found)


def oned(case: Case) -> Iterator[Finding]:
    """oned answers, in a version that the wizard knows."""
    version, url = case.facts.version, case.facts.oned_url
    if isinstance(version, Unseen):
        answers = version.why is not Why.FAILED or isinstance(case.facts.user, User)
        result = Result.UNKNOWN if answers else Result.ERROR
        found = f"its version is not known: {version.reason}" if answers else version.reason
        yield Finding("oned", "oned", result, found, version.hint)
        return
    major = re.match(r"\d+", version)
    if major is None or int(major[0]) < _OLDEST:
        todo = f"The wizard supports OpenNebula {_OLDEST} and later. Check the documents before you deploy."
        yield Finding("oned", "oned", Result.WARNING, f"version {version} at {url}", todo)
    else:
        yield Finding("oned", "oned", Result.OK, f"version {version} at {url}")


def oneflow(case: Case) -> Iterator[Finding]:
    """OneFlow answers. It has no call for its version; it is released with oned."""
    seen, url = case.facts.services, case.facts.oneflow_url
    if isinstance(seen, Unseen):
        answers = seen.why is not Why.FAILED or not isinstance(case.facts.service_templates, Unseen)
        yield Finding("oneflow", "OneFlow", Result.UNKNOWN if answers else Result.ERROR, seen.reason, seen.hint)
        return
    version = case.facts.version
    released = "" if isinstance(version, Unseen) else f", released with oned {version}"
    yield Finding("oneflow", "OneFlow", Result.OK, f"answers at {url}{released}")


def onegate(case: Case) -> Iterator[Finding]:
    """Guests get a token and the address of OneGate: without both none ever reports READY."""
    user, seen = case.facts.user, case.facts.onegate
    title = "OneGate"
    if isinstance(user, User) and not user.token_password:
        todo = f"oneadmin sets one with `oneuser update {user.id}`; without it a VM gets no OneGate token."
        found = f"user {user.name} has no TOKEN_PASSWORD"
        yield Finding("onegate", title, Result.WARNING, found, todo)
        return
    if isinstance(seen, Unseen):
        yield Finding("onegate", title, Result.UNKNOWN, seen.reason, seen.hint)
    elif seen is None:
        found = "no running service VM shows the endpoint"
        todo = "If VMs never report READY, check ONEGATE_ENDPOINT in /etc/one/oned.conf."
        yield Finding("onegate", title, Result.UNKNOWN, found, todo)
    elif not seen.endpoint:
        todo = "oneadmin sets ONEGATE_ENDPOINT in /etc/one/oned.conf and restarts oned."
        found = f"VM {seen.vm_id} has TOKEN=YES and no ONEGATE_ENDPOINT"
        yield Finding("onegate", title, Result.ERROR, found, todo)
    elif _LOOPBACK.match(_host(seen.endpoint)):
        found = f"VM {seen.vm_id} was given {seen.endpoint}, which inside a VM is the VM itself"
        todo = "oneadmin sets ONEGATE_ENDPOINT in /etc/one/oned.conf to an address that VMs reach."
        yield Finding("onegate", title, Result.WARNING, found, todo)
    else:
        yield Finding("onegate", title, Result.OK, f"VM {seen.vm_id} was given {seen.endpoint}")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


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
        yield Finding(check, title, Result.OK, f"identical to registered template {same[0]}; it will be reused")
    else:
        todo = "Change the name, or choose on the Diff tab what to do with it."
        found = f"{name!r} is already registered as {ids}, with different content"
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
    todo = "Change the name: with two services of one name, commands need the id."
    yield Finding(check, title, Result.WARNING, f"{name!r} is the name of service {there}", todo)


def _as_sent(plan: Plan, version: Seen[str]) -> Document:
    """The template as the OneFlow of that version gets it; empty where it can't be written, which other rules tell."""
    dialect = Dialect.of_version(None if isinstance(version, Unseen) else version)
    try:
        return dialect.template(plan)
    except TemplateTextError:
        return {}
