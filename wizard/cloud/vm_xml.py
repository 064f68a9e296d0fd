"""VMs, and what was measured of them, out of oned's XML.

The pool is asked every few seconds and may be ten megabytes: of a VM about which oned says what it said before nothing
is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from sys import intern
from typing import Any

from lxml import etree

from wizard.core.opennebula.bounds import moment, number
from wizard.core.opennebula.load import Sample
from wizard.core.opennebula.snapshot import Run, VmFacts
from wizard.core.text import ip_address

PARSER_OPTIONS: dict[str, Any] = {"resolve_entities": False, "no_network": True, "huge_tree": True, "recover": False}


class NoXml(ValueError):
    """An answer of oned that is no XML."""


_OPEN, _BEGIN, _END, _CLOSE = b"<VM_POOL>", b"<VM>", b"</VM>", b"</VM_POOL>"
_DIGEST = 16
_LONGEST_VM = 1 << 20
"""Bytes of a VM in short form: beyond that it is none, and looking for its end in every piece would take for ever."""


class PoolReader:
    """Reads pools in their short form, and remembers of each VM what oned said until another pool is read."""

    def __init__(self) -> None:
        self.known: dict[bytes, VmFacts] = {}

    def stream(self) -> ShortPoolStream:
        """Reader of the next pool."""
        return ShortPoolStream(self)


class ShortPoolStream:
    """Reads a pool in short form that comes in pieces: it is cut at each end of a VM, and known VMs are not parsed.

    What is well-formed by itself, after others that are, ends where a VM does: no end that stands in somebody's text
    passes for one. From the first that is not, the pool is parsed as a whole.
    """

    def __init__(self, reader: PoolReader) -> None:
        self._reader = reader
        self._found: dict[bytes, VmFacts] = {}
        self._order: list[bytes] = []
        self._parser = etree.XMLParser(**PARSER_OPTIONS)
        self._rest = b""
        self._whole: PoolStream | None = None

    def feed(self, text: str) -> None:
        """Take the next piece. Raises NoXml."""
        if self._whole is not None:
            self._whole.feed(text)
            return
        *vms, self._rest = (self._rest + text.encode("utf-8")).split(_END)
        for index, vm in enumerate(vms):
            if not self._takes(vm.lstrip()):
                self._rest = _END.join([*vms[index:], self._rest])
                self._read_whole()
                return
        if len(self._rest) > _LONGEST_VM:
            self._read_whole()

    def end(self) -> tuple[VmFacts, ...]:
        """All that came, once no more comes. Raises NoXml."""
        if self._whole is None and self._rest.strip() != (_CLOSE if self._order else _OPEN + _CLOSE):
            self._read_whole()
        others = self._whole.end() if self._whole is not None else ()
        self._reader.known = self._found
        return (*map(self._found.__getitem__, self._order), *others)

    def _takes(self, vm: bytes) -> bool:
        """True if this is the element of one VM, up to its end tag."""
        if not self._order:
            if not vm.startswith(_OPEN):
                return False
            vm = vm.removeprefix(_OPEN).lstrip()
        # Of a VM its digest is kept, not its text: of ten thousand that would be fifteen megabytes.
        digest = blake2b(vm, digest_size=_DIGEST).digest()
        facts = self._reader.known.get(digest)
        if facts is None:
            try:
                facts = _one(vm + _END, self._parser)
            except (etree.XMLSyntaxError, ValueError):
                return False
        self._found[digest] = facts
        self._order.append(digest)
        return True

    def _read_whole(self) -> None:
        self._whole = PoolStream(extended=False)
        self._whole.feed(((_OPEN if self._order else b"") + self._rest).decode("utf-8"))
        self._rest = b""


def _one(text: bytes, parser: Any) -> VmFacts:
    if not text.startswith(_BEGIN):
        raise ValueError("no VM")
    vm = etree.fromstring(text, parser)
    return vm_facts(vm, extended=False)


class PoolStream:
    """Reads a pool that comes in pieces, and lets each VM go once it is read: a thousand in full are ten megabytes."""

    def __init__(self, *, extended: bool) -> None:
        self._extended = extended
        self._parser = etree.XMLPullParser(events=("end",), tag="VM", **PARSER_OPTIONS)
        self._vms: list[VmFacts] = []
        self._texts: dict[str, str] = {}
        self._began = False

    def feed(self, text: str) -> None:
        """Take the next piece. Raises NoXml."""
        piece = text if self._began else text.lstrip()
        if not piece:
            return
        self._began = True
        try:
            self._parser.feed(piece)
        except (etree.XMLSyntaxError, ValueError):
            raise NoXml("no XML") from None
        events: Iterator[tuple[str, Any]] = self._parser.read_events()
        for _, element in events:
            pool = element.getparent()
            if pool is not None and pool.getparent() is None:
                self._vms.append(vm_facts(element, extended=self._extended, texts=self._texts))
                element.clear()
                while element.getprevious() is not None:
                    del pool[0]

    def end(self) -> tuple[VmFacts, ...]:
        """All that came, once no more comes. Raises NoXml, also for a document with a type: oned declares none."""
        try:
            root = self._parser.close()
        except (etree.XMLSyntaxError, ValueError):
            raise NoXml("no XML") from None
        if root.getroottree().docinfo.internalDTD is not None:
            raise NoXml("a document type")
        return tuple(self._vms)


def read_one(text: str) -> Any:
    """The element of an answer about one object. Raises NoXml."""
    try:
        return etree.fromstring(text.strip().encode("utf-8"), etree.XMLParser(**PARSER_OPTIONS))
    except (etree.XMLSyntaxError, ValueError):
        raise NoXml("no XML") from None


def vm_facts(vm: Any, *, extended: bool, texts: dict[str, str] | None = None) -> VmFacts:
    """The facts in one VM element.

    The short form lacks the user template and the CONTEXT; `extended` says which form was asked for, since a VM may
    have neither. A text that another VM said too is taken from `texts`: the appliance is 46 kB in each CONTEXT.
    """
    own = _texts(vm)
    records = tuple(tuple(map(_texts(record).get, _RECORD)) for record in vm.iterfind("HISTORY_RECORDS/HISTORY"))
    nics = tuple(tuple(map(_texts(nic).get, _ADDRESSES)) for nic in vm.iterfind("TEMPLATE/NIC"))
    facts = _short_facts(tuple(map(own.get, _OWN)), records, nics)
    if not extended:
        return facts
    shared = {} if texts is None else texts
    context = _flat(vm.find("TEMPLATE/CONTEXT"), shared)
    return replace(facts, user_template=_flat(vm.find("USER_TEMPLATE"), shared), context=context)


Texts = tuple[str | None, ...]

_OWN = ("ID", "NAME", "STATE", "LCM_STATE", "STIME", "ETIME")
_RECORD = ("SEQ", "RSTIME", "RETIME", "ETIME", "ACTION", "HOSTNAME")
_ADDRESSES = ("IP", "IP6_GLOBAL", "IP6")


def _short_facts(own: Texts, records: tuple[Texts, ...], nics: tuple[Texts, ...]) -> VmFacts:
    number_, name, state, lcm_state, stime, etime = own
    runs = tuple(_run(record) for record in records)
    return VmFacts(
        id=number(number_),
        name=name or "",
        state=number(state),
        lcm_state=number(lcm_state),
        stime=_moment(stime),
        etime=_moment(etime),
        running_since=runs[-1].since if runs else 0,
        runs=runs,
        ips=tuple(address for nic in nics for text in nic if text and (address := ip_address(text))),
        host=runs[-1].host if runs else "",
    )


def _texts(element: Any) -> dict[Any, str | None]:
    """Texts of the children of an element, by tag."""
    return {child.tag: child.text for child in element}


def samples(root: Any) -> tuple[Sample, ...]:
    """The measurements in an answer about a VM's monitoring, oldest first; those without a time are left out."""
    found = [
        Sample(_moment(item.findtext("TIMESTAMP")), round(_decimal(item, "CPU")), number(item.findtext("MEMORY")))
        for item in root.iter("MONITORING")
    ]
    return tuple(sorted((item for item in found if item.at), key=lambda item: item.at))


def _decimal(element: Any, tag: str) -> float:
    try:
        value = float(element.findtext(tag) or "0")
    except ValueError:
        return 0.0
    return value if 0 <= value < _MOST_CPU else 0.0


_MOST_CPU = 1e6
"""Percent of a core; whatever is beyond was not measured."""


def _run(record: Texts) -> Run:
    seq, since, ended, left, action, host = record
    return Run(number(seq), _moment(since), number(action), _moment(ended) or _moment(left), host or "")


def _moment(text: str | None) -> int:
    return moment(number(text))


def _flat(element: Any, texts: dict[str, str]) -> Mapping[str, str]:
    if element is None:
        return {}
    found = ((child.tag, child.text or "") for child in element if isinstance(child.tag, str) and not len(child))
    return {intern(tag): texts.setdefault(text, text) for tag, text in found}
