"""oned's XML-RPC: the calls that the sandbox implements."""

from __future__ import annotations

import re
import xmlrpc.client
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

from wizard.sandbox.blueprint import User, VmTemplate
from wizard.sandbox.http import Request, Response
from wizard.sandbox.oned import objects, plain_xml, templates
from wizard.sandbox.oned.accounts import (
    AUTHENTICATION,
    INTERNAL,
    XML_RPC_API,
    OneError,
    may_use,
    no_such,
    not_authorized,
)
from wizard.sandbox.oned.vm import DONE, VirtualMachine, full_form, measurements, short_form
from wizard.sandbox.world import WorldState

# oned writes the contents of these, and these leaves, as CDATA; everything else as escaped text.
_CDATA_TREES = frozenset({"TEMPLATE", "USER_TEMPLATE", "MONITORING"})
_CDATA_LEAVES = frozenset({"VM_MAD", "TM_MAD", "IM_MAD"})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(tag: str, value: object, cdata: bool = False) -> str:
    """One element: a mapping has children, a list repeats its tag, anything else is text."""
    if isinstance(value, list):
        return "".join(element(tag, item, cdata) for item in value)
    cdata = cdata or tag in _CDATA_TREES
    if isinstance(value, Mapping):
        inner = "".join(element(key, item, cdata) for key, item in value.items())
        return f"<{tag}>{inner}</{tag}>" if inner else f"<{tag}/>"
    text = _NOT_XML.sub("", str(value))
    if cdata or tag in _CDATA_LEAVES:
        # A CDATA section cannot contain its own end.
        inner = "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    else:
        inner = escape(text)
    return f"<{tag}>{inner}</{tag}>"


_MINE, _ALL, _MINE_AND_GROUPS, _PRIMARY_GROUP = -3, -2, -1, -4

Call = Callable[..., "str | int"]


class Oned:
    """oned as an HTTP app at /RPC2."""

    name = "oned"

    def __init__(self, world: WorldState) -> None:
        self._world = world
        machines, catalogue = VmCalls(world), CatalogueCalls(world)
        # Each call with the number of parameters that it needs, and the number that it reads.
        self._calls: dict[str, tuple[Call, int, int]] = {
            "one.system.version": (lambda _: world.plan.version, 0, 0),
            "one.user.info": (catalogue.user, 1, 1),
            "one.group.info": (catalogue.group, 1, 1),
            "one.templatepool.info": (catalogue.templates, 3, 1),
            "one.template.info": (catalogue.template, 1, 1),
            "one.template.allocate": (catalogue.allocate_template, 1, 1),
            "one.template.update": (catalogue.update_template, 3, 3),
            "one.template.delete": (catalogue.delete_template, 1, 2),
            "one.vnpool.info": (catalogue.networks, 3, 1),
            "one.vn.info": (catalogue.network, 1, 1),
            "one.imagepool.info": (catalogue.images, 3, 1),
            "one.image.info": (catalogue.image, 1, 1),
            "one.hostpool.info": (catalogue.hosts, 0, 0),
            "one.documentpool.info": (catalogue.documents, 4, 4),
            "one.document.info": (catalogue.document, 1, 1),
            "one.vm.info": (machines.info, 1, 1),
            "one.vm.action": (machines.action, 2, 2),
            "one.vm.monitoring": (machines.monitoring, 1, 1),
            "one.vm.update": (machines.update, 3, 3),
            "one.vmpool.info": (machines.pool, 4, 5),
            "one.vmpool.infoextended": (machines.pool_extended, 4, 5),
            "one.vmpool.infoset": (machines.infoset, 2, 2),
        }

    def call(self, request: Request) -> str:
        """The name of the XML-RPC call."""
        return self._read(request)[1]

    def respond(self, request: Request) -> Response:
        """Perform the call; a refusal is an HTTP 200 too."""
        if request.method != "POST" or request.path != "/RPC2":
            return Response(404, b"<html><body>not found</body></html>", "text/html")
        params, name = self._read(request)
        result = self._result(name, params)
        return Response(200, _dumped(result), "text/xml; charset=utf-8")

    @staticmethod
    def _read(request: Request) -> tuple[tuple[Any, ...], str]:
        try:
            plain_xml.check(request.body)
            params, name = xmlrpc.client.loads(request.body)
        except (ExpatError, xmlrpc.client.Error, ValueError, TypeError, AttributeError, IndexError, KeyError):
            return (), ""
        return params, name or ""

    def _result(self, name: str, params: tuple[Any, ...]) -> list[str | int]:
        try:
            return [True, self._do(name, params), 0]
        except OneError as error:
            # The server ends each answer with the id of the object in question, -1 for none.
            return [False, f"[{name}] {error.message}", error.code, -1]

    def _do(self, name: str, params: tuple[Any, ...]) -> str | int:
        if name not in self._calls:
            raise OneError(XML_RPC_API, "This call is not part of the sandbox.")
        user = self._world.accounts.login(str(params[0])) if params else None
        if user is None:
            raise OneError(AUTHENTICATION, "User couldn't be authenticated, aborting call.")
        act, needed, used = self._calls[name]
        if len(params) - 1 < needed:
            raise OneError(XML_RPC_API, "Not enough parameters.")
        with self._world.lock:
            try:
                return act(user, *params[1 : used + 1])
            except (TypeError, ValueError, AttributeError, OverflowError):
                raise OneError(XML_RPC_API, "A parameter is of the wrong type.") from None


