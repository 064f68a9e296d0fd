"""Failed HTTP exchanges as errors of ours, for both servers alike."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from wizard.cloud.errors import (
    CloudError,
    CredentialsRefused,
    Garbled,
    NotAuthorized,
    NotFound,
    Redirected,
    Refused,
    ServerFault,
    TimedOut,
    Unreachable,
)
from wizard.core.opennebula.bounds import OutOfBounds, read_json

LONGEST = 300
"""Characters of a server's own words that are repeated."""

_STATUSES = (400, 401, 403, 404, 500)
"""Those that OneFlow gives."""

_GAVE_UP = (408, 504)
"""A proxy's: OneFlow may still carry the request out."""

_REFUSES = re.compile(
    r"\[one\.\w[\w.]*\] "  # oned's own words, with the call
    r"|Service (?:\d+|cannot be|has no roles) |Can't scale service |Cardinality of .* is already at "
    r"|Action .* not supported|Immutable value: |Invalid credentials|Not authorized|A username and password must"
    r"|KEY: |Mandatory document key |Role name |Role .*not found|Role '.*?',? "
    r"|Unsupported role type |unexpected token at |Verify that every |Wrong .* format"
    r"|The (?:Service template specifies|role [\w ]+ are empty) "
)
"""How OneFlow's refusals begin, as recorded of 6.10 and 7.5. After one of them nothing was done."""

_BUSY = "The server may be overloaded or stuck: look at its log, then try again."
_LOGIN_HINT = "Check the user and password in ONE_AUTH, or ONEFLOW_USER and ONEFLOW_PASSWORD; a token may have expired."


def unreachable(server: str, url: str, detail: str) -> CloudError:
    """Nobody listens, the name is unknown, or TLS failed."""
    if "CERTIFICATE_VERIFY_FAILED" in detail or "certificate verify failed" in detail:
        hint = "Its certificate is not trusted here. Install its CA, or say --insecure if you accept the risk."
        return Unreachable("the certificate is not trusted", f"{server} at {url}", brief(detail), hint)
    host = urlsplit(url).hostname or url
    unit = "opennebula-flow" if server == "OneFlow" else "opennebula"
    hint = f"Is it running on {host} (systemctl status {unit})? Is the endpoint right?"
    return Unreachable("it does not answer", f"{server} at {url}", brief(detail), hint)


def timed_out(server: str, url: str, seconds: float) -> CloudError:
    """Something listens and says nothing."""
    return TimedOut(f"no answer within {seconds:g} s", f"{server} at {url}", "", _BUSY)


def garbled(server: str, url: str, detail: str) -> CloudError:
    """An error: something else answers, or it stopped in the middle."""
    hint = "Is the endpoint right, and is there a proxy or another web server in between?"
    return Garbled("the answer is not OpenNebula's", f"{server} at {url}", brief(detail), hint)


def redirected(server: str, url: str, status: int, location: str) -> CloudError:
    """The server points to another address. It is not followed: user and password would be sent there."""
    hint = f"Nothing was sent to {brief(location)!r}. If {server} is there, give that address as its endpoint."
    return Redirected("it answers with a redirection", f"{server} at {url}", f"HTTP {status}", hint)


def too_large(server: str, url: str, most: int) -> CloudError:
    """The answer does not end, or is larger than any of OpenNebula's."""
    hint = "Is the endpoint right, and is there a proxy or another web server in between?"
    return Garbled("the answer is too large", f"{server} at {url}", f"more than {most >> 20} MiB", hint)


def refusal(status: int, body: str, subject: str, server: str, url: str) -> CloudError:
    """The error for a status of 400 or more, from OneFlow's body: plain text, JSON with a reason, or HTML.

    OneFlow says 401 both for wrong credentials and for what is not permitted; only the text tells. It is a refusal only
    where the words are OneFlow's own: after anything else nobody knows whether the request was carried out, by OneFlow
    behind a proxy that gave up, or in part.
    """
    text = body.strip()
    if status in _GAVE_UP:
        return TimedOut("a proxy got no answer in time", f"{server} at {url}", f"HTTP {status}", _BUSY)
    if text[:1] == "<":
        if status in (401, 403) and "Host" in text:
            return _host_not_permitted(subject)
        return garbled(server, url, f"HTTP {status} with HTML")
    words = _reason(text)
    if not _is_its_own(status, words):
        return garbled(server, url, f"HTTP {status}: {words}" if words else f"HTTP {status}")
    if "Host not permitted" in words:
        return _host_not_permitted(subject)
    if "Not authorized" in words:
        hint = "Ask its owner or oneadmin for the right, or use another user."
        return NotAuthorized("not permitted", subject, words, hint)
    if status in (401, 403):
        return CredentialsRefused("user or password refused", f"{server} at {url}", words, _LOGIN_HINT)
    if status == 404:
        hint = "It may have been removed meanwhile; `oneflow list` shows what is there."
        return NotFound("there is no such object", subject, words, hint)
    if text[:1] == "{" or not _REFUSES.match(words):
        hint = "OneFlow failed by itself: its log is /var/log/one/oneflow.log."
        return ServerFault("the server failed", subject, words, hint)
    return Refused("refused", subject, words, _refusal_hint(words))


def _is_its_own(status: int, words: str) -> bool:
    """Whether it is OneFlow that answers: another status, or no words, is of something in between.

    What stands in between may have handed the request on before it gave up.
    """
    if status in (401, 403):
        # Whoever says so has handed nothing on.
        return True
    return status in _STATUSES and bool(words) and (status != 404 or _REFUSES.match(words) is not None)


def brief(text: str) -> str:
    """The first line of a server's words, not longer than it may be."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def parsed(body: str, server: str, url: str) -> Any:
    """The JSON of a body, whatever its content type says. Raises Garbled."""
    try:
        return read_json(body)
    except OutOfBounds as error:
        raise garbled(server, url, str(error)) from None
    except (ValueError, RecursionError):
        raise garbled(server, url, brief(body) or "an empty answer") from None


def _reason(text: str) -> str:
    if text[:1] == "{":
        try:
            raw = read_json(text)
        except (ValueError, RecursionError):
            return brief(text)
        if isinstance(raw, dict):
            return brief(str(raw.get("reason") or raw.get("message") or ""))
    return brief(text)


def _host_not_permitted(subject: str) -> CloudError:
    hint = "OneFlow 7.0 to 7.2 takes few host names, and has no setting for it: write its IP address instead."
    return Refused("the server refuses this host name", subject, "Host not permitted", hint)


def _refusal_hint(words: str) -> str:
    if "in state" in words:
        return "Wait until the service has left that state, or recover it."
    if "cardinality" in words.lower():
        return "Stay within min_vms and max_vms of the role."
    return "Nothing was changed."
