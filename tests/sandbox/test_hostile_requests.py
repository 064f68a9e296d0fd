"""Requests that would fill the memory, end the clock or write on the terminal: an answer, and the sandbox goes on."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sandbox.cloud import Cloud, flower
from wizard.sandbox.http import LARGEST

BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
)


def sent(url: str, method: str, path: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port, timeout=10)
    try:
        connection.putrequest(method, path)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            connection.putheader(key, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def call(name: str, text: str) -> bytes:
    value = f"<value><string>{text}</string></value>"
    return f"<methodCall><methodName>{name}</methodName><params><param>{value}</param></params></methodCall>".encode()


@pytest.mark.parametrize(
    "body",
    [
        f"{BOMB}]><methodCall><methodName>&j;</methodName></methodCall>".encode(),
        b"<a>" * 10_000 + b"</a>" * 10_000,
        b"<a>" * 10_000,
        call("one.vm.update", "<a>" * 10_000),
        b"\xff\xfe<",
        b"",
        b"<methodCall><params><param><value><int>x</int></value></param></params></methodCall>",
        b"<methodCall><methodName>one.vm.info</methodName><params></params></methodCall>",
    ],
    ids=["bomb", "deep", "deep, unfinished", "deep text", "no text", "nothing", "no number", "no session"],
)
def test_oned_refuses_at_once(body: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with Cloud() as cloud:
        began = time.process_time()
        status, answer = sent(cloud.sandbox.oned_url, "POST", "/RPC2", body)
        assert (status, b"<boolean>0</boolean>" in answer) == (200, True)
        assert time.process_time() - began < 2
        assert cloud.oned("one.system.version")[1] == "7.5.80"
        assert cloud.sandbox._shared.failures == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", [f"{BOMB}]><VM>&j;</VM>", "<a>" * 5_000 + "</a>" * 5_000, "<a"])
def test_a_template_in_xml_is_plain(text: str) -> None:
    with Cloud() as cloud:
        number = cloud.running()
        vid = next(vm.vid for vm in cloud.sandbox.world.vms if vm.service == number)
        said = "[one.vm.update] Parse error: XML Template malformed."
        assert cloud.oned("one.vm.update", vid, text, 1)[:2] == [False, said]


@pytest.mark.parametrize("server", ["oneflow_url", "oned_url", "onegate_url"])
@pytest.mark.parametrize("length", [str(LARGEST + 1), "300000000000", "-5", "x", "²", "1e9"])
def test_a_body_that_is_too_large_is_not_read(server: str, length: str, capfd: pytest.CaptureFixture[str]) -> None:
    with Cloud() as cloud:
        url = getattr(cloud.sandbox, server)
        assert sent(url, "POST", "/RPC2", b"", {"Content-Length": length})[0] == 413
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        ("POST", "/service_template", b"[" * 100_000, {"Authorization": "Basic eDp5"}),
        ("POST", "/service_template", b"", {"Authorization": "Basic \xff"}),
        ("GET", "/service/%00", b"", {}),
        ("GET", "/vm", b"", {"X-ONEGATE-VMID": "\xb2", "X-ONEGATE-TOKEN": "\xff"}),
        ("PUT", "/vm", b"\xff", {"X-ONEGATE-VMID": "0", "X-ONEGATE-TOKEN": "x"}),
        ("TRACE", "/", b"", {}),
    ],
)
def test_without_credentials_nothing_is_written_on_the_terminal(
    method: str, path: str, body: bytes, headers: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    with Cloud() as cloud:
        for url in (cloud.sandbox.oneflow_url, cloud.sandbox.oned_url, cloud.sandbox.onegate_url):
            assert sent(url, method, path, body, headers)[0] >= 400
    assert capfd.readouterr() == ("", "")


def test_a_deep_json_is_refused() -> None:
    with Cloud() as cloud:
        status, answer = cloud.ask("POST", "/service_template", json.loads("[" * 500 + "]" * 500))
        assert status in (400, 500), answer


def test_a_step_that_goes_wrong_is_the_end_of_that_service_alone() -> None:
    """A CONTEXT that is a list, as a 7.x makes of a text of 6.x: its inputs can't be put into it."""
    document: dict[str, Any] = json.loads((Path(__file__).parents[1] / "cases" / "04-context-as-list.json").read_text())
    with Cloud() as cloud:
        broken = cloud.instantiate(document, {"user_inputs_values": {"A_TLS": "YES"}})
        other = cloud.instantiate(flower())
        cloud.clock.advance(200)
        assert cloud.body(broken)["state"] == 7
        assert "no implicit conversion of String into Integer" in " ".join(cloud.messages(broken))
        assert cloud.body(other)["state"] == 2
        cloud.sandbox.world.after(1, lambda: 1 / 0)
        cloud.clock.advance(5)
        assert ["ZeroDivisionError" in text for text in cloud.sandbox.world.failures] == [True]
        assert cloud.ask("GET", "/service")[0] == 200


@pytest.mark.parametrize(
    "contents",
    [{"CONTEXT": "x"}, {"CONTEXT": [{}, {}]}, {"NIC": "x"}, {"NIC": [["a"]]}, {"DISK": 5}],
    ids=str,
)
def test_contents_that_oned_can_make_nothing_of_fail_their_role_and_can_be_removed(contents: dict[str, Any]) -> None:
    with Cloud() as cloud:
        template = flower()
        template["roles"][0]["template_contents"] = contents
        service = cloud.instantiate(template)
        cloud.clock.advance(10)
        assert cloud.body(service)["state"] == 7
        cloud.recover(service, delete=True)
        cloud.clock.advance(60)
        assert cloud.ask("GET", f"/service/{service}")[0] == 404


def test_a_context_in_a_list_without_inputs_is_deployed() -> None:
    document = json.loads((Path(__file__).parents[1] / "cases" / "04-context-as-list.json").read_text())
    document.pop("user_inputs")
    with Cloud() as cloud:
        service = cloud.instantiate(document)
        cloud.clock.advance(200)
        assert cloud.body(service)["state"] == 2