def _dumped(result: list[str | int]) -> bytes:
    return xmlrpc.client.dumps((result,), methodresponse=True, encoding="utf-8").encode()


def _pool(tag: str, child: str, items: list[dict[str, Any]]) -> str:
    return element(tag, {child: items})


class VmCalls:
    """Calls about VMs."""

    def __init__(self, world: WorldState) -> None:
        self._world = world

    def info(self, user: User, vid: int) -> str:
        """one.vm.info"""
        return element("VM", full_form(self._vm(user, vid, "USE"), self._world.seconds()))

    def monitoring(self, user: User, vid: int) -> str:
        """one.vm.monitoring: every measurement that is kept, oldest first."""
        vm = self._vm(user, vid, "USE")
        return element("MONITORING_DATA", {"MONITORING": measurements(vm, self._world.seconds())})

    def action(self, user: User, action: str, vid: int) -> int:
        """one.vm.action"""
        self._world.actions.act(self._vm(user, vid, "MANAGE"), action)
        return vid

    def update(self, user: User, vid: int, text: str, mode: int) -> int:
        """one.vm.update: mode 0 replaces the user template, 1 adds to it."""
        self._world.vms.update(self._vm(user, vid, "MANAGE"), text, templates.parse(text), mode == 0)
        return vid

    def pool(self, user: User, whose: int, start: int, end: int, state: int, query: str = "") -> str:
        """one.vmpool.info: the short form; state -1 is all but DONE, -2 all. -1, -1 is the whole range."""
        vms = self._range(user, whose, start, end, state, query)
        return _pool("VM_POOL", "VM", [short_form(vm) for vm in vms])

    def pool_extended(self, user: User, whose: int, start: int, end: int, state: int, query: str = "") -> str:
        """one.vmpool.infoextended: the full form."""
        now, vms = self._world.seconds(), self._range(user, whose, start, end, state, query)
        return _pool("VM_POOL", "VM", [full_form(vm, now, whole=False) for vm in vms])

    def infoset(self, user: User, ids: str, extended: bool) -> str:
        """one.vmpool.infoset: these VMs, finished ones included; VMs of other users are left out."""
        wanted = [int(text) for text in ids.split(",") if text.strip().isdigit()]
        vms = [self._world.vms[vid] for vid in sorted(set(wanted)) if vid < len(self._world.vms)]
        vms = [vm for vm in vms if may_use(user, vm.owner.uid, False)]
        now = self._world.seconds()
        return _pool("VM_POOL", "VM", [full_form(vm, now, whole=False) if extended else short_form(vm) for vm in vms])

    def _range(self, user: User, whose: int, start: int, end: int, state: int, query: str) -> list[VirtualMachine]:
        if query:
            raise OneError(INTERNAL, "JSON query search is not supported by the SQL backend")
        vms = [vm for vm in self._world.vms if may_use(user, vm.owner.uid, False)]
        if whose == _MINE or whose >= 0:
            uid = user.uid if whose == _MINE else whose
            vms = [vm for vm in vms if vm.owner.uid == uid]
        elif whose in (_MINE_AND_GROUPS, _PRIMARY_GROUP):
            vms = [vm for vm in vms if vm.owner.gid == user.gid]
        if state != -2:
            vms = [vm for vm in vms if (vm.state != DONE if state == -1 else vm.state == state)]
        if end < -1:
            return vms[max(start, 0) :][:-end]
        return [vm for vm in vms if vm.vid >= start and (end < 0 or vm.vid <= end)]

    def _vm(self, user: User, vid: int, verb: str) -> VirtualMachine:
        vm = self._world.vms[vid]
        if not may_use(user, vm.owner.uid, False):
            raise not_authorized(user.uid, verb, "VM", vid)
        return vm


