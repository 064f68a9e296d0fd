"""The steps from a plan to a service that runs, for the screens and the commands alike.

Each step either changes nothing or leaves something that the next attempt finds again: a template that is registered
already is used, never registered twice. Once the service is instantiated OneFlow does the rest; whoever watches may
die and come back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from wizard.cloud.errors import LOST, Ambiguous, CloudError
from wizard.core.plan import rules
from wizard.core.plan.dialect import Dialect
from wizard.core.plan.plan import Registration, same_content
from wizard.core.preflight.facts import CloudFacts, Unseen
from wizard.operations.prepare import InvalidPlan, Listings, Prepared

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.core.plan.plan import Plan
    from wizard.core.preflight.checks import Finding

DEFAULT_TIMEOUT = 20 * 60.0
"""Seconds. OneFlow has no deployment time-out of its own: it waits for ever."""

LOOKING_UP = "looking up VM templates and network"
"""The step before `send`; nothing was sent then that changes anything."""
LATE = 30.0
"""Seconds after a request within which its service may still appear, where nobody waited for the answer."""
_PAUSE = 1.0
INSTANTIATING = "instantiating"
"""How the step begins after which a service may exist."""
_SAME = "service template {} is registered already, with the same content"


@dataclass(frozen=True)
class Preflight:
    """The findings of a preflight, and the facts that they come from."""

    findings: tuple[Finding, ...]
    facts: CloudFacts

    @property
    def out_of_reach(self) -> Unseen | None:
        """The reason why one of the two servers answers nothing at all; None where both answer."""
        return self.facts.out_of_reach

    @property
    def listings(self) -> Listings:
        """The answers that a preparation need not ask for again."""
        facts = self.facts
        return Listings(
            None if isinstance(facts.version, Unseen) else facts.version,
            None if isinstance(facts.vm_templates, Unseen) else facts.vm_templates,
            None if isinstance(facts.networks, Unseen) else facts.networks,
            None if isinstance(facts.service_templates, Unseen) else facts.service_templates,
        )


class Record(Protocol):
    """Record of a deployment, for whoever goes on after a kill; `wizard.storage.process_files` writes it."""

    def earlier(self, asked: str) -> Earlier | None:
        """Progress of a program that was killed, with exactly these documents."""

    def asks(self, asked: str, known: set[int]) -> None:
        """Just before the service is asked for: which services there are."""

    def made(self, asked: str, service_id: int) -> None:
        """Note the service that came of it."""

    def forget(self, asked: str) -> None:
        """Forget it: what was begun earlier is taken up, or is no more."""

    def leave(self) -> None:
        """Keep it for the next attempt: nobody knows what came of the request."""


class Earlier(Protocol):
    """A deployment that was cut short: which services there were before it, and which one came of it."""

    @property
    def known(self) -> frozenset[int]:
        """The services that there were before."""

    @property
    def service_id(self) -> int | None:
        """The service that was made, None where its program never knew."""

    @property
    def age(self) -> float:
        """Seconds since it was asked for."""


def send(
    prepared: Prepared, cloud: Cloud, report: Callable[[str], None], record: Record | None = None
) -> ServiceSnapshot:
    """Register or update the service template where that is needed, and instantiate it. Returns the service.

    The bytes that go out are those of `prepared`. `report` is given a line before each step. With a `record` a
    deployment of the same documents that was cut short, or whose answer got lost, is gone on with, instead of a second
    one.
    Two things that were read for the preparation are read again, since nothing may be made twice: the registered
    templates right before one is registered, and the services right before one is made.
    Raises InvalidPlan before anything is sent, and CloudError when the cloud refuses or is out of reach; the error's
    subject says which step.
    """
    if rules.blocking(prepared.problems):
        raise InvalidPlan(prepared.problems)
    if prepared.dialect is Dialect.V6:
        report("writing for OneFlow 6.x")
    template_id = ensure_registered(prepared, cloud, report)
    request, name = f"{template_id}\n{prepared.merge_template}", prepared.plan.name
    services = cloud.services.list()
    if record is not None and (earlier := _begun_earlier(record, request, name, services, cloud, report)) is not None:
        report(f"going on with service {earlier.id}, which a run that was cut short had begun")
        record.made(request, earlier.id)
        return earlier
    known = {service.id for service in services}
    if record is not None:
        record.asks(request, known)
    report(f"{INSTANTIATING} service template {template_id}")
    try:
        try:
            service = cloud.templates.instantiate(template_id, prepared.merge_template)
        except LOST as error:
            service = _made_after_all(name, known, cloud, error)
            report(f"the answer was lost ({error.title}), but the service is there")
    except (*LOST, KeyboardInterrupt):
        if record is not None:
            record.leave()
        raise
    if record is not None:
        record.made(request, service.id)
    report(f"service {service.id} instantiated")
    return service


def ensure_registered(prepared: Prepared, cloud: Cloud, report: Callable[[str], None]) -> int:
    """The id of the registered template to instantiate: one that is there, updated where that was chosen, or new.

    Raises CloudError.
    """
    if prepared.updates and prepared.template_id is not None:
        report(f"updating service template {prepared.template_id}")
        cloud.templates.update(prepared.template_id, prepared.template)
    elif prepared.template_id is None:
        return _register(prepared, cloud, report)
    elif prepared.registration is Registration.AS_IS and not prepared.is_registered:
        report(f"using service template {prepared.template_id} as it is")
    else:
        report(_SAME.format(prepared.template_id))
    return prepared.template_id


def registered_as(template: str, cloud: Cloud) -> int | None:
    """The id of a registered template with exactly this content, given as its text; None where there is none."""
    document = json.loads(template)
    registered = (item for item in cloud.templates.list() if item.name == document["name"])
    return next((item.id for item in registered if same_content(item.body, document)), None)


def preflight(plan: Plan, cloud: Cloud) -> Preflight:
    """Hold a plan against the cloud. Nothing is sent that changes anything, and nothing is raised."""
    from wizard.core.preflight import checks
    from wizard.operations.appliance import guest

    facts = replace(cloud.facts(plan), guest_version=guest().version)
    return Preflight(checks.check(plan, facts), facts)


def _register(prepared: Prepared, cloud: Cloud, report: Callable[[str], None]) -> int:
    """Register once, unless somebody did meanwhile; where the answer got lost, look whether it happened."""
    if (number := registered_as(prepared.template, cloud)) is not None:
        report(_SAME.format(number))
        return number
    report(f"registering service template {prepared.name}")
    try:
        number = cloud.templates.register(prepared.template)
    except LOST as error:
        try:
            number = registered_as(prepared.template, cloud)
        except CloudError:
            number = None
        if number is None:
            hint = "Try again: a template that is there already is used, not registered twice."
            raise error.with_hint(hint) from error
        report(f"the answer was lost ({error.title}), but the template is there")
        return number
    report(f"service template {number} registered")
    return number


def _begun_earlier(
    record: Record,
    request: str,
    name: str,
    services: Sequence[ServiceSnapshot],
    cloud: Cloud,
    report: Callable[[str], None],
) -> ServiceSnapshot | None:
    """The service of an earlier run that was cut short, among the `services` or a moment later; None where there is
    none. Raises Ambiguous where it may be any of two."""
    earlier = record.earlier(request)
    if earlier is None:
        return None
    if earlier.service_id is not None:
        made = [service for service in services if service.id == earlier.service_id]
    else:
        made = _new(services, name, earlier.known)
        left = min(LATE, LATE - earlier.age)
        if not made and left > 0:
            report(f"looking for up to {left:.0f} s for the service that a run that was cut short had asked for")
        while not made and left > 0:
            time.sleep(_PAUSE)
            left -= _PAUSE
            made = _new(cloud.services.list(), name, earlier.known)
    if len(made) > 1:
        ids = ", ".join(str(service.id) for service in made)
        hint = f"Attach to the one that it was, of {ids}; or deploy once more with --anew."
        raise Ambiguous("a run that was cut short may have made any of several services", f"service {name!r}", "", hint)
    record.forget(request)
    return made[0] if made else None


def _made_after_all(name: str, known: set[int], cloud: Cloud, error: CloudError) -> ServiceSnapshot:
    """The service that was made although the answer got lost; the error where there is none, or more than one."""
    try:
        made = _new(cloud.services.list(), name, known)
    except CloudError:
        made = []
    if len(made) == 1:
        return made[0]
    hint = "OneFlow may have begun: look at `flowerneb-wizard status` before you deploy again."
    raise error.with_hint(hint) from error


def _new(services: Iterable[ServiceSnapshot], name: str, known: Collection[int]) -> list[ServiceSnapshot]:
    return [service for service in services if service.name == name and service.id not in known]
