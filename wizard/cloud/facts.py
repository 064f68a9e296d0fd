"""Facts for a preflight, asked in few requests, each of which may fail by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from wizard.cloud.errors import CloudError, CredentialsRefused, NotAuthorized, NotFound, TimedOut, Unreachable
from wizard.core.opennebula.snapshot import ServiceSnapshot, VmFacts
from wizard.core.plan.contract import Meaning
from wizard.core.plan.plan import Plan, number_or_text
from wizard.core.preflight.case import Case
from wizard.core.preflight.facts import (
    Access,
    CloudFacts,
    Member,
    OneGate,
    Pool,
    Seen,
    Service,
    ServiceTemplate,
    Unseen,
    User,
    VmTemplate,
    Why,
)

if TYPE_CHECKING:
    from wizard.cloud.oned import Oned

Answer = TypeVar("Answer")

_LOOKED_AT = 3
"""VMs whose CONTEXT is read for OneGate's endpoint, and their Flower version: the newest ones."""


class Gathering:
    """One look at a cloud on behalf of a plan.

    A server that can't be reached, or that refused the credentials, is not asked again: its time-outs in a row would
    keep the operator waiting.
    """

    def __init__(
        self,
        plan: Plan,
        ask_oned: Callable[[Callable[[Oned], Any]], Any],
        service_templates: Callable[[], tuple[ServiceTemplate, ...]],
        services: Callable[[], tuple[ServiceSnapshot, ...]],
    ) -> None:
        self._plan = plan
        self._ask_oned = ask_oned
        self._service_templates = service_templates
        self._services = services
        self._lost: dict[str, Unseen] = {}
        self._access: dict[tuple[Pool, int], Access] = {}

    def facts(self, oneflow_url: str, oned_url: str, username: str) -> CloudFacts:
        """Ask for everything. Nothing is raised."""
        version = self._oned(lambda oned: oned.version())
        user = self._oned(lambda oned: oned.user())
        who = None if isinstance(user, Unseen) else user
        templates = self._oned(lambda oned: oned.vm_templates(who))
        images = self._oned(lambda oned: oned.images(who))
        networks = self._oned(lambda oned: oned.networks(who))
        hosts = self._oned(lambda oned: oned.hosts())
        found = self._guarded("OneFlow", self._services)
        services = found if isinstance(found, Unseen) else tuple(_service(item) for item in found)
        registered = self._guarded("OneFlow", self._service_templates)
        group = self._group(user)
        newest = self._newest(found)
        facts = CloudFacts(
            oneflow_url,
            oned_url,
            username,
            version,
            user,
            group,
            templates,
            images,
            networks,
            hosts,
            registered,
            services,
            newest if newest is None or isinstance(newest, Unseen) else _endpoint(newest),
            self._access,
            {} if isinstance(found, Unseen) or isinstance(newest, Unseen) else _versions(found, newest or ()),
        )
        self._probe(facts)
        return facts

    def _oned(self, call: Callable[[Oned], Answer]) -> Seen[Answer]:
        return self._guarded("oned", lambda: self._ask_oned(call))

    def _guarded(self, server: str, call: Callable[[], Answer]) -> Seen[Answer]:
        if server in self._lost:
            return self._lost[server]
        try:
            return call()
        except CloudError as error:
            unseen = _unseen(error)
            if isinstance(error, (Unreachable, TimedOut, CredentialsRefused)):
                self._lost[server] = unseen if unseen.why is Why.CREDENTIALS else _not_asked(server, error)
            return unseen

    def _group(self, user: Seen[User]) -> Seen[Member]:
        if isinstance(user, Unseen):
            return user
        number = user.group_id
        return self._oned(lambda oned: oned.group(number))

    def _newest(self, services: Seen[tuple[ServiceSnapshot, ...]]) -> Seen[tuple[VmFacts, ...]] | None:
        """The newest VMs of all services, None where there is none."""
        if isinstance(services, Unseen):
            return services
        newest = sorted(vm for service in services for vm in service.vm_ids)[-_LOOKED_AT:]
        if not newest:
            return None
        return self._oned(lambda oned: oned.vms(newest, extended=True))

    def _probe(self, facts: CloudFacts) -> None:
        """Ask for each id that is meant and not listed: does it not exist, or may it not be used?"""
        meant = {Meaning.VM_TEMPLATE: Pool.VM_TEMPLATE, Meaning.NETWORK: Pool.NETWORK}
        wanted: dict[tuple[Pool, int], None] = {}
        for item in self._plan.contract.fields:
            number = number_or_text(self._plan.text(item.path))
            if item.meaning in meant and isinstance(number, int):
                wanted[meant[item.meaning], number] = None
        for template in Case(self._plan, facts).templates.values():
            if isinstance(template, VmTemplate):
                wanted |= {(Pool.IMAGE, image.id): None for image in template.images if image.id is not None}
                wanted |= {(Pool.NETWORK, nic.id): None for nic in template.nics if nic.id is not None}
        listed = {Pool.VM_TEMPLATE: facts.vm_templates, Pool.IMAGE: facts.images, Pool.NETWORK: facts.networks}
        for pool, number in wanted:
            seen = listed[pool]
            if not isinstance(seen, Unseen) and number not in {item.id for item in seen}:
                self._ask_for(pool, number)

    def _ask_for(self, pool: Pool, number: int) -> None:
        answer = self._oned(lambda oned: oned.touch(pool, number))
        if isinstance(answer, Unseen):
            if isinstance(answer.cause, NotAuthorized):
                self._access[pool, number] = Access.DENIED
            elif isinstance(answer.cause, NotFound):
                self._access[pool, number] = Access.ABSENT


def _unseen(error: CloudError) -> Unseen:
    why = Why.FAILED
    if isinstance(error, CredentialsRefused):
        why = Why.CREDENTIALS
    elif isinstance(error, NotAuthorized):
        why = Why.NOT_PERMITTED
    head = f"{error.subject}: {error.title}" if error.subject else error.title
    return Unseen(why, f"{head} ({error.detail})" if error.detail else head, error.hint, error)


def _not_asked(server: str, error: CloudError) -> Unseen:
    return Unseen(Why.FAILED, f"not asked: {server} does not answer", cause=error)


def _service(item: ServiceSnapshot) -> Service:
    return Service(item.id, item.name, item.state_name, tuple(item.vm_ids))


def _endpoint(vms: Iterable[VmFacts]) -> OneGate | None:
    """The endpoint of the newest VM that has a token."""
    found = None
    for vm in vms:
        context = vm.context or {}
        if context.get("TOKEN", "").upper() == "YES" and not vm.finished:
            found = OneGate(vm.id, context.get("ONEGATE_ENDPOINT", ""))
    return found


def _versions(services: Iterable[ServiceSnapshot], vms: Iterable[VmFacts]) -> dict[int, str]:
    """FL_VERSION that the newest READY guest of a VM template published, by the template's id."""
    made_of = {node.vm_id: role.template_id for item in services for role in item.roles for node in role.nodes}
    found: dict[int, str] = {}
    for vm in vms:
        template, version = made_of.get(vm.id), (vm.user_template or {}).get("FL_VERSION", "")
        if template is not None and vm.is_ready and version:
            found[template] = version
    return found
