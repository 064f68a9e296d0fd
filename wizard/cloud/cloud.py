"""The few verbs that the rest of the program uses; which server answers which is nobody else's business."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from wizard.cloud.errors import CloudError, NotFound, Refused
from wizard.cloud.facts import Gathering
from wizard.cloud.finding import by_name, find, ids_of
from wizard.cloud.past import with_past
from wizard.cloud.pools import Connection, Poll, ServicesPoll, ServiceTemplate
from wizard.cloud.reading import joined, may_stay, newly_read, service_templates, services
from wizard.core import states
from wizard.core.document import DecodeError, decode_service
from wizard.core.plan import Plan, number_or_text
from wizard.core.preflight.facts import CloudFacts, CloudObject, Network, VmTemplate
from wizard.core.snapshot import ServiceSnapshot, VmFacts

if TYPE_CHECKING:
    from wizard.cloud.login import Login
    from wizard.cloud.oned import Oned

Answer = TypeVar("Answer")

READ_AT_ONCE = 500
"""VMs of many services that are read in full in one request: 6.2 kB each."""


class Cloud:
    """An OpenNebula. One call to each server at a time; every method blocks and raises CloudError.

    `timeout` in seconds for each request, `clock` gives Unix seconds and stamps the snapshots.
    """

    def __init__(self, login: Login, *, timeout: float = 10.0, clock: Callable[[], float] = time.time) -> None:
        self._login = login
        self._timeout = timeout
        self._clock = clock
        # The HTTP libraries cost as much to import as the screens: nobody pays who only edits or renders.
        from wizard.cloud.oneflow import OneFlow

        self._flow = OneFlow(login, timeout)
        self._oned: Oned | None = None
        self._flow_lock = threading.Lock()
        self._oned_lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        self._flow.close()
        if self._oned is not None:
            self._oned.close()

    @property
    def where(self) -> str:
        """Which cloud this is, and who we are to it, as a name for what is kept on disk."""
        return f"{self._login.username} at {self._login.oneflow_url}"

    @property
    def oned_url(self) -> str:
        """Where oned is."""
        return self._login.oned_url

    def connection(self) -> Connection:
        """Ask both servers who we are. What fails stands in the answer; nothing is raised."""
        login = self._login
        found = Connection(login.oneflow_url, login.oned_url, login.username)
        try:
            version, user = self._ask_oned(lambda oned: (oned.version(), oned.user()))
            found = replace(found, version=version, user_id=user.id, username=user.name or login.username)
        except CloudError as error:
            found = replace(found, oned_error=error)
        try:
            found = replace(found, services=self.services())
        except CloudError as error:
            found = replace(found, oneflow_error=error)
        return found

    def version(self) -> str:
        """OpenNebula's version, such as `7.5.80`."""
        return self._ask_oned(lambda oned: oned.version())

    def vm_templates(self) -> tuple[VmTemplate, ...]:
        """Every VM template that we may see, by id."""
        return self._ask_oned(lambda oned: oned.vm_templates())

    def networks(self) -> tuple[Network, ...]:
        """Every network that we may see, by id."""
        return self._ask_oned(lambda oned: oned.networks())

    def find_vm_template(self, reference: str) -> CloudObject:
        """A VM template by id or exact name. Raises NotFound (with the nearest name) or Ambiguous."""
        return find(reference, self.vm_templates, "VM template")

    def find_network(self, reference: str) -> CloudObject:
        """A network by id or exact name. Raises NotFound (with the nearest name) or Ambiguous."""
        return find(reference, self.networks, "network")

    def service_templates(self) -> tuple[ServiceTemplate, ...]:
        """Every registered service template that we may see, by id."""
        with self._flow_lock:
            return service_templates(self._flow.templates())

    def find_service_template(self, reference: str) -> ServiceTemplate:
        """A service template by id or exact name. Raises NotFound (with the nearest name) or Ambiguous."""
        by_id = {item.id: item for item in self.service_templates()}
        known = tuple(CloudObject(item.id, item.name, item.owner) for item in by_id.values())
        found = find(reference, lambda: known, "service template")
        if found.id not in by_id:
            raise NotFound(f"there is no service template {found.id}", "service template", "", ids_of(known))
        return by_id[found.id]

    def service_document(self, reference: str) -> Mapping[str, Any]:
        """The document of a service, given as id or exact name, as OneFlow prints it. Raises NotFound or Ambiguous."""
        service_id = number_or_text(reference)
        with self._flow_lock:
            if isinstance(service_id, int):
                document: Mapping[str, Any] = self._flow.service(service_id)
                return document
            documents = self._flow.services()
        by_id = {item.id: document for document in documents for item in services([document], 0.0)}
        return {"DOCUMENT": by_id[by_name(reference, services(documents, 0.0), "service").id]}

    def services(self) -> tuple[ServiceSnapshot, ...]:
        """Every service that we may see, by id, without what oned knows of its VMs."""
        with self._flow_lock:
            return services(self._flow.services(), self._clock())

    def poll_services(
        self, before: Iterable[ServiceSnapshot] = (), listed: Iterable[ServiceSnapshot] | None = None
    ) -> ServicesPoll:
        """The Flower services that we may see, with what oned knows of their VMs, in at most three requests.

        What was seen `before` is not asked again; `listed` is OneFlow's own list where it has just been asked for. Of
        very many VMs some are read in full with the next call. Where oned can't be asked, the facts known before stand.
        """
        listed = self.services() if listed is None else listed
        flower = tuple(service for service in listed if service.is_flower)
        known = {vm.id: vm for service in before for vm in service.facts}
        oned_error = None
        try:
            ids = sorted(vm_id for service in flower for vm_id in service.vm_ids)
            facts = self._facts(ids, known, most=READ_AT_ONCE)
        except CloudError as error:
            oned_error = error
            facts = tuple(known.values())
        by_id = {vm.id: vm for vm in facts}
        with_vms = tuple(
            service.with_vms([by_id[vm_id] for vm_id in service.vm_ids if vm_id in by_id]) for service in flower
        )
        return ServicesPoll(with_vms, oned_error)

    def find_service(self, reference: str) -> ServiceSnapshot:
        """A service by id or exact name, as OneFlow alone knows it, in one request. Raises NotFound or Ambiguous."""
        return replace(self._decoded(self.service_document(reference)), taken_at=self._clock())

    def register(self, text: str) -> int:
        """Register a service template, sent as it is given; its id comes back."""
        with self._flow_lock:
            return int(self._flow.register(text)["DOCUMENT"]["ID"])

    def update(self, template_id: int, text: str) -> None:
        """Write a registered service template anew, sent as it is given. Sending it twice changes nothing more."""
        with self._flow_lock:
            self._flow.update(template_id, text)

    def instantiate(self, template_id: int, text: str) -> ServiceSnapshot:
        """Make a service of a template and a merge template, sent as it is given."""
        with self._flow_lock:
            document = self._flow.instantiate(template_id, text)
        return replace(self._decoded(document), taken_at=self._clock())

    def facts(self, plan: Plan) -> CloudFacts:
        """What can be known before a deployment, each thing for itself; what fails is kept, and nothing is raised."""
        login = self._login
        return Gathering(plan, self._ask_oned, self.service_templates, self.services).facts(
            login.oneflow_url, login.oned_url, login.username
        )

    def look_up(self, reference: str, listed: Sequence[ServiceSnapshot] = ()) -> Poll:
        """A service by id or exact name, seen for the first time: one request to OneFlow, and oned as in `poll`.

        A name is looked for among those `listed`, where OneFlow has just been asked for its list. Raises NotFound or
        Ambiguous.
        """
        if listed and not isinstance(number_or_text(reference), int):
            return self._polled(lambda: by_name(reference, listed, "service"), None)
        return self._polled(lambda: self.find_service(reference), None)

    def poll(self, service_id: int, previous: ServiceSnapshot | None = None) -> Poll:
        """The service now, in at most three requests, whatever the number of its VMs.

        The document; one short `vmpool.infoset` for all VMs, listed or seen earlier; one extended for those whose
        READY can still change, the only one where that may be all of them, as on a first look. What `previous` knows
        already is not asked again; only where a past is missing, as when somebody attaches to an old service, `past`
        asks more, once. A document that is gone after it was seen gives `previous` with `gone` set; if it never was,
        NotFound is raised. When oned can't be asked the last known facts stand.
        """
        return self._polled(lambda: self.find_service(str(service_id)), previous)

    def _polled(self, ask: Callable[[], ServiceSnapshot], previous: ServiceSnapshot | None) -> Poll:
        begun, started = self._clock(), time.monotonic()
        try:
            snapshot = ask()
        except NotFound:
            if previous is None:
                raise
            return Poll(replace(previous, gone=True, taken_at=begun))
        known = {vm.id: vm for vm in previous.facts} if previous else {}
        oned_error = None
        try:
            snapshot = snapshot.with_vms(self._facts(sorted({*snapshot.vm_ids, *known}), known))
        except CloudError as error:
            oned_error = error
            snapshot = snapshot.with_vms(known.values())
        else:
            try:
                snapshot = with_past(snapshot, previous, self._ask_oned)
            except CloudError as error:
                oned_error = error
        return Poll(replace(snapshot, taken_at=begun, elapsed=time.monotonic() - started), oned_error)

    def scale(self, service_id: int, role: str, cardinality: int) -> None:
        """Ask for so many VMs of a role.

        Looks first: a scale to the present number is refused by OneFlow and takes the service out of its watchdog.
        """
        with self._flow_lock:
            found = self._decoded(self._flow.service(service_id)).role(role)
            if found is None:
                raise NotFound(f"it has no role {role}", f"service {service_id}", "", "Roles: superlink, supernode.")
            if found.cardinality == cardinality:
                raise Refused(f"{role} has {cardinality} VMs already", f"service {service_id}", "", "Nothing to do.")
            self._flow.scale(service_id, role, cardinality)

    def remove(self, service_id: int) -> states.Verb:
        """Remove a service with the verb that its state accepts, sent once; the verb comes back.

        WAIT: it is being removed already, and nothing was sent, since a second request would orphan VMs.
        """
        with self._flow_lock:
            verb = states.removal_verb(self._decoded(self._flow.service(service_id)).state)
            if verb is states.Verb.DELETE:
                self._flow.delete(service_id)
            elif verb is states.Verb.RECOVER_DELETE:
                self._flow.recover(service_id, delete=True)
        return verb

    def recover(self, service_id: int) -> None:
        """Ask OneFlow to try again what it was doing."""
        with self._flow_lock:
            self._flow.recover(service_id)

    def vm(self, vm_id: int) -> VmFacts:
        """One VM in full, with its whole history. Raises NotFound."""
        return self._ask_oned(lambda oned: oned.vm(vm_id))

    def act_on_vm(self, vm_id: int, action: str) -> None:
        """Do to a VM what `onevm` calls it: `poweroff`, `resume`, `terminate`. Raises Refused in a wrong state."""
        self._ask_oned(lambda oned: oned.act_on_vm(vm_id, action))

    def unready(self, vm_id: int) -> None:
        """Take back what a VM said about being READY, so that the next READY=YES is a new one."""
        self._ask_oned(lambda oned: oned.publish(vm_id, 'READY="NO"'))

    def left_behind(self, snapshot: ServiceSnapshot) -> tuple[VmFacts, ...]:
        """The VMs that still carry the id of a service and are not DONE: OneFlow is known to leave some."""
        known = [vm.id for vm in snapshot.facts] or [*snapshot.vm_ids]
        if not known:
            return ()
        later = self._ask_oned(lambda oned: oned.vms_from(min(known)))
        alive = [vm.id for vm in later if not vm.finished]
        carrying = self._ask_oned(lambda oned: oned.vms(alive, extended=True))
        wanted = str(snapshot.id)
        return tuple(vm for vm in carrying if (vm.user_template or {}).get("SERVICE_ID") == wanted)

    def _facts(self, ids: Sequence[int], known: dict[int, VmFacts], most: int | None = None) -> tuple[VmFacts, ...]:
        if not ids:
            return ()
        if (most is None or len(ids) <= most) and not any(may_stay(known.get(vm_id)) for vm_id in ids):
            full = self._ask_oned(lambda oned: oned.vms(ids, extended=True))
            return tuple(joined(vm, known.get(vm.id)) for vm in full)
        short = self._ask_oned(lambda oned: oned.vms(ids, extended=False))
        wanted = newly_read(short, known)[:most]
        full = self._ask_oned(lambda oned: oned.vms(wanted, extended=True)) if wanted else ()
        by_id = {vm.id: vm for vm in full}
        return tuple(joined(by_id.get(vm.id) or vm, known.get(vm.id)) for vm in short)

    def _ask_oned(self, call: Callable[[Oned], Answer]) -> Answer:
        with self._oned_lock:
            if self._oned is None:
                from wizard.cloud.oned import Oned

                self._oned = Oned(self._login, self._timeout)
            return call(self._oned)

    def _decoded(self, document: object) -> ServiceSnapshot:
        try:
            return decode_service(document)
        except DecodeError as error:
            hint = "Is the id that of a service, and not of a service template?"
            raise Refused("the document is no service", "OneFlow", str(error), hint) from None
