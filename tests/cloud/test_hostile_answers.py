"""Answers that want to harm: redirections, bodies without end, depths, encodings, numbers. One clear error each."""

from __future__ import annotations

import gzip
import itertools
import json
import time
import xmlrpc.client
from collections.abc import Callable, Iterator

import pytest

from tests.cloud.wire_server import Listener, http, login
from wizard.cloud import http_client, oneflow, pyone_transport
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError, Garbled, Redirected, TimedOut
from wizard.core.opennebula.bounds import DEEPEST, LATEST, OutOfBounds, moment, number, read_json
from wizard.core.opennebula.snapshot import VmFacts

Call = Callable[[Cloud], object]


def ask_oneflow(cloud: Cloud) -> object:
    return cloud.services.poll(7).snapshot


def ask_oned(cloud: Cloud) -> object:
    return cloud.vms.get(7)


def ask_oned_for_a_pool(cloud: Cloud) -> object:
    return cloud.vms.read([7], {7: VmFacts(7, "vm", 3, 3, user_template={"READY": "YES"})})


def ask_oned_by_pyone(cloud: Cloud) -> object:
    return cloud.pools.vm_templates()


CALLS = [ask_oneflow, ask_oned, ask_oned_by_pyone, ask_oned_for_a_pool]


def failed(call: Call, listener: Listener, timeout: float = 5) -> CloudError:
    cloud = Cloud(login(listener.url, f"{listener.url}/RPC2"), timeout=timeout)
    try:
        with pytest.raises(CloudError) as caught:
            call(cloud)
    finally:
        cloud.close()
    text = str(caught.value)
    assert len(text) < 1000
    assert "\n" not in text
    return caught.value


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_no_redirection_is_followed_and_the_hint_names_the_address(call: Call, status: int) -> None:
    with Listener(http(200, "{}")) as other:
        place = f"{other.url}/elsewhere"
        with Listener(http(status, "", None, f"Location: {place}")) as listener:
            error = failed(call, listener)
            assert len(listener.heard) == 1
        assert other.heard == [], "user and password went to another host"
    assert isinstance(error, Redirected)
    assert f"HTTP {status}" in error.detail
    assert place in error.hint


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "place", ["http://[bad", "//", "http://exa mple\x01/", "http://\xff\xfe/", "x" * 9000, "", ":"]
)
def test_an_address_that_is_none_is_an_error_as_any_other(call: Call, place: str) -> None:
    raw = http(307, "", None).replace(b"\r\n\r\n", b"\r\nLocation: " + place.encode("latin-1") + b"\r\n\r\n", 1)
    with Listener(raw) as listener:
        assert isinstance(failed(call, listener), (Garbled, Redirected))


def endless(head: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + head
    yield from itertools.repeat(b"x" * 65536)


@pytest.mark.parametrize("call", CALLS)
def test_a_body_without_end_is_read_up_to_a_bound(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneflow, "LARGEST", 1 << 20)
    monkeypatch.setattr(pyone_transport, "LARGEST", 1 << 20)
    head = b'"' if call is ask_oneflow else b"<?xml version='1.0'?><methodResponse><params><param><value><string>"
    with Listener(lambda _: endless(head)) as listener:
        error = failed(call, listener)
    assert error.title == "the answer is too large"
    assert "1 MiB" in error.detail


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("header", "piece"),
    [("Transfer-Encoding: chunked", b"1\r\n \r\n"), ("Content-Length: 60000", b" "), ("X: y", b" ")],
)
def test_a_body_that_drips_without_end_takes_no_longer_than_it_may(
    call: Call, header: str, piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "LONGEST", 2)

    def drip() -> Iterator[bytes]:
        yield f"HTTP/1.1 200 OK\r\n{header}\r\n\r\n".encode()
        while True:
            time.sleep(0.05)
            yield piece

    began = time.monotonic()
    with Listener(lambda _: drip()) as listener:
        assert isinstance(failed(call, listener, 0.3), TimedOut)
    assert time.monotonic() - began < 5


def test_a_small_body_that_unpacks_to_a_large_one_has_the_same_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneflow, "LARGEST", 1 << 20)
    body = gzip.compress(b" " * (8 << 20))
    with Listener(http(200, body, "application/json", "Content-Encoding: gzip")) as listener:
        assert failed(ask_oneflow, listener).title == "the answer is too large"