class CatalogueCalls:
    """Calls about users, groups, templates, networks, images, hosts and documents."""

    def __init__(self, world: WorldState) -> None:
        self._world = world

    def user(self, user: User, uid: int) -> str:
        """one.user.info; -1 is the user of the call."""
        shown = user if uid in (-1, user.uid) else self._world.accounts.numbered(uid)
        if shown is None:
            raise no_such("user", uid)
        if shown.uid != user.uid and not user.admin:
            raise not_authorized(user.uid, "USE", "USER", uid)
        return element("USER", objects.user(self._world, shown))

    def group(self, user: User, gid: int) -> str:
        """one.group.info; -1 is the group of the user of the call."""
        names = {member.gid: member.group for member in self._world.accounts.everyone()}
        number = user.gid if gid == -1 else gid
        if number not in names:
            raise no_such("group", gid)
        if number != user.gid and not user.admin:
            raise not_authorized(user.uid, "USE", "GROUP", gid)
        return element("GROUP", objects.group(self._world, number, names[number]))

    def templates(self, user: User, whose: int) -> str:
        """one.templatepool.info"""
        items = [
            objects.vm_template(self._world, template)
            for template in self._world.vm_templates.values()
            if _listed(user, whose, template.owner, template.public)
        ]
        return _pool("VMTEMPLATE_POOL", "VMTEMPLATE", items)

    def template(self, user: User, tid: int) -> str:
        """one.template.info"""
        return element("VMTEMPLATE", objects.vm_template(self._world, self._world.vm_template(user, tid)))

    def allocate_template(self, user: User, text: str) -> int:
        """one.template.allocate: the name is in the text."""
        contents = templates.parse(text)
        name = contents.pop("NAME", "")
        if not isinstance(name, str) or not name:
            raise OneError(INTERNAL, "Cannot get NAME from template.")
        taken = next((t for t in self._world.vm_templates.values() if (t.name, t.owner) == (name, user.uid)), None)
        if taken is not None:
            raise OneError(INTERNAL, f"NAME is already taken by TEMPLATE {taken.tid}.")
        number = max(self._world.vm_templates, default=-1) + 1
        self._world.vm_templates[number] = VmTemplate(number, name, contents, user.uid, public=False)
        return number

    def update_template(self, user: User, tid: int, text: str, mode: int) -> int:
        """one.template.update: mode 0 replaces all of it, 1 the attributes that are given."""
        template = self._owned_template(user, tid)
        given = templates.parse(text)
        contents = given if mode == 0 else {**template.contents, **given}
        self._world.vm_templates[tid] = replace(template, contents=contents)
        return tid

    def delete_template(self, user: User, tid: int, _images: bool = False) -> int:
        """one.template.delete"""
        self._owned_template(user, tid)
        del self._world.vm_templates[tid]
        return tid

    def _owned_template(self, user: User, tid: int) -> VmTemplate:
        template = self._world.vm_template(user, tid)
        if not user.admin and template.owner != user.uid:
            raise not_authorized(user.uid, "MANAGE", "TEMPLATE", tid)
        return template

    def networks(self, user: User, whose: int) -> str:
        """one.vnpool.info"""
        items = [
            objects.network(self._world, network)
            for network in self._world.networks.all()
            if _listed(user, whose, network.plan.owner, network.plan.public)
        ]
        return _pool("VNET_POOL", "VNET", items)

    def network(self, user: User, nid: int) -> str:
        """one.vn.info"""
        network = self._world.networks.get(nid)
        if not may_use(user, network.plan.owner, network.plan.public):
            raise not_authorized(user.uid, "USE", "NET", nid)
        return element("VNET", objects.network(self._world, network))

    def images(self, user: User, whose: int) -> str:
        """one.imagepool.info"""
        items = [
            objects.image(self._world, image)
            for image in self._world.images.all()
            if _listed(user, whose, image.owner, image.public)
        ]
        return _pool("IMAGE_POOL", "IMAGE", items)

    def image(self, user: User, iid: int) -> str:
        """one.image.info"""
        image = self._world.images.get(iid)
        if not may_use(user, image.owner, image.public):
            raise not_authorized(user.uid, "USE", "IMAGE", iid)
        return element("IMAGE", objects.image(self._world, image))

    def hosts(self, user: User) -> str:
        """one.hostpool.info: hosts have no owner, so only administrators see them."""
        usage = self._world.vms.usage()
        hosts = self._world.plan.hosts if user.admin else ()
        return _pool("HOST_POOL", "HOST", [objects.host(self._world, host, usage[host.hid]) for host in hosts])

    def documents(self, user: User, whose: int, _start: int, _end: int, kind: int) -> str:
        """one.documentpool.info"""
        items = [
            document.shown(document.text)
            for document in self._world.documents.pool(user, kind)
            if _listed(user, whose, document.owner.uid, False)
        ]
        return _pool("DOCUMENT_POOL", "DOCUMENT", items)

    def document(self, user: User, did: int) -> str:
        """one.document.info: BODY is JSON as a text."""
        document = self._world.documents.get(user, did)
        return element("DOCUMENT", document.shown(document.text))


def _listed(user: User, whose: int, owner: int, public: bool) -> bool:
    if whose == _MINE:
        return owner == user.uid
    return may_use(user, owner, public)
