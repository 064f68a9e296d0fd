"""Sends recorded requests to a sandbox and compares the answers, with ids mapped and timestamps left out."""

from __future__ import annotations

import base64
import http.client
import json
import re
import xml.etree.ElementTree as ElementTree
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.unmarked import unmarked
from wizard.sandbox.blueprint import World
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox

RECORDINGS = Path(__file__).parent.parent / "recordings"
RECORDINGS_6 = RECORDINGS.with_name("recordings-6.10")

# Values that differ from run to run: timestamps, measurements, leases, the host of a VM.
_VOLATILE = frozenset(
    (
        *("timestamp", "registration_time", "start_time", "LAST_POLL", "STIME", "ETIME", "PSTIME", "PETIME", "RSTIME"),
        *("RETIME", "ESTIME", "EETIME", "DEPLOY_ID", "HOSTNAME", "HID", "IP", "MAC", "ETH0_IP", "ETH0_MAC", "PORT"),
        *("UUID", "FL_ENDPOINT", "FL_CA_CERT", "ONEGATE_ENDPOINT"),
    )
)
_STRANGER = 4711
_IN_TEXT = re.compile(r"(?P<before>(?:document|DOCUMENT) \[|[Ss]ervice |service_|VM |document-|Private-)(?P<id>\d+)")


