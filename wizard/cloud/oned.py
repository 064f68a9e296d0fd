"""The calls to oned that we use, through pyone. Answers are XML texts, read by `vm_xml` and here."""

from __future__ import annotations

import inspect
import xmlrpc.client
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from lxml import etree

from wizard.cloud import pool_xml, wire
from wizard.cloud.errors import CloudError, CredentialsRefused, NotAuthorized, NotFound, Refused, ServerFault
from wizard.cloud.login import Login
from wizard.cloud.oned_transport import Transport
from wizard.cloud.pools import Network, VmTemplate
from wizard.cloud.vm_xml import PARSER_OPTIONS, vm_facts
from wizard.core.snapshot import VmFacts

_SERVER = "oned"
_ALL = -2
_EVERY_STATE = -2
_APPEND = 1
_NO_XML = "the answer is no XML"


class Oned:
    """A client for one oned. Every method raises a CloudError for whatever goes wrong. Not thread-safe."""

    def __init__(self, login: Login, timeout: float) -> None:
        # pyone costs as much to import as Textual does; nothing needs it before the first call.
        import pyone

        self._url = login.oned_url
        self._pyone = pyone
        self._transport = Transport(login.oned_url, timeout, verify=login.verify)
        session = f"{login.username}:{login.password.get_secret_value()}"
        # An exported ONEAPI_PROTOCOL=grpc would make pyone ignore that the endpoint is HTTP.
        known = inspect.signature(pyone.OneServer.__new__).parameters
        options: dict[str, Any] = {"protocol": "xmlrpc"} if "protocol" in known else {}
        self._server = pyone.OneServer(login.oned_url, session=session, **options)
        self._server("transport").request = self._transport.request

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def version(self) -> str:
        """oned's version, such as `7.5.80`."""
        return str(self._ask("system.version", "oned")).strip()

    def user(self) -> tuple[int, str]:
        """Our id and name."""
        element = self._element(self._ask("user.info", "our own user", -1))
        return int(element.findtext("ID") or -1), element.findtext("NAME") or ""

    def vm_templates(self) -> tuple[VmTemplate, ...]:
        """Every VM template that we may see, by id."""
        found = self._element(self._ask("templatepool.info", "VM templates", _ALL, -1, -1)).iterfind("VMTEMPLATE")
        return tuple(sorted(map(pool_xml.vm_template, found), key=lambda item: item.id))

    def networks(self) -> tuple[Network, ...]:
        """Every network that we may see, by id."""
        found = self._element(self._ask("vnpool.info", "networks", _ALL, -1, -1)).iterfind("VNET")
        return tuple(sorted(map(pool_xml.network, found), key=lambda item: item.id))

    def read(self, method: str, subject: str, *arguments: object) -> Any:
        """The XML element that a call answers; `subject` names in errors what was asked for."""
        return self._element(self._ask(method, subject, *arguments))

    def vms(self, ids: Iterable[int], *, extended: bool) -> tuple[VmFacts, ...]:
        """VMs by id in one call, finished ones too. Only the extended form has the user template and CONTEXT."""
        wanted = ",".join(str(vm_id) for vm_id in ids)
        if not wanted:
            return ()
        return self._vms("vmpool.infoset", wanted, extended, extended=extended)

    def vm(self, vm_id: int) -> VmFacts:
        """One VM in full, with all of its history records; the answers of pools have the last alone."""
        return vm_facts(self._element(self._ask("vm.info", f"VM {vm_id}", vm_id)), extended=True)

    def vms_from(self, first_id: int, last_id: int = -1) -> tuple[VmFacts, ...]:
        """Every VM with that id or a later one, up to the last, finished ones too, in short form."""
        return self._vms("vmpool.info", _ALL, first_id, last_id, _EVERY_STATE, extended=False)

    def act_on_vm(self, vm_id: int, action: str) -> None:
        """Do to a VM what `onevm` calls it: `poweroff`, `resume`, `terminate`, …"""
        self._ask("vm.action", f"VM {vm_id}", action, vm_id)

    def publish(self, vm_id: int, text: str) -> None:
        """Add to a VM's user template; `text` is in OpenNebula's template syntax."""
        self._ask("vm.update", f"VM {vm_id}", vm_id, text, _APPEND)

    def _vms(self, method: str, *arguments: object, extended: bool) -> tuple[VmFacts, ...]:
        """The VMs of a pool, each let go once it is read: a thousand in full are ten megabytes, and many times that as
        a tree."""
        text = str(self._ask(method, "VMs", *arguments))
        blanks = len(text) - len(text.lstrip())
        source = BytesIO(text.encode("utf-8"))
        del text
        source.seek(blanks)
        found = []
        try:
            for _, element in etree.iterparse(source, tag="VM", **PARSER_OPTIONS):
                pool = element.getparent()
                if pool is not None and pool.getparent() is None:
                    found.append(vm_facts(element, extended=extended))
                    element.clear()
                    while element.getprevious() is not None:
                        del pool[0]
        except (etree.XMLSyntaxError, ValueError):
            raise wire.garbled(_SERVER, self._url, _NO_XML) from None
        return tuple(found)

    def _element(self, text: object) -> Any:
        try:
            return etree.fromstring(str(text).strip().encode("utf-8"), etree.XMLParser(**PARSER_OPTIONS))
        except (etree.XMLSyntaxError, ValueError):
            raise wire.garbled(_SERVER, self._url, _NO_XML) from None

    def _ask(self, method: str, subject: str, *arguments: object) -> object:
        call = self._server
        for part in method.split("."):
            call = getattr(call, part)
        try:
            return call(*arguments)
        except CloudError:
            raise
        except self._pyone.OneException as error:
            raise self._explained(error, subject) from None
        except (xmlrpc.client.Error, IndexError, TypeError, AttributeError):
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
