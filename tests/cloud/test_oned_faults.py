"""oned through pyone: its answers as they come, its refusals by their codes, and network faults."""

from __future__ import annotations

import socket
import time
import traceback
import xmlrpc.client
from collections.abc import Callable

import pytest

from tests.cloud.recorded import VM_FILES
from tests.cloud.wire_server import PASSWORD, USER, Heard, Listener, http, login
from wizard.cloud.errors import (
    CloudError,
    CredentialsRefused,
    Garbled,
    NotAuthorized,
    NotFound,
    Refused,
    ServerFault,
    TimedOut,
    Unreachable,
)
from wizard.cloud.oned import Oned
from wizard.core.preflight.facts import User

ASKING: list[Callable[[Oned], object]] = [
    lambda oned: oned.version(),
    lambda oned: oned.user(),
    lambda oned: oned.vm_templates(),
    lambda oned: oned.networks(),
    lambda oned: oned.vms([1, 2], extended=True),
    lambda oned: oned.vms_from(1),
]


def said(*values: object) -> bytes:
    """An XML-RPC answer with these values."""
    body = xmlrpc.client.dumps(((list(values)),), methodresponse=True)
    return http(200, body, "text/xml")


def answered(call: Callable[[Oned], object], *values: object) -> object:
    """What a call makes of an answer."""
    with Listener(said(*values)) as listener:
        oned = Oned(login(oned=f"{listener.url}/RPC2"), 5)
        try:
            return call(oned)
        finally:
            oned.close()


def failed(url: str, call: Callable[[Oned], object], *, timeout: float = 5) -> CloudError:
    """The error of a call, after holding it against what no error may do."""
    oned = Oned(login(oned=url), timeout)
    try:
        with pytest.raises(CloudError) as caught:
            call(oned)
    finally:
        oned.close()
    error = caught.value
    assert PASSWORD not in f"{error} {''.join(traceback.format_exception(error))}"
    assert "\n" not in str(error)
    assert error.title
    assert error.subject
    assert error.hint
    return error


@pytest.mark.parametrize("call", ASKING)
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0x0100, CredentialsRefused),
        (0x0200, NotAuthorized),
        (0x0400, NotFound),
        (0x0800, Refused),
        (0x1000, Refused),
        (0x2000, ServerFault),
    ],
)
def test_refusals_by_their_code(call: Callable[[Oned], object], code: int, kind: type[CloudError]) -> None:
    with Listener(said(False, "[one.x.info] It is not so.\nmore", code, 7)) as listener:
        error = failed(f"{listener.url}/RPC2", call)
    assert type(error) is kind
    assert error.detail == "[one.x.info] It is not so."


@pytest.mark.parametrize("call", ASKING)
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        http(200, "<html>login</html>", "text/html"),
        http(502, "<html>Bad Gateway</html>", "text/html"),
        http(200, ""),
        http(200, "<?xml version='1.0'?><methodResponse><params><param><value><arr", "text/xml"),
        http(200, xmlrpc.client.dumps((5,), methodresponse=True), "text/xml"),
        http(200, xmlrpc.client.dumps(([],), methodresponse=True), "text/xml"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n<?xml",
    ],
    ids=lambda answer: repr(answer)[-40:],
)
def test_what_is_not_oneds(call: Callable[[Oned], object], answer: bytes) -> None:
    with Listener(answer) as listener:
        assert type(failed(f"{listener.url}/RPC2", call)) is Garbled


@pytest.mark.parametrize("call", ASKING[1:])
@pytest.mark.parametrize("text", ["", "no xml", "<VM_POOL><VM>", "<a>&nope;</a>"])
def test_a_true_answer_with_broken_xml(call: Callable[[Oned], object], text: str) -> None:
    with Listener(said(True, text, 0)) as listener:
        assert type(failed(f"{listener.url}/RPC2", call)) is Garbled


def test_a_fault_of_the_protocol_is_the_servers() -> None:
    body = xmlrpc.client.dumps(xmlrpc.client.Fault(-500, "internal"))
    with Listener(http(200, body, "text/xml")) as listener:
        error = failed(f"{listener.url}/RPC2", ASKING[0])
    assert type(error) is ServerFault
    assert "internal" in error.detail


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/RPC2"
    error = failed(url, ASKING[0])
    assert type(error) is Unreachable
    assert error.detail == "connection refused"
    assert url in error.subject


def test_a_host_that_does_not_exist() -> None:
    assert type(failed("http://nowhere.invalid:2633/RPC2", ASKING[0])) is Unreachable


def test_silence_ends() -> None:
    with Listener(None) as listener:
        begun = time.monotonic()
        assert type(failed(f"{listener.url}/RPC2", ASKING[0], timeout=0.2)) is TimedOut
        assert time.monotonic() - begun < 2


def test_the_session_goes_out_whole_and_is_not_in_the_headers() -> None:
    heard: list[Heard] = []

    def answer(request: Heard) -> bytes:
        heard.append(request)
        return said(True, "7.5.80", 0)

    with Listener(answer) as listener:
        oned = Oned(login(oned=f"{listener.url}/RPC2"), 5)
        assert oned.version() == "7.5.80"
        oned.close()
    (parameters, method) = xmlrpc.client.loads(heard[0].body)
    assert (method, parameters) == ("one.system.version", (f"{USER}:{PASSWORD}",))
    assert (heard[0].method, heard[0].path) == ("POST", "/RPC2")
    assert "authorization" not in heard[0].headers


def test_an_exported_protocol_or_proxy_does_not_lead_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEAPI_PROTOCOL", "grpc")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert answered(lambda oned: oned.version(), True, "6.10.0", 0) == "6.10.0"


def test_our_own_user() -> None:
    user = answered(lambda oned: oned.user(), True, "<USER><ID>4</ID><NAME>alice</NAME></USER>", 0)
    assert user == User(4, "alice", token_password=False)


def test_pools_are_sorted_and_keep_what_is_odd() -> None:
    text = (
        "<VMTEMPLATE_POOL><VMTEMPLATE><ID>12</ID><NAME>[b]x&amp;&lt;</NAME><UNAME>u</UNAME><GNAME>g</GNAME>"
        "</VMTEMPLATE><VMTEMPLATE><ID>3</ID></VMTEMPLATE></VMTEMPLATE_POOL>"
    )
    found = answered(lambda oned: oned.vm_templates(), True, text, 0)
    assert [(item.id, item.name, item.owner, item.group) for item in found] == [  # type: ignore[attr-defined]
        (3, "", "", ""),
        (12, "[b]x&<", "u", "g"),
    ]
    assert answered(lambda oned: oned.networks(), True, "<VNET_POOL></VNET_POOL>", 0) == ()


def test_recorded_vms_come_through_pyone() -> None:
    text = "".join(path.read_text(encoding="utf-8").partition("?>")[2] or path.read_text() for path in VM_FILES)
    found = answered(lambda oned: oned.vms([1], extended=True), True, f"<VM_POOL>{text}</VM_POOL>", 0)
    assert len(found) == len(VM_FILES)  # type: ignore[arg-type]


def test_no_vm_is_no_request() -> None:
    oned = Oned(login(), 5)
    assert oned.vms([], extended=True) == ()
    oned.close()


def test_text_that_no_entity_may_blow_up() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/hostname">]><USER><NAME>&b;</NAME></USER>'
    with pytest.raises(Garbled):
        answered(lambda oned: oned.user(), True, bomb, 0)