class Replay:
    """A sandbox in the recorded world, and the mapping of recorded ids to its own."""

    def __init__(self, world: World) -> None:
        self._folder = RECORDINGS_6 if world.is_6 else RECORDINGS
        self.clock = ManualClock()
        self.sandbox = Sandbox(world, latency=0, clock=self.clock, guests=unmarked)
        self.documents: dict[int, int] = {}
        self.vms: dict[int, int] = {}
        self._connections: dict[int | None, http.client.HTTPConnection] = {}

    def __enter__(self) -> Replay:
        self.sandbox.start()
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections.values():
            connection.close()
        self.sandbox.stop()

    def send(self, name: str) -> None:
        """Send a recorded request; fail unless the answer is the recorded one."""
        exchange = json.loads((self._folder / f"{name}.json").read_text())
        request, expected = exchange["request"], exchange["response"]
        status, content_type, text = self.ask(
            request["method"], request["url"], self._body(name, request["body"]), request["headers"]
        )
        same(name, (status, content_type), (expected["status"], expected["content_type"]))
        if not expected["body_is_json"]:
            same(name, _text(text), _text(expected["body"], self._mapped_number))
            return
        body = json.loads(text)
        self._learn(expected["body"], body)
        same(name, normal(body), normal(expected["body"], self._mapped))

    def ask(
        self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str | None, str]:
        """Any request to a recorded URL, with this sandbox's ids and credentials in it."""
        target = urlsplit(url)
        onegate = target.port in (3030, 5030)
        port = urlsplit(self.sandbox.onegate_url if onegate else self.sandbox.oneflow_url).port
        sent = self._headers(headers if headers is not None else {"Authorization": "oneadmin:"}, onegate)
        path = re.sub(
            r"^(/service|/service_template)/(\d+)",
            lambda match: f"{match[1]}/{self.documents.get(int(match[2]), int(match[2]))}",
            target.path,
        )
        path = re.sub(r"(?<=/vms/)\d+", lambda match: str(self.vms.get(int(match[0]), _STRANGER)), path)
        connection = self._connections.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=10))
        connection.request(method, path + (f"?{target.query}" if target.query else ""), body, sent)
        reply = connection.getresponse()
        return reply.status, reply.getheader("Content-Type"), reply.read().decode()

    def oneflow(self, method: str, path: str, body: Any = None) -> Any:
        """A request that was made but not recorded; returns the body when it is JSON."""
        data = None if body is None else json.dumps(body).encode()
        status, _, text = self.ask(method, f"http://127.0.0.1:2474{path}", data)
        assert status < 300, text
        return json.loads(text) if text else None

    def oned(self, call: str, *params: Any) -> Any:
        """The result of an XML-RPC call as oneadmin; fails when it is refused."""
        session = f"oneadmin:{self.sandbox.password_of('oneadmin')}"
        proxy = xmlrpc.client.ServerProxy(self.sandbox.oned_url)
        with proxy:
            method: Callable[..., Any] = getattr(proxy, call)
            answer = method(session, *params)
        assert answer[0], answer
        return answer[1]

    def register(self, recorded: int, body: dict[str, Any]) -> None:
        """Register a template in place of the recorded one."""
        made = self.oneflow("POST", "/service_template", body)
        self.documents[recorded] = int(made["DOCUMENT"]["ID"])

    def instantiate(self, template: int, recorded: int, merge: dict[str, Any] | None = None) -> None:
        """Instantiate the template in place of a recorded one; the service takes the place of the recorded service."""
        params = {} if merge is None else {"merge_template": merge}
        action = {"action": {"perform": "instantiate", "params": params}}
        made = self.oneflow("POST", f"/service_template/{template}/action", action)
        self.documents[recorded] = int(made["DOCUMENT"]["ID"])

    def body_of(self, service: int) -> dict[str, Any] | None:
        """The present body of the service in place of a recorded one, None once it is gone."""
        status, _, text = self.ask("GET", f"http://127.0.0.1:2474/service/{service}")
        return json.loads(text)["DOCUMENT"]["TEMPLATE"]["BODY"] if status == 200 else None

    def until(self, condition: Callable[[], bool], limit: float = 120) -> None:
        """Advance the clock in small steps until a condition is true."""
        for _ in range(int(limit * 20)):
            if condition():
                return
            self.clock.advance(0.05)
        raise AssertionError("the condition never became true")

    def until_state(self, service: int, state: int, roles: tuple[int, ...] = ()) -> None:
        """Advance the clock until a service, and its roles if given, are in these states."""

        def reached() -> bool:
            body = self.body_of(service)
            if body is None or body["state"] != state:
                return False
            return not roles or tuple(role["state"] for role in body["roles"]) == roles

        self.until(reached)

    def until_gone(self, service: int) -> None:
        """Advance the clock until a service's document is gone."""
        self.until(lambda: self.body_of(service) is None)

    def nodes(self, service: int, role: str) -> list[int]:
        """The sandbox ids of a role's VMs, those in creation included."""
        with self.sandbox.world.lock:
            number = self.documents[service]
            return [vm.vid for vm in self.sandbox.world.vms if (vm.service, vm.role) == (number, role) and not vm.end]

    def ready(self, service: int, role: str) -> None:
        """Wait for all VMs of a role to run and set READY=YES in each."""
        vms = self.sandbox.world.vms
        self.until(lambda: bool(self.nodes(service, role)))
        for vid in self.nodes(service, role):
            if vms[vid].user_template.get("READY") != "YES":
                self.until(lambda vid=vid: vms[vid].running)  # type: ignore[misc]
                self.oned("one.vm.update", vid, "READY=YES", 1)

    def run(self, service: int, supernodes: int = 2) -> None:
        """Bring a service to RUNNING."""
        self.until_state(service, 1)
        self.ready(service, "superlink")
        self.until(lambda: len(self.nodes(service, "supernode")) == supernodes)
        self.ready(service, "supernode")
        self.until_state(service, 2)

    def vm(self, name: str, vid: int, parts: tuple[str, ...] = ()) -> None:
        """Fail unless a VM's XML is the recorded one: all of it, or these parts of it."""
        expected = ElementTree.parse(self._folder / f"{name}.xml").getroot()
        actual = ElementTree.fromstring(self.oned("one.vm.info", vid))
        self.vms[int(expected.findtext("ID", "-1"))] = vid
        service = expected.findtext("USER_TEMPLATE/SERVICE_ID")
        if service is not None:
            self.documents.setdefault(int(service), int(actual.findtext("USER_TEMPLATE/SERVICE_ID", "-1")))
        for part in parts or (".",):
            left, right = actual.find(part), expected.find(part)
            assert left is not None, f"{name}: no {part}"
            assert right is not None, f"{name}: no {part} was recorded"
            same(f"{name} {part}", normal(_tree(left)), normal(_tree(right), self._mapped))

    def _body(self, name: str, body: Any) -> bytes | None:
        if body is None:
            return None
        # A text in a recording is what was sent, except where the JSON was itself a text.
        raw = isinstance(body, str) and name != "93-template-json-string"
        return body.encode() if raw else json.dumps(body).encode()

    def _headers(self, recorded: dict[str, str], onegate: bool) -> dict[str, str]:
        sent = {key: value for key, value in recorded.items() if value}
        if "X-ONEGATE-VMID" in sent:
            vid = self.vms[int(sent["X-ONEGATE-VMID"])]
            sent["X-ONEGATE-VMID"] = str(vid)
            if self._folder is RECORDINGS_6 or sent["X-ONEGATE-TOKEN"] == "***":
                sent["X-ONEGATE-TOKEN"] = self.sandbox._onegate.token(self.sandbox.world.vms[vid])
        authorization = sent.get("Authorization", "")
        for user in ("oneadmin", "alice", "bob"):
            if f"{user}:" in authorization and "wrong" not in authorization:
                session = f"{user}:{self.sandbox.password_of(user)}"
                sent["Authorization"] = f"Basic {base64.b64encode(session.encode()).decode()}"
        if "nobody:" in authorization or ":wrong" in authorization:
            sent["Authorization"] = f"Basic {base64.b64encode(b'nobody:wrong').decode()}"
        return sent

    def _learn(self, expected: Any, actual: Any) -> None:
        if isinstance(expected, dict) and isinstance(actual, dict):
            if "DOCUMENT" in expected and "DOCUMENT" in actual and isinstance(expected["DOCUMENT"], dict):
                self.documents[int(expected["DOCUMENT"]["ID"])] = int(actual["DOCUMENT"]["ID"])
            if "deploy_id" in expected and "deploy_id" in actual:
                self.vms[expected["deploy_id"]] = actual["deploy_id"]
            for key in expected.keys() & actual.keys():
                self._learn(expected[key], actual[key])
        elif isinstance(expected, list) and isinstance(actual, list):
            for one, other in zip(expected, actual, strict=False):
                self._learn(one, other)

    def _mapped(self, key: str, value: Any, siblings: Any) -> Any:
        """A recorded leaf with this sandbox's ids."""
        if key in ("deploy_id", "OID", "VMID", "FL_NODE_ID") or (key == "ID" and "TYPE" not in siblings):
            return type(value)(self.vms.get(int(value), value))
        if key in ("SERVICE_ID", "id") or (key == "ID" and "TYPE" in siblings):
            return type(value)(self.documents.get(int(value), value)) if value else value
        if isinstance(value, str):
            if key == "TARGET":
                return re.sub(r"one-(\d+)-", lambda match: f"one-{self.vms.get(int(match[1]), match[1])}-", value)
            return _text(value, self._mapped_number)
        return value

    def _mapped_number(self, kind: str, number: int) -> int:
        """A recorded id in a text; an unknown VM is one outside the service."""
        return self.vms.get(number, _STRANGER) if kind == "VM " else self.documents.get(number, number)


