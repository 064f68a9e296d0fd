"""All that reaches into pyone: its transport, replaced by one with a time-out, one connection kept, and no proxies.

pyone itself has no time-out (its `timeout` sets the default of all sockets of the process, which its HTTP library
ignores), opens a connection a call, and sends `http://localhost` to a proxy named in the environment. It binds every
answer to generated classes, at ten times the cost of the XML alone; the answers about VMs come as the XML they are.
`tests/cloud/test_pyone_transport.py` holds what is taken for granted here against the pyone that is installed.
"""

from __future__ import annotations

import inspect
import re
import xmlrpc.client
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from xml.parsers import expat
from xml.parsers.expat import ExpatError

import pyone
from lxml import etree
from pyone.bindings.supbind import GDSParseError

from wizard.cloud import http_errors as wire
from wizard.cloud.http_client import HttpClient
from wizard.cloud.login import Login
from wizard.cloud.vm_xml import NoXml

_SERVER = "oned"
_PIECE = 1 << 16
"""Characters of a text that are handed on at once."""
LARGEST = 512 << 20
"""Bytes of an answer that are read: a pool of 10,000 VMs in full is 100 MB."""
_DOCTYPE = re.compile(r"\s*(?:<\?(?:(?!\?>).)*\?>\s*|<!--(?:(?!-->).)*-->\s*)*<!DOCTYPE", re.DOTALL | re.IGNORECASE)
_RAW = tuple(
    f"<methodName>one.{name}</methodName>".encode()
    for name in ("vmpool.info", "vmpool.infoset", "vm.info", "vm.monitoring", "document.info")
)
"""The calls whose XML comes as it is, as they stand in a request."""

UNREADABLE: tuple[type[Exception], ...] = (
    *(xmlrpc.client.Error, IndexError, TypeError, AttributeError, KeyError, ValueError, etree.XMLSyntaxError),
    GDSParseError,
)
"""What pyone raises where an answer is not what it expects of oned."""


def connected(login: Login, timeout: float) -> tuple[pyone.OneServer, Transport]:
    """pyone's server for a login, and the transport that it uses from now on. Nothing is sent yet."""
    session = f"{login.username}:{login.password.get_secret_value()}"
    # An exported ONEAPI_PROTOCOL=grpc would make pyone ignore that the endpoint is HTTP; before 7.2 it knew no other.
    known = inspect.signature(pyone.OneServer.__new__).parameters
    options: dict[str, Any] = {"protocol": "xmlrpc"} if "protocol" in known else {}
    server = pyone.OneServer(login.oned_url, session=session, **options)
    transport = Transport(login.oned_url, timeout, verify=login.verify)
    server("transport").request = transport.request
    return server, transport


class Transport(xmlrpc.client.Transport):
    """Sends one XML-RPC request after the other. `timeout` in seconds, for connecting and for each read."""

    def __init__(self, url: str, timeout: float, *, verify: bool) -> None:
        super().__init__()
        self._url = url
        self._http = HttpClient(_SERVER, url, timeout, LARGEST, verify=verify, headers={"Content-Type": "text/xml"})
        self._sink: Callable[[str], object] | None = None

    def close(self) -> None:
        """Close the connection."""
        self._http.close()
        super().close()

    @contextmanager
    def streaming(self, sink: Callable[[str], object]) -> Iterator[None]:
        """Meanwhile hand on the text of each answer piece by piece, as it comes; what is returned for it is empty.

        Ten megabytes would else stand three times in memory before anything of them is read.
        """
        self._sink = sink
        try:
            yield
        finally:
            self._sink = None

    def request(self, host: Any, handler: str, request_body: Any, verbose: bool = False) -> Any:  # noqa: ARG002
        """The three values of oned's answer.

        Where the XML is wanted as it is, it is given a leading line break, which makes pyone hand it on.
        """
        with self._http.exchange("POST", body=request_body) as answer:
            if 300 <= answer.status < 400:
                raise wire.redirected(_SERVER, self._url, answer.status, answer.location)
            if answer.status != 200:
                raise wire.garbled(_SERVER, self._url, f"HTTP {answer.status}")
            reply = self._read(answer.pieces)
        return _opaque(reply) if any(name in request_body for name in _RAW) else _values(reply)

    def _read(self, content: Iterable[bytes]) -> Any:
        unmarshaller = xmlrpc.client.Unmarshaller()
        unmarshaller.xml(None, None)  # type: ignore[arg-type]  # expat decodes
        parser = expat.ParserCreate()
        # As xmlrpc's own, but a text in one piece: it would be one at each `&lt;` of ten megabytes of XML.
        parser.buffer_text = True
        parser.buffer_size = _PIECE
        to = unmarshaller if self._sink is None else _Diverted(unmarshaller, self._sink)
        parser.StartElementHandler = to.start
        parser.EndElementHandler = to.end
        parser.CharacterDataHandler = to.data
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            for piece in content:
                parser.Parse(piece, False)
            parser.Parse(b"", True)
            return _checked(unmarshaller.close())
        except NoXml:
            raise
        except (ExpatError, xmlrpc.client.ResponseError, ValueError, TypeError, KeyError, IndexError):
            raise wire.garbled(_SERVER, self._url, "the answer is no XML-RPC") from None


class _Diverted:
    """Hands the text of the second value to a sink, where the first says that all is well; the rest is unmarshalled."""

    _DEPTH = len(["methodResponse", "params", "param", "value", "array", "data", "value", "string"])

    def __init__(self, unmarshaller: xmlrpc.client.Unmarshaller, sink: Callable[[str], object]) -> None:
        self._unmarshaller, self._sink = unmarshaller, sink
        self._path: list[str] = []
        self._is_well = self._diverts = self._has_diverted = False

    def start(self, tag: str, attributes: Any) -> None:
        """An element begins."""
        self._path.append(tag)
        if tag == "string" and len(self._path) == self._DEPTH and self._is_well and not self._has_diverted:
            self._diverts = self._has_diverted = True
        self._unmarshaller.start(tag, attributes)

    def data(self, text: str) -> None:
        """Text of the innermost element."""
        if self._diverts:
            self._sink(text)
            return
        if len(self._path) == self._DEPTH and self._path[-1] == "boolean":
            self._is_well = text.strip() == "1"
        self._unmarshaller.data(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        if len(self._path) == self._DEPTH:
            self._diverts = False
        self._unmarshaller.end(tag)
        del self._path[-1:]


def _refuse_doctype(*_: object) -> None:
    raise ValueError("a document type")


def _checked(reply: Any) -> Any:
    """The reply, unless a text in it begins as a document with entities of its own: oned declares none."""
    values = _values(reply)
    if isinstance(values, list) and any(isinstance(value, str) and _DOCTYPE.match(value) for value in values):
        raise ValueError("a document type")
    return reply


def _values(reply: Any) -> Any:
    return reply[0] if isinstance(reply, tuple) and len(reply) == 1 else reply


def _opaque(reply: Any) -> Any:
    values = _values(reply)
    if isinstance(values, list) and len(values) >= 2 and values[0] is True and isinstance(values[1], str):
        values = [True, f"\n{values[1]}", *(values[2:] or [0])]
    return values
