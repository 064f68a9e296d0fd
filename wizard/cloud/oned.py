"""The calls to oned that we use, as pyone names them. VMs alone are read from the XML itself, by `vm_xml`: their pool
is asked every few seconds and may be ten megabytes, ten times as much work in pyone's classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from wizard.cloud import http_errors as wire
from wizard.cloud import objects
from wizard.cloud.errors import CloudError, CredentialsRefused, NotAuthorized, NotFound, ReadOnly, Refused, ServerFault
from wizard.cloud.login import Login
from wizard.cloud.vm_xml import NoXml, PoolReader, PoolStream, read_one, samples, vm_facts
from wizard.core.opennebula.load import Sample
from wizard.core.opennebula.snapshot import VmFacts
from wizard.core.preflight.facts import Host, Image, Member, Network, Pool, User, VmTemplate

Answer = TypeVar("Answer")

_SERVER = "oned"
_ALL = (-2, -1, -1)
"""Everybody's objects, from the first to the last."""
_EVERY_STATE = -2
_APPEND = 1


class Oned:
    """A client for one oned. Every method raises a CloudError for whatever goes wrong. Not thread-safe."""

    def __init__(self, login: Login, timeout: float) -> None:
        # pyone costs as much to import as Textual does; nothing needs it before the first call.
        import pyone

        from wizard.cloud import pyone_transport

        self._url = login.oned_url
        self._read_only_reason = login.read_only_reason
        self._pyone = pyone
        self._pool_reader = PoolReader()
        self._unreadable = pyone_transport.UNREADABLE
        self._one, self._transport = pyone_transport.connected(login, timeout)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def version(self) -> str:
        """oned's version, such as `7.5.80`."""
        return self._ask("oned", lambda one: str(one.system.version()).strip())

    def user(self) -> User:
        """The user that oned knows us as."""
        return self._ask("our own user", lambda one: objects.user(one.user.info(-1)))

    def group(self, group_id: int) -> Member:
        """A group."""
        return self._ask(f"group {group_id}", lambda one: objects.group(one.group.info(group_id)))

    def vm_templates(self, who: User | None = None) -> tuple[VmTemplate, ...]:
        """Every VM template that we may see, by id, as `who` may use it."""
        return self._pool(
            "VM templates", lambda one: one.templatepool.info(*_ALL).VMTEMPLATE, lambda x: objects.vm_template(x, who)
        )

    def images(self, who: User | None = None) -> tuple[Image, ...]:
        """Every image that we may see, by id, as `who` may use it."""
        return self._pool("images", lambda one: one.imagepool.info(*_ALL).IMAGE, lambda x: objects.image(x, who))

    def networks(self, who: User | None = None) -> tuple[Network, ...]:
        """Every network that we may see, by id, as `who` may use it."""
        return self._pool("networks", lambda one: one.vnpool.info(*_ALL).VNET, lambda x: objects.network(x, who))

    def hosts(self) -> tuple[Host, ...]:
        """Every host that we may see, by id."""
        return self._pool("hosts", lambda one: one.hostpool.info().HOST, objects.host)

    def touch(self, pool: Pool, number: int) -> None:
        """Ask for one object. Raises NotFound where there is none, NotAuthorized where it may not be used."""
        infos: dict[Pool, Callable[[Any], Any]] = {
            Pool.VM_TEMPLATE: lambda one: one.template.info(number),
            Pool.IMAGE: lambda one: one.image.info(number),
            Pool.NETWORK: lambda one: one.vn.info(number),
        }
        self._ask(f"{pool.value} {number}", infos[pool])

    def has_document(self, number: int) -> bool:
        """Whether there is a document with this id, ours or not: OneFlow keeps each service in one."""
        try:
            self._ask(f"document {number}", lambda one: str(one.document.info(number)))
        except NotFound:
            return False
        except NotAuthorized:
            return True
        return True

    def vms(self, ids: Iterable[int], *, extended: bool) -> tuple[VmFacts, ...]:
        """VMs by id in one call, finished ones too. Only the extended form has the user template and CONTEXT."""
        wanted = ",".join(str(vm_id) for vm_id in ids)
        if not wanted:
            return ()
        return self._vms(lambda one: one.vmpool.infoset(wanted, extended), extended=extended)

    def vm(self, vm_id: int) -> VmFacts:
        """One VM in full, with all of its history records; the answers of pools have the last alone."""
        text = str(self._ask(f"VM {vm_id}", lambda one: one.vm.info(vm_id)))
        try:
            return vm_facts(read_one(text), extended=True)
        except NoXml:
            raise self._no_xml() from None

    def monitoring(self, vm_id: int) -> tuple[Sample, ...]:
        """What was measured of a VM, oldest first; oned keeps a few hours of it."""
        text = str(self._ask(f"VM {vm_id}", lambda one: one.vm.monitoring(vm_id)))
        try:
            return samples(read_one(text))
        except NoXml:
            raise self._no_xml() from None

    def vms_from(self, first_id: int, last_id: int = -1) -> tuple[VmFacts, ...]:
        """Every VM with that id or a later one, up to the last, finished ones too, in short form."""
        everybody = _ALL[0]
        return self._vms(lambda one: one.vmpool.info(everybody, first_id, last_id, _EVERY_STATE), extended=False)

    def act_on_vm(self, vm_id: int, action: str) -> None:
        """Do to a VM what `onevm` calls it: `poweroff`, `resume`, `terminate`, …"""
        self._change(f"VM {vm_id}", lambda one: one.vm.action(action, vm_id))

    def allocate_vm_template(self, text: str) -> int:
        """Register a VM template, given in OpenNebula's syntax; its id."""
        return self._change("VM template", lambda one: int(one.template.allocate(text)))

    def update_vm_template(self, template_id: int, text: str) -> None:
        """Put attributes into a VM template, in the place of those of the same name; the others stay."""
        self._change(f"VM template {template_id}", lambda one: one.template.update(template_id, text, _APPEND))

    def delete_vm_template(self, template_id: int) -> None:
        """Delete a VM template; its images stay."""
        self._change(f"VM template {template_id}", lambda one: one.template.delete(template_id, False))

    def publish(self, vm_id: int, text: str) -> None:
        """Add to a VM's user template; `text` is in OpenNebula's template syntax."""
        self._change(f"VM {vm_id}", lambda one: one.vm.update(vm_id, text, _APPEND))

    def _pool(
        self, subject: str, info: Callable[[Any], Iterable[Any]], read: Callable[[Any], Answer]
    ) -> tuple[Answer, ...]:
        return self._ask(subject, lambda one: tuple(read(x) for x in sorted(info(one), key=lambda item: item.ID)))

    def _vms(self, call: Callable[[Any], Any], *, extended: bool) -> tuple[VmFacts, ...]:
        try:
            stream = PoolStream(extended=True) if extended else self._pool_reader.stream()
            with self._transport.streaming(stream.feed):
                stream.feed(str(self._ask("VMs", call)))
            return stream.end()
        except NoXml:
            raise self._no_xml() from None

    def _no_xml(self) -> CloudError:
        return wire.garbled(_SERVER, self._url, "the answer is no XML")

    def _change(self, subject: str, call: Callable[[Any], Answer]) -> Answer:
        """Do a call that changes something. Raises ReadOnly where nothing may be changed."""
        if self._read_only_reason:
            raise ReadOnly.because(self._read_only_reason, subject)
        return self._ask(subject, call)

    def _ask(self, subject: str, call: Callable[[Any], Answer]) -> Answer:
        """Do a call of pyone's; `subject` names in errors what was asked for."""
        try:
            return call(self._one)
        except CloudError:
            raise
        except self._pyone.OneException as error:
            raise self._explained(error, subject) from None
        except self._unreadable:
            raise wire.garbled(_SERVER, self._url, "the answer is not oned's") from None

    def _explained(self, error: Exception, subject: str) -> CloudError:
        words = wire.brief(str(error))
        known = self._pyone
        if isinstance(error, known.OneAuthenticationException):
            hint = "Check the user and password in ONE_AUTH, or ONEFLOW_USER and ONEFLOW_PASSWORD."
            return CredentialsRefused("user or password refused", f"oned at {self._url}", words, hint)
        if isinstance(error, known.OneAuthorizationException):
            return NotAuthorized("not permitted", subject, words, "Ask oneadmin for the right, or type ids.")
        if isinstance(error, known.OneNoExistsException):
            return NotFound("there is no such object", subject, words, "`onevm list` and its like show what is there.")
        if isinstance(error, (known.OneActionException, known.OneApiException)):
            return Refused("refused", subject, words, "Nothing was changed.")
        return ServerFault(
            "the server failed", subject, words, "oned failed by itself: its log is /var/log/one/oned.log."
        )
