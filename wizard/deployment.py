"""The steps from a plan to a service that runs, for the screens and the commands alike.

Each step either changes nothing or leaves something that the next attempt finds again: a template that is registered
already is used, never registered twice. Once the service is instantiated OneFlow does the rest; whoever watches may
die and come back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from wizard.cloud.errors import LOST, Ambiguous, CloudError
from wizard.core import dialect as dialects
from wizard.core import rules
from wizard.core.contract import Meaning
from wizard.core.dialect import Dialect
from wizard.core.errors import WizardError
from wizard.core.plan import Plan, number_or_text, to_json
from wizard.core.problem import Kind, Problem
from wizard.registering import Registration, registered_as

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.preflight import Finding
    from wizard.core.preflight.facts import CloudObject, Unseen
    from wizard.core.snapshot import ServiceSnapshot

DEFAULT_TIMEOUT = 20 * 60.0
"""Seconds. OneFlow has no deployment time-out of its own: it waits for ever."""

LOOKING_UP = "looking up VM templates and network"
"""The first step that `start` tells; before the next one nothing was sent that changes anything."""
INSTANTIATING = "instantiating"
"""How the step begins after which a service may exist."""


class InvalidPlan(WizardError):
    """The plan has errors; nothing was sent. Its detail is the problems, one a line."""

    exit_status = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        title = "the settings have errors; nothing was sent"
        super().__init__(title, detail="\n".join(str(problem) for problem in problems))
        self.problems = problems

    def as_dict(self) -> dict[str, Any]:
        """The error for `--json`, with the problems that are more than a note."""
        grave = [problem for problem in self.problems if problem.kind is not Kind.NOTE]
        problems = [
            {"kind": item.kind.value, "field": item.field, "message": item.message, "rule": item.rule} for item in grave
        ]
        return {**super().as_dict(), "detail": "", "problems": problems}


class Outcome(str, Enum):
    """How a deployment ended."""

    RUNNING = "RUNNING"
    FAILED = "FAILED"
    GONE = "GONE"


@dataclass(frozen=True)
class Documents:
    """The two texts of a deployment, exactly as they are shown and sent."""

    template: str
    merge_template: str


@dataclass(frozen=True)
class Preflight:
    """What was found, and why one of the two servers tells nothing at all, if it does not."""

    findings: tuple[Finding, ...]
    out_of_reach: Unseen | None = None


class Record(Protocol):
    """What is kept of a deployment, for whoever goes on after a kill; `wizard.deployment_record` writes it."""

    def earlier(self, asked: str) -> Earlier | None:
        """What a program that was killed had begun with exactly these documents."""

    def asks(self, asked: str, known: set[int]) -> None:
        """Just before the service is asked for: which services there are."""

    def made(self, asked: str, service_id: int) -> None:
        """Which service came of it."""

    def forget(self, asked: str) -> None:
        """What was begun earlier is taken up, or is no more."""


class Earlier(Protocol):
    """A deployment that was cut short: which services there were before it, and which one came of it."""

    @property
    def known(self) -> frozenset[int]:
        """The services that there were before."""

    @property
    def service_id(self) -> int | None:
        """The service that was made, None where its program never knew."""


def documents(plan: Plan, dialect: Dialect = Dialect.V7) -> Documents:
    """The texts that follow from a plan, as the OneFlow of that dialect wants them."""
    template, merge_template = dialect.written(plan.template()), dialect.written(plan.merge_template())
    return Documents(to_json(template), to_json(merge_template))


def check(plan: Plan, dialect: Dialect = Dialect.V7) -> tuple[Problem, ...]:
    """All problems of a plan, those of the dialect in which it will be sent included; errors of the values first.

    Where its template is someone else's, how that is built is held against the rules as well.
    """
    found = (*dialects.check(plan, dialect), *rules.check(plan))
    if plan.contract.body is None:
        return found
    from wizard.core.structure import structural

    return (*found, *structural(plan.template(), plan.contract))


def checked(plan: Plan, dialect: Dialect = Dialect.V7) -> tuple[Problem, ...]:
    """The problems of a plan that may be sent in that dialect. Raises InvalidPlan where an error stands against it."""
    problems = check(plan, dialect)
    if rules.blocking(problems):
        raise InvalidPlan(problems)
    return problems


def names_in(plan: Plan) -> tuple[str, ...]:
    """The paths of the fields that name a VM template or the network, rather than give its id."""
    references = [item for item in plan.contract.fields if item.meaning in (Meaning.VM_TEMPLATE, Meaning.NETWORK)]
    texts = {item.path: plan.text(item.path).strip() for item in references}
    return tuple(path for path, text in texts.items() if text and not isinstance(number_or_text(text), int))


def resolved(plan: Plan, cloud: Cloud, *, unchosen: bool = True) -> Plan:
    """The plan with names of VM templates and network replaced by their ids, as the cloud knows them.

    With `unchosen` a VM template that was not chosen is looked for by the name in the contract; without, it stays
    unchosen. Raises CloudError (NotFound, Ambiguous) with the field to set.
    """
    texts: dict[str, str] = {}
    for role in plan.contract.roles:
        item = plan.contract.meaning(Meaning.VM_TEMPLATE, role.level)
        if item is not None and (unchosen or plan.text(item.path).strip()):
            wanted = plan.text(item.path).strip() or role.vm_template_name
            texts[item.path] = str(_found(cloud.pools.find_vm_template, wanted, item.path).id)
    for path in plan.contract.networks:
        if wanted := plan.text(path).strip():
            texts[path] = str(_found(cloud.pools.find_network, wanted, path).id)
    return plan.with_texts(texts)


def start(
    plan: Plan,
    cloud: Cloud,
    tell: Callable[[str], None],
    dialect: Dialect | None = None,
    registration: Registration = Registration.NEW,
    record: Record | None = None,
) -> ServiceSnapshot:
    """Check, resolve, register unless the same template is there already, and instantiate.

    `tell` is given a line before each step; `dialect` None is that of the cloud's version; `registration` says what
    becomes of a registered template that has this name and another content. With a `record` a deployment of the same
    documents that was cut short by a kill is gone on with, instead of a second one. Returns the service.
    Raises InvalidPlan before anything is sent, and CloudError when the cloud refuses or is out of reach; the error's
    subject says which step.
    """
    checked(plan, dialect or Dialect.V7)
    tell(LOOKING_UP)
    plan = resolved(plan, cloud)
    dialect = dialect or Dialect.of_version(cloud.version())
    checked(plan, dialect)
    if dialect is Dialect.V6:
        tell("writing for OneFlow 6.x")
    template_id, merge_template = registered_as(plan, cloud, dialect, registration, tell)
    asked = f"{template_id}\n{merge_template}"
    if record is not None and (before := _taken_up(record, asked, plan.name, cloud)) is not None:
        tell(f"going on with service {before.id}, which a run that was cut short had begun")
        record.made(asked, before.id)
        return before
    known = {service.id for service in cloud.services.list()}
    if record is not None:
        record.asks(asked, known)
    tell(f"{INSTANTIATING} service template {template_id}")
    try:
        service = cloud.templates.instantiate(template_id, merge_template)
    except LOST as error:
        service = _after_all(plan.name, known, cloud, error)
        tell(f"the answer was lost ({error.title}), but the service is there")
    if record is not None:
        record.made(asked, service.id)
    tell(f"service {service.id} instantiated")
    return service


def preflight(plan: Plan, cloud: Cloud) -> Preflight:
    """What can be known of the cloud before the plan is deployed. Nothing is sent that changes anything; no raising."""
    from wizard.core import preflight as preflights

    facts = cloud.facts(plan)
    return Preflight(preflights.check(plan, facts), facts.out_of_reach)


def outcome(snapshot: ServiceSnapshot) -> Outcome | None:
    """How the deployment ended, None while it goes on.

    A role that failed ends it too, although the service may say DEPLOYING for ever. RUNNING with a role that lost its
    VMs is a failure.
    """
    if snapshot.gone:
        return Outcome.GONE
    if snapshot.failed:
        return Outcome.FAILED
    if snapshot.running:
        return Outcome.RUNNING if snapshot.complete else Outcome.FAILED
    return None


def _taken_up(record: Record, asked: str, name: str, cloud: Cloud) -> ServiceSnapshot | None:
    """The service of an earlier run that was killed; None where there is none. Raises Ambiguous where it may be two."""
    earlier = record.earlier(asked)
    if earlier is None:
        return None
    there = cloud.services.list()
    if earlier.service_id is not None:
        made = [service for service in there if service.id == earlier.service_id]
    else:
        made = [service for service in there if service.name == name and service.id not in earlier.known]
    if len(made) > 1:
        ids = ", ".join(str(service.id) for service in made)
        hint = f"Attach to the one that it was, of {ids}; or deploy once more with --anew."
        raise Ambiguous("a run that was cut short may have made any of several services", f"service {name!r}", "", hint)
    record.forget(asked)
    return made[0] if made else None


def _after_all(name: str, known: set[int], cloud: Cloud, error: CloudError) -> ServiceSnapshot:
    """The service that was made although the answer got lost; the error where there is none, or more than one."""
    try:
        made = [service for service in cloud.services.list() if service.name == name and service.id not in known]
    except CloudError:
        made = []
    if len(made) == 1:
        return made[0]
    hint = "OneFlow may have begun: look at `flowerneb-wizard status` before you deploy again."
    raise error.with_hint(hint) from error


def _found(find: Callable[[str], CloudObject], reference: str, field: str) -> CloudObject:
    try:
        return find(reference)
    except CloudError as error:
        raise error.with_hint(f"Set {field} to the name or id of one that exists.") from error