def _text(text: str, mapped: Callable[[str, int], int] = lambda _, number: number) -> str:
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:PORT", text)
    text = re.sub(r"^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: ", "DATE: ", text)
    text = re.sub(r'"registration_time":\d+', '"registration_time":0', text)
    return _IN_TEXT.sub(lambda match: f"{match['before']}{mapped(match['before'], int(match['id']))}", text)


def normal(
    value: Any, mapped: Callable[[str, Any, Any], Any] | None = None, key: str = "", siblings: Any = None
) -> Any:
    """A value without what differs from run to run; `mapped` translates the recorded leaves."""
    if key in _VOLATILE and not isinstance(value, (dict, list)):
        return f"some {type(value).__name__}"
    if key == "MONITORING":
        return "some monitoring"
    if isinstance(value, dict):
        return {name: normal(item, mapped, name, value) for name, item in value.items()}
    if isinstance(value, list):
        return [normal(item, mapped, key, siblings) for item in value]
    if mapped is not None:
        return mapped(key, value, siblings)
    return _text(value) if isinstance(value, str) else value


def same(where: str, actual: Any, expected: Any) -> None:
    """Fail with the place of the first difference unless two values are the same, of the same types."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        missing, surplus = expected.keys() - actual.keys(), actual.keys() - expected.keys()
        assert not missing, f"{where}: {sorted(missing)} missing"
        assert not surplus, f"{where}: {sorted(surplus)} too many"
        for key, value in expected.items():
            same(f"{where}.{key}", actual[key], value)
    elif isinstance(expected, list) and isinstance(actual, list):
        assert len(actual) == len(expected), f"{where}: {actual!r} instead of {expected!r}"
        for number, value in enumerate(expected):
            same(f"{where}[{number}]", actual[number], value)
    else:
        assert type(actual) is type(expected), f"{where}: {actual!r} instead of {expected!r}"
        assert actual == expected, f"{where}: {actual!r} instead of {expected!r}"


def _tree(node: ElementTree.Element) -> Any:
    if not len(node):
        return node.text or ""
    children: dict[str, Any] = {}
    for child in node:
        children.setdefault(child.tag, []).append(_tree(child))
    return children
