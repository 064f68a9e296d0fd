"""HTTP/1.1 servers on loopback, with network faults on request and a log of the requests."""

from __future__ import annotations

import contextlib
import socket
import threading
import traceback
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Protocol, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

Kind = Literal["close", "silent", "slow", "error", "html", "half", "cut", "gateway"]
"""close: hang up without an answer. silent: no answer for `seconds` (0: until the sandbox stops), then hang up.
slow: answer after `seconds`. error: 500 with a JSON backtrace. html: a proxy's 502 page. half: half of the body.
cut: carry out the request, then hang up without an answer. gateway: carry it out, then a proxy's 504 as plain text."""


@dataclass
class Fault:
    """A planned fault: `times` it still applies, -1 for ever, after `skip` requests that it lets pass."""

    server: str
    kind: Kind
    match: str
    times: int
    seconds: float
    skip: int = 0
    lasting: bool = False


class Faults:
    """The faults that are planned for one sandbox."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._lock = threading.Lock()

    def plan(
        self,
        server: str,
        kind: Kind,
        *,
        match: str = "",
        times: int = 1,
        seconds: float = 0.0,
        skip: int = 0,
        lasting: bool = False,
    ) -> Fault:
        """Let the next `times` (-1: all) requests to `server` ("oneflow", "oned", "onegate") fail.

        Only requests whose call contains `match`, e.g. "POST /service", "one.vm.info"; the first `skip` of them pass.
        `seconds` is wall time. `lasting`: from then on the server hangs up on everything, as if it had died.
        """
        if kind not in get_args(Kind):
            raise ValueError(f"no such fault: {kind}")
        fault = Fault(server, kind, match, times, seconds, skip, lasting)
        with self._lock:
            self._planned.append(fault)
        return fault

    @property
    def planned(self) -> list[Fault]:
        """The faults that are not used up; `times` of each counts down."""
        with self._lock:
            return [fault for fault in self._planned if fault.times != 0]

    def clear(self) -> None:
        """Forget all planned faults."""
        with self._lock:
            self._planned.clear()

    def take(self, server: str, call: str) -> Fault | None:
        """The fault that applies to this request, if any; counts it as used once."""
        with self._lock:
            for fault in self._planned:
                if fault.server != server or fault.match not in call or fault.times == 0:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.lasting:
                    self._planned.append(Fault(server, "close", "", -1, 0.0))
                return fault
        return None


@dataclass(frozen=True)
class Request:
    """An HTTP request. Header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """An HTTP response; `content_type` None omits the header."""

    status: int
    body: bytes = b""
    content_type: str | None = "text/html;charset=utf-8"


@dataclass(frozen=True)
class LoggedRequest:
    """A line of the request log; never a header or a body, so never a secret."""

    server: str
    method: str
    path: str
    call: str
    """`METHOD /path`, or the name of an XML-RPC call."""
    status: int
    """0 when no answer was given."""


class App(Protocol):
    """A service behind one of the ports."""

    name: str

    def call(self, request: Request) -> str:
        """The name of the request in the log and in planned faults."""

    def respond(self, request: Request) -> Response:
        """The response to a request."""


@dataclass
class SharedState:
    """The faults, the log and the end that the servers of one sandbox share."""

    faults: Faults = field(default_factory=Faults)
    log: list[LoggedRequest] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    failures: list[str] = field(default_factory=list)
    """Tracebacks of what went wrong in the sandbox itself."""


class LoopbackServer(ThreadingHTTPServer):
    """One app on a free port of 127.0.0.1."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, app: App, shared: SharedState) -> None:
        self.app = app
        self.shared = shared
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)
        # `shutdown` takes one interval, and tests stop a hundred sandboxes.
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, name=f"sandbox-{app.name}", daemon=True
        )

    @property
    def url(self) -> str:
        """http://127.0.0.1:PORT"""
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and close every connection."""
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that `stop` can end it."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's
        """Print nothing: the terminal belongs to the program that runs the sandbox. A test looks at what failed."""
        if not self.shared.stopping.is_set():
            self.shared.failures.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the terminal belongs to the program that runs the sandbox."""

    def _answer(self) -> None:
        length = _length(self.headers.get("Content-Length"))
        if length is None:
            # What is not read is in the way of the next request.
            self.close_connection = True
            self._send(_TOO_LARGE, half=False)
            return
        target = urlsplit(self.path)
        request = Request(
            self.command,
            unquote(target.path),
            dict(parse_qsl(target.query, keep_blank_values=True)),
            {key.lower(): value for key, value in self.headers.items()},
            self.rfile.read(length),
        )
        app, shared = self.server.app, self.server.shared
        try:
            call = app.call(request)
            fault = shared.faults.take(app.name, call)
            response = self._respond(fault, request)
        except Exception:
            shared.failures.append(traceback.format_exc())
            call, fault, response = f"{self.command} {self.path}", None, _BACKTRACE
        status = 0 if response is None else response.status
        # Logged before it is sent: a client that has the answer finds the request in the log.
        shared.log.append(LoggedRequest(app.name, request.method, request.path, call, status))
        if response is None:
            self.close_connection = True
        else:
            self._send(response, half=fault is not None and fault.kind == "half")

    def _respond(self, fault: Fault | None, request: Request) -> Response | None:
        """The response under a fault; None is to hang up without one."""
        app, stopping = self.server.app, self.server.shared.stopping
        kind, seconds = (fault.kind, fault.seconds) if fault else ("", 0.0)
        if kind == "silent":
            stopping.wait(seconds or None)
        if kind in ("close", "silent"):
            return None
        if kind == "slow":
            stopping.wait(seconds)
        if kind in _PAGES:
            return _PAGES[kind]
        response = app.respond(request)
        if kind == "gateway":
            return _GATEWAY
        return None if kind == "cut" or stopping.is_set() else response

    def _send(self, response: Response, half: bool) -> None:
        lines = [
            f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('',))[0]}",
            f"Date: {self.date_time_string()}",
        ]
        if response.content_type is not None:
            lines.append(f"Content-Type: {response.content_type}")
        if response.status != 204:
            lines.append(f"Content-Length: {len(response.body)}")
        body = response.body
        if half:
            self.close_connection = True
            body = body[: len(body) // 2]
        if self.close_connection:
            lines.append("Connection: close")
        # Headers and body in one piece: Nagle's algorithm would delay the second of two small packets.
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _answer  # noqa: N815 - http.server's names


LARGEST = 16 << 20
"""Bytes of a request. A service template with every text in it is some kilobytes."""
_TOO_LARGE = Response(413, b"Request Entity Too Large", "text/plain")


def _length(header: str | None) -> int | None:
    """The length of a body; None where it is none, or more than is read."""
    text = (header or "0").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= LARGEST else None


_BACKTRACE = Response(
    500,
    b'{"message":"Internal server error","reason":"undefined method `each\' for nil:NilClass",'
    b'"backtrace":["/usr/lib/one/oneflow/lib/models/service.rb:417:in `block in info\'",'
    b'"/usr/share/one/gems/gems/sinatra-3.0.4/lib/sinatra/base.rb:1706:in `call\'"]}',
)
_PROXY_PAGE = Response(
    502,
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
    "text/html",
)
_GATEWAY = Response(504, b"upstream request timeout", "text/plain")
_PAGES = {"error": _BACKTRACE, "html": _PROXY_PAGE}
