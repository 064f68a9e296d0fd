"""Registered service templates, and what oned has for one to name: VM templates and networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wizard.cloud.errors import Garbled, Refused
from wizard.cloud.lookup import by_reference
from wizard.cloud.reading import service, service_templates
from wizard.cloud.servers import Servers
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.preflight.facts import Image, Network, ServiceTemplate, VmTemplate


class Templates:
    """The service templates of a cloud. Every method blocks and raises CloudError."""

    def __init__(self, servers: Servers, clock: Callable[[], float]) -> None:
        self._servers = servers
        self._clock = clock

    def list(self) -> tuple[ServiceTemplate, ...]:
        """Every registered service template that we may see, by id."""
        return service_templates(self._servers.ask_oneflow(lambda flow: flow.templates()))

    def find(self, reference: str) -> ServiceTemplate:
        """A service template by id or exact name. Raises NotFound (with the nearest name) or Ambiguous."""
        return by_reference(reference, self.list(), "service template")

    def register(self, text: str) -> int:
        """Register a service template, sent as it is given; its id comes back."""
        return self._servers.ask_oneflow(lambda flow: int(flow.register(text)["DOCUMENT"]["ID"]))

    def update(self, template_id: int, text: str) -> None:
        """Write a registered service template anew, sent as it is given. Sending it twice changes nothing more."""
        self._servers.ask_oneflow(lambda flow: flow.update(template_id, text))

    def instantiate(self, template_id: int, text: str) -> ServiceSnapshot:
        """Make a service of a template and a merge template, sent as it is given."""
        document = self._servers.ask_oneflow(lambda flow: flow.instantiate(template_id, text))
        try:
            return replace(service(document), taken_at=self._clock())
        except Refused as error:
            # It was done: what can't be read is the answer, which is as good as lost.
            raise Garbled("the answer is no service", f"service template {template_id}", error.detail) from None


class Pools:
    """The VM templates, images and networks of a cloud. Every method blocks and raises CloudError."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    def vm_templates(self) -> tuple[VmTemplate, ...]:
        """Every VM template that we may see, by id."""
        return self._servers.ask_oned(lambda oned: oned.vm_templates())

    def images(self) -> tuple[Image, ...]:
        """Every image that we may see, by id."""
        return self._servers.ask_oned(lambda oned: oned.images())

    def register_vm_template(self, text: str) -> int:
        """Register a VM template, given in OpenNebula's syntax; its id."""
        return self._servers.ask_oned(lambda oned: oned.allocate_vm_template(text))

    def update_vm_template(self, template_id: int, text: str) -> None:
        """Put attributes into a VM template, in the place of those of the same name; the others stay."""
        self._servers.ask_oned(lambda oned: oned.update_vm_template(template_id, text))

    def delete_vm_template(self, template_id: int) -> None:
        """Delete a VM template; its images stay."""
        self._servers.ask_oned(lambda oned: oned.delete_vm_template(template_id))

    def networks(self) -> tuple[Network, ...]:
        """Every network that we may see, by id."""
        return self._servers.ask_oned(lambda oned: oned.networks())
