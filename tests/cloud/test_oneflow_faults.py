"""OneFlow over a faulty network: one clear error each, soon, without secrets or backtraces."""

from __future__ import annotations

import json
import socket
import time
import traceback
from collections.abc import Callable

import pytest

from tests.cloud.wire_server import PASSWORD, Listener, http, login
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
from wizard.cloud.oneflow import SLOW, OneFlow

BACKTRACE = {
    "message": "Internal server error",
    "reason": "undefined method `[]' for nil:NilClass\n\n    opts = action['params']",
    "backtrace": ["/usr/lib/one/oneflow/lib/models/service.rb:47:in `x'"],
}
PROXY = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"

ASKING: list[Callable[[OneFlow], object]] = [
    lambda flow: flow.services(),
    lambda flow: flow.service(7),
    lambda flow: flow.templates(),
    lambda flow: flow.register("{}"),
    lambda flow: flow.instantiate(7, "{}"),
    lambda flow: flow.scale(7, "supernode", 3),
    lambda flow: flow.recover(7),
    lambda flow: flow.delete(7),
    lambda flow: flow.unregister(7),
]


def failed(url: str, call: Callable[[OneFlow], object], *, timeout: float = 5) -> CloudError:
    """The error of a call, after holding it against what no error may do."""
    flow = OneFlow(login(url), timeout)
    try:
        with pytest.raises(CloudError) as caught:
            call(flow)
    finally:
        flow.close()
    error = caught.value
    told = f"{error} {json.dumps(error.as_dict())} {''.join(traceback.format_exception(error))}"
    assert PASSWORD not in told
    assert ".rb" not in told
    assert "\n" not in str(error)
    assert error.title
    assert error.subject
    assert error.hint
    return error


@pytest.mark.parametrize("call", ASKING)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (http(401, "Invalid credentials"), CredentialsRefused),
        (http(401, "[one.document.info] User [4] : Not authorized to perform USE DOCUMENT [1]."), NotAuthorized),
        (http(403, "Forbidden"), CredentialsRefused),
        (http(404, "[one.document.info] Error getting document [7]."), NotFound),
        (http(404, "<h1>Not Found</h1>"), Garbled),
        (http(500, json.dumps(BACKTRACE)), ServerFault),
        (http(500, "Service cannot be undeployed in state: SCALING"), Refused),
        (http(403, "Host not permitted"), Refused),
        (http(502, PROXY, "text/html"), Garbled),
        (http(404, "404 page not found", "text/plain"), Garbled),
        (http(404, ""), Garbled),
        (http(408, "Request Timeout", "text/plain"), TimedOut),
        (http(429, "Too Many Requests", "text/plain"), Garbled),
        (http(500, ""), Garbled),
        (http(500, "Internal Server Error", "text/plain"), ServerFault),
        (http(500, "Net::ReadTimeout with #<TCPSocket:(closed)>"), ServerFault),
        (http(502, "Bad Gateway", "text/plain"), Garbled),
        (http(503, "Service Unavailable", "text/plain"), Garbled),
        (http(503, "Service cannot be undeployed in state: SCALING", "text/plain"), Garbled),
        (http(503, ""), Garbled),
        (http(504, "upstream request timeout", "text/plain"), TimedOut),
        (http(504, PROXY, "text/html"), TimedOut),
        (http(302, "", "text/html", "Location: https://login.example.com/"), Redirected),
        (b"", Garbled),
        (b"SSH-2.0-OpenSSH_9.6\r\n", Garbled),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{", Garbled),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n{", Garbled),
    ],
    ids=str,
)
def test_every_call_explains_what_it_got(
    call: Callable[[OneFlow], object], answer: bytes, kind: type[CloudError]
) -> None:
    with Listener(answer) as listener:
        assert type(failed(listener.url, call)) is kind


@pytest.mark.parametrize("call", ASKING[:5])
@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", '"x"', "{}", PROXY, "{" * 100_000, '{"DOCUMENT": 5}', '{"DOCUMENT_POOL": []}', '{"a'],
    ids=lambda body: body[:20],
)
def test_what_has_status_200_and_is_no_answer(call: Callable[[OneFlow], object], body: str) -> None:
    for status in (200, 201):
        with Listener(http(status, body)) as listener:
            assert type(failed(listener.url, call)) is Garbled


@pytest.mark.parametrize("call", ASKING[5:])
def test_what_changes_something_is_acknowledged_with_204_alone(call: Callable[[OneFlow], object]) -> None:
    for status, body in ((200, ""), (200, PROXY), (202, ""), (201, "{}")):
        with Listener(http(status, body)) as listener:
            assert type(failed(listener.url, call)) is Garbled


def test_an_empty_pool_is_an_answer() -> None:
    with Listener(http(200, '{"DOCUMENT_POOL": {}}')) as listener:
        flow = OneFlow(login(listener.url), 5)
        assert flow.services() == []
        flow.close()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    error = failed(url, ASKING[0])
    assert type(error) is Unreachable
    assert url in error.subject
    assert "opennebula-flow" in error.hint


def test_a_host_that_does_not_exist() -> None:
    error = failed("http://nowhere.invalid:2474", ASKING[0])
    assert type(error) is Unreachable
    assert "nowhere.invalid" in str(error)


@pytest.mark.parametrize(("call", "patience"), [(ASKING[1], 1), (ASKING[4], SLOW), (ASKING[5], SLOW)])
def test_silence_ends_and_making_vms_may_take_longer(call: Callable[[OneFlow], object], patience: int) -> None:
    with Listener(None) as listener:
        begun = time.monotonic()
        error = failed(listener.url, call, timeout=0.1)
        assert type(error) is TimedOut
        assert f"{0.1 * patience:g} s" in error.title
        assert 0.1 * patience <= time.monotonic() - begun < 0.1 * patience + 2


def test_plain_http_where_https_is_spoken_and_the_reverse() -> None:
    with Listener(http(400, "x")) as listener:
        error = failed(listener.url.replace("http", "https"), ASKING[0], timeout=0.5)
    assert type(error) is Unreachable
    assert "handshake" in error.detail


def test_a_certificate_that_is_not_trusted_has_a_hint() -> None:
    from wizard.cloud import http_errors as wire

    error = wire.unreachable("OneFlow", "https://x:1", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert "--insecure" in error.hint


def test_proxies_and_netrc_of_the_environment_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Listener(http(200, '{"DOCUMENT_POOL": {"DOCUMENT": []}}')) as listener:
        flow = OneFlow(login(listener.url), 5)
        assert flow.services() == []
        flow.close()


def test_the_longest_words_are_cut_to_one_line() -> None:
    with Listener(http(400, "word " * 10_000 + "\nsecond line")) as listener:
        error = failed(listener.url, ASKING[0])
    assert len(error.detail) == 300
    assert error.detail.endswith("…")


def test_the_password_is_not_in_the_client() -> None:
    flow = OneFlow(login(), 5)
    session = flow._http._session
    for seen in (vars(flow), vars(flow._http), vars(session), session.headers, session.auth):
        assert PASSWORD not in repr(seen)
    flow.close()
