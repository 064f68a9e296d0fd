"""The services of a cloud: what OneFlow says of them, joined with what oned knows of their VMs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wizard.cloud.answers import Poll, ServicesPoll
from wizard.cloud.errors import CloudError, NotFound, Refused
from wizard.cloud.lookup import by_name
from wizard.cloud.past import with_past
from wizard.cloud.reading import service, services
from wizard.cloud.servers import Servers
from wizard.cloud.vms import Vms
from wizard.core.opennebula import states
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.plan import number_or_text

if TYPE_CHECKING:
    from wizard.cloud.oneflow import OneFlow

READ_AT_ONCE = 500
"""VMs of many services that are read in full in one request: 6.2 kB each."""


class Services:
    """The services of a cloud. Every method blocks and raises CloudError. `clock` gives Unix seconds."""

    def __init__(self, servers: Servers, vms: Vms, clock: Callable[[], float]) -> None:
        self._servers = servers
        self._vms = vms
        self._clock = clock

    def list(self) -> tuple[ServiceSnapshot, ...]:
        """Every service that we may see, by id, without what oned knows of its VMs."""
        return services(self._servers.ask_oneflow(lambda flow: flow.services()), self._clock())

    def document(self, reference: str) -> Mapping[str, Any]:
        """The document of a service, given as id or exact name, as OneFlow prints it. Raises NotFound or Ambiguous."""
        service_id = number_or_text(reference)
        if isinstance(service_id, int):
            document: Mapping[str, Any] = self._servers.ask_oneflow(lambda flow: flow.service(service_id))
            return document
        documents = self._servers.ask_oneflow(lambda flow: flow.services())
        by_id = {item.id: document for document in documents for item in services([document], 0.0)}
        return {"DOCUMENT": by_id[by_name(reference, services(documents, 0.0), "service").id]}

    def find(self, reference: str) -> ServiceSnapshot:
        """A service by id or exact name, as OneFlow alone knows it, in one request. Raises NotFound or Ambiguous."""
        return replace(service(self.document(reference)), taken_at=self._clock())

    def poll_all(
        self, before: Iterable[ServiceSnapshot] = (), listed: Iterable[ServiceSnapshot] | None = None
    ) -> ServicesPoll:
        """The Flower services that we may see, with what oned knows of their VMs, in at most three requests.

        What was seen `before` is not asked again; `listed` is OneFlow's own list where it has just been asked for. Of
        very many VMs some are read in full with the next call. Where oned can't be asked, the facts known before stand.
        """
        listed = self.list() if listed is None else listed
        flower = tuple(one for one in listed if one.is_flower)
        known = {vm.id: vm for one in before for vm in one.facts}
        oned_error = None
        try:
            ids = sorted(vm_id for one in flower for vm_id in one.vm_ids)
            facts = self._vms.read(ids, known, most=READ_AT_ONCE)
        except CloudError as error:
            oned_error = error
            facts = tuple(known.values())
        by_id = {vm.id: vm for vm in facts}
        with_vms = tuple(one.with_vms([by_id[vm_id] for vm_id in one.vm_ids if vm_id in by_id]) for one in flower)
        return ServicesPoll(with_vms, oned_error)

    def look_up(self, reference: str, listed: Sequence[ServiceSnapshot] = ()) -> Poll:
        """A service by id or exact name, seen for the first time: one request to OneFlow, and oned as in `poll`.

        A name is looked for among those `listed`, where OneFlow has just been asked for its list. Raises NotFound or
        Ambiguous.
        """
        if listed and not isinstance(number_or_text(reference), int):
            return self._polled(lambda: by_name(reference, listed, "service"), None)
        return self._polled(lambda: self.find(reference), None)

    def poll(self, service_id: int, previous: ServiceSnapshot | None = None) -> Poll:
        """The service now, in at most three requests, whatever the number of its VMs.

        The document; one short `vmpool.infoset` for all VMs, listed or seen earlier; one extended for those whose
        READY can still change, the only one where that may be all of them, as on a first look. What `previous` knows
        already is not asked again; only where a past is missing, as when somebody attaches to an old service, `past`
        asks more, once. A document that is gone after it was seen gives `previous` with `gone` set; if it never was,
        NotFound is raised. When oned can't be asked the last known facts stand.
        """
        return self._polled(lambda: self.find(str(service_id)), previous)

    def scale(self, service_id: int, role: str, cardinality: int) -> None:
        """Ask for so many VMs of a role.

        Looks first: a scale to the present number is refused by OneFlow and takes the service out of its watchdog.
        """

        def ask(flow: OneFlow) -> None:
            present = service(flow.service(service_id)).role(role)
            if present is None:
                raise NotFound(f"it has no role {role}", f"service {service_id}", "", "Roles: superlink, supernode.")
            if present.cardinality == cardinality:
                raise Refused(f"{role} has {cardinality} VMs already", f"service {service_id}", "", "Nothing to do.")
            flow.scale(service_id, role, cardinality)

        self._servers.ask_oneflow(ask)

    def remove(self, service_id: int) -> states.Verb:
        """Remove a service with the verb that its state accepts, sent once; the verb comes back.

        WAIT: it is being removed already, and nothing was sent, since a second request would orphan VMs.
        """

        def ask(flow: OneFlow) -> states.Verb:
            verb = states.removal_verb(service(flow.service(service_id)).state)
            if verb is states.Verb.DELETE:
                flow.delete(service_id)
            elif verb is states.Verb.RECOVER_DELETE:
                flow.recover(service_id, delete=True)
            return verb

        return self._servers.ask_oneflow(ask)

    def recover(self, service_id: int) -> None:
        """Ask OneFlow to try again what it was doing."""
        self._servers.ask_oneflow(lambda flow: flow.recover(service_id))

    def _polled(self, ask: Callable[[], ServiceSnapshot], previous: ServiceSnapshot | None) -> Poll:
        begun, started = self._clock(), time.monotonic()
        try:
            snapshot = ask()
        except NotFound:
            if previous is None:
                raise
            return Poll(replace(previous, gone=True, taken_at=begun))
        known = {vm.id: vm for vm in previous.facts} if previous else {}
        oned_error, facts_at = None, begun
        try:
            snapshot = snapshot.with_vms(self._vms.read(sorted({*snapshot.vm_ids, *known}), known))
        except CloudError as error:
            oned_error = error
            snapshot = snapshot.with_vms(known.values())
            facts_at = (previous.facts_at or previous.taken_at) if previous else 0.0
        else:
            try:
                snapshot = with_past(snapshot, previous, self._servers.ask_oned)
            except CloudError as error:
                oned_error = error
        taken = replace(snapshot, taken_at=begun, facts_at=facts_at, elapsed=time.monotonic() - started)
        return Poll(taken, oned_error)
