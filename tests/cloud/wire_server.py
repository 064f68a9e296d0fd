"""A listener on loopback that answers with the very bytes that a test gives it, and a login that points there."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import SecretStr

from wizard.cloud.login import Login

USER = "alice"
PASSWORD = "s3cr3t:with:colons"


@dataclass(frozen=True)
class Heard:
    """A request as it came. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answering = Callable[[Heard], "bytes | Iterable[bytes] | None"]


def http(
    status: int, body: bytes | str = b"", content_type: str | None = "text/html;charset=utf-8", *more: str
) -> bytes:
    """A whole HTTP answer; `more` are further header lines."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said", "Connection: close", *more]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    if status != 204 and not any(line.startswith(("Content-Length", "Transfer-Encoding")) for line in more):
        lines.append(f"Content-Length: {len(raw)}")
    return "\r\n".join([*lines, "", ""]).encode() + raw


def login(oneflow: str = "http://127.0.0.1:1", oned: str = "http://127.0.0.1:1/RPC2", *, verify: bool = True) -> Login:
    """A login for these endpoints; nobody listens at the ones that are not given."""
    return Login(USER, SecretStr(PASSWORD), oneflow, oned, verify)


class Listener:
    """One connection after the other: reads a request, sends the answer, hangs up. None as an answer is silence.

    An answer in pieces is sent piece by piece, as long as somebody takes them.
    """

    def __init__(self, answer: bytes | Answering | None, *, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.heard: list[Heard] = []
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=2)
        for connection in self._open:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            # A client that gives up, or speaks something else, is part of the tests.
            with contextlib.suppress(OSError, ValueError):
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                    self._open[-1] = connection
                self._one(connection)

    def _one(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            method, path, _ = stream.readline().decode().split()
            headers = {}
            while line := stream.readline().decode("latin-1").strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            heard = Heard(method, path, headers, stream.read(int(headers.get("content-length", 0))))
        self.heard.append(heard)
        said = self.answer(heard) if callable(self.answer) else self.answer
        if said is None:
            return
        for piece in (said,) if isinstance(said, bytes) else said:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        self._open.remove(connection)
