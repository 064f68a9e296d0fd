"""One HTTP exchange after the other with a server: no proxy, no netrc, no redirection, and an end to every body.

OneFlow and oned are both asked by it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
import urllib3

from wizard.cloud import http_errors as wire
from wizard.cloud.errors import CloudError

LONGEST = 12
"""How many times longer an answer may take that comes in pieces, each of them in time."""

_PIECE = 1 << 16
"""Most bytes of an answer that are handed on at once."""

_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, ValueError)


@dataclass(frozen=True)
class Answer:
    """A server's answer: the `status`, the `location` that a redirection names, and the body's pieces as they come.

    Taking a piece raises a CloudError: TimedOut, Unreachable, or Garbled where it breaks off or does not end.
    """

    status: int
    location: str
    pieces: Iterator[bytes]


class HttpClient:
    """Keeps one connection to the server that is called `server` in errors.

    `url` is its endpoint, `timeout` in seconds for connecting and for each read, `largest` the bytes of an answer that
    are read. `login` is sent as HTTP's basic authentication.
    """

    def __init__(
        self,
        server: str,
        url: str,
        timeout: float,
        largest: int,
        *,
        verify: bool,
        headers: Mapping[str, str],
        login: tuple[str, str] | None = None,
    ) -> None:
        self._server, self._url, self._timeout, self._largest = server, url, timeout, largest
        self._session = _Session()
        self._session.trust_env = False
        self._session.headers.update(headers)
        # The CAs of this machine, as for every program on it, instead of those that come with the HTTP library.
        paths = ssl.get_default_verify_paths()
        self._session.verify = (paths.cafile or paths.capath or True) if verify else False
        if not verify:
            # The operator said so; a warning with each request would be written over the screen.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        if login is not None:
            # As bytes: requests would write text in Latin-1.
            user, password = (part.encode("utf-8") for part in login)
            self._session.auth = requests.auth.HTTPBasicAuth(user, password)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    @contextmanager
    def exchange(
        self, method: str, path: str = "", body: bytes | None = None, *, seconds: float | None = None
    ) -> Iterator[Answer]:
        """Send a request and hand out its answer. `seconds` stands for another time-out. Raises a CloudError."""
        within = self._timeout if seconds is None else seconds
        try:
            response = self._session.request(
                method, f"{self._url}{path}", data=body, timeout=within, stream=True, allow_redirects=False
            )
        except _FAILURES as error:
            raise self._explained(error, within) from None
        with response:
            yield Answer(response.status_code, response.headers.get("Location", ""), self._pieces(response.raw, within))

    def _pieces(self, raw: Any, seconds: float) -> Iterator[bytes]:
        """Pieces of the body, each as soon as it arrives: a server may send a byte a second."""
        size, end = 0, time.monotonic() + seconds * LONGEST
        while True:
            try:
                piece = raw.read1(_PIECE, decode_content=True)
            except _FAILURES as error:
                raise self._explained(error, seconds) from None
            if not piece:
                return
            size += len(piece)
            if size > self._largest:
                raise wire.too_large(self._server, self._url, self._largest)
            if time.monotonic() > end:
                raise wire.timed_out(self._server, self._url, seconds * LONGEST)
            yield piece

    def _explained(self, error: Exception, seconds: float) -> CloudError:
        server, url = self._server, self._url
        cause = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
        if isinstance(error, requests.ConnectTimeout):
            return wire.unreachable(server, url, "connecting took too long")
        if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
            if "handshake" in str(cause.__context__):
                return wire.unreachable(server, url, "the TLS handshake took too long: is it http, not https?")
            return wire.timed_out(server, url, seconds)
        if isinstance(cause, urllib3.exceptions.ReadTimeoutError):
            return wire.timed_out(server, url, seconds)
        if isinstance(cause, urllib3.exceptions.ProtocolError):
            return wire.garbled(server, url, "the connection broke off, or what answers does not speak HTTP")
        if isinstance(error, requests.ConnectionError):
            return wire.unreachable(server, url, _reason(cause))
        if isinstance(error, requests.exceptions.InvalidURL):
            return wire.unreachable(server, url, str(error))
        return wire.garbled(server, url, type(error).__name__)


class _Session(requests.Session):
    """A session that goes nowhere else: a request that is sent again at another address has the password in it."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, whatever the answer says; requests does not even read the address then, which may be none."""


def _reason(cause: Exception) -> str:
    """Why there is no connection, by the kind of what lies beneath and never by words, in which host names stand."""
    beneath = getattr(cause, "reason", cause)
    if isinstance(beneath, urllib3.exceptions.NameResolutionError):
        return "there is no host of this name"
    if isinstance(beneath, urllib3.exceptions.SSLError):
        return f"TLS failed: {beneath}"
    if isinstance(beneath, urllib3.exceptions.NewConnectionError):
        if isinstance(beneath.__cause__ or beneath.__context__, ConnectionRefusedError):
            return "connection refused"
        return f"no connection ({beneath.__cause__ or beneath.__context__ or beneath})"
    return "no connection"