@pytest.mark.parametrize("status", [200, 201, 400, 404, 500])
@pytest.mark.parametrize("text", ["[" * 10_000, "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000])
def test_what_is_nested_too_deep_is_one_error_in_every_answer(status: int, text: str) -> None:
    with Listener(http(status, text)) as listener:
        failed(ask_oneflow, listener)


@pytest.mark.parametrize("charset", ["utf-16", "rot13", "zip", "hex", "no-such", "\xff"])
def test_a_body_is_utf_8_whatever_the_header_says(charset: str) -> None:
    body = json.dumps({"DOCUMENT": {"ID": "7", "NAME": "ünï", "TEMPLATE": {"BODY": {"state": 2, "roles": []}}}})
    with Listener(http(200, body, f"application/json; charset={charset}")) as listener:
        cloud = Cloud(login(listener.url), timeout=5)
        assert cloud.services.poll(7).snapshot.name == "ünï"
        cloud.close()
    with Listener(http(500, "Ünglück", f"text/html; charset={charset}")) as listener:
        assert "Ünglück" in failed(ask_oneflow, listener).detail


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
)


@pytest.mark.parametrize("call", CALLS[1:])
def test_entities_of_an_answer_are_refused(call: Call) -> None:
    inside = f"{BOMB}]><VM><NAME>&j;</NAME></VM>"
    packed = xmlrpc.client.dumps(([True, inside, 0],), methodresponse=True)
    reply = "<methodResponse><params><param><value>&j;</value></param></params></methodResponse>"
    outside = f"<?xml version='1.0'?>{BOMB}]>{reply}"
    for body in (packed, outside):
        with Listener(http(200, body, "text/xml")) as listener:
            began = time.monotonic()
            assert isinstance(failed(call, listener), Garbled)
            assert time.monotonic() - began < 2


@pytest.mark.parametrize("call", CALLS[1:])
def test_xml_that_is_nested_too_deep_is_one_error(call: Call) -> None:
    inside = "<VM>" + "<a>" * 10_000 + "</a>" * 10_000 + "</VM>"
    with Listener(http(200, xmlrpc.client.dumps(([True, inside, 0],), methodresponse=True), "text/xml")) as listener:
        failed(call, listener)
    deep = "<methodResponse><params><param>" + "<value><array><data>" * 10_000
    with Listener(http(200, deep, "text/xml")) as listener:
        failed(call, listener)


@pytest.mark.parametrize("text", [str(2**63), "-1", "9" * 5000, "x", "", "1e9", "٣"])
def test_a_moment_that_no_calendar_has_is_none(text: str) -> None:
    assert moment(number(text)) in (0, 3)
    time.localtime(moment(number(text)))


def test_the_bounds_themselves() -> None:
    assert moment(LATEST) == LATEST
    assert moment(LATEST + 1) == 0
    deepest = "[" * DEEPEST + "]" * DEEPEST
    assert read_json(deepest) is not None
    for text in ("[" * 200 + "]" * 200, '{"a":' * 200 + "1" + "}" * 200, "[" * 100_000):
        with pytest.raises(OutOfBounds):
            read_json(text)
    assert read_json('["' + "[" * 1000 + '"]') == ["[" * 1000], "brackets in a text are no depth"
    assert read_json("[" + "[]," * 1000 + "[]]") == [[]] * 1001, "many beside each other are no depth"
    for text in ("NaN", "[Infinity]", "[1", "[" * 40, "{]"):
        with pytest.raises(ValueError, match=r"."):
            read_json(text)


def test_a_service_with_moments_and_counts_out_of_bounds_is_shown_all_the_same() -> None:
    body = {
        "state": 2,
        "start_time": 2**63,
        "log": [{"timestamp": 2**63, "severity": "I", "message": "x"}],
        "roles": [
            {"name": "superlink", "cardinality": 1, "nodes": [{"deploy_id": 2**70}]},
            {"name": "supernode", "cardinality": 10**12, "min_vms": -1, "nodes": []},
        ],
    }
    document = json.dumps({"DOCUMENT": {"ID": "7", "NAME": "x", "TEMPLATE": {"BODY": body}}})
    with Listener(http(200, document)) as listener:
        cloud = Cloud(login(listener.url), timeout=5)
        found = cloud.services.poll(7).snapshot
        cloud.close()
    assert (found.id, found.start_time, [line.timestamp for line in found.log]) == (7, 0, [0])
    assert [role.cardinality for role in found.roles] == [1, 0]
    assert len(found.unreadable) == 4
    assert found.roles[0].lost == (0,)
