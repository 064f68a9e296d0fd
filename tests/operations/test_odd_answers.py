"""The service was made, and the answer is odd: it is looked whether it happened, and nothing is made twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.relay import Behind, Relay
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import LOST, Refused
from wizard.core.plan.plan import Plan
from wizard.operations.deploy import send
from wizard.operations.prepare import prepare
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.storage.process_files import DeploymentRecord

Altered = tuple[int, bytes]


@pytest.fixture
def behind() -> Iterator[Behind]:
    with Sandbox(latency=0, clock=ManualClock(1_795_428_900)) as sandbox, Relay(sandbox.oneflow_url) as relay:
        yield Behind(sandbox, relay)


def changed(change: Callable[[Any], object]) -> Callable[[int, bytes], Altered]:
    """Changes the document of a 201."""

    def altered(status: int, text: bytes) -> Altered:
        document = json.loads(text)
        change(document["DOCUMENT"])
        return status, json.dumps(document).encode()

    return altered


def proxy(status: int, text: bytes) -> Callable[[int, bytes], Altered]:
    return lambda _status, _text: (status, text)


ODD = {
    **{f"{status}": proxy(status, b"try again later") for status in (408, 429, 502, 503, 504)},
    "500 of a proxy": proxy(500, b"Internal Server Error"),
    "404 of a proxy": proxy(404, b"no such route"),
    "400 of a proxy": proxy(400, b"400 Bad Request"),
    "500 of a time-out": proxy(500, b"Net::ReadTimeout with #<TCPSocket:(closed)>"),
    "no id": changed(lambda document: document.pop("ID")),
    "id null": changed(lambda document: document.update(ID=None)),
    "body null": changed(lambda document: document["TEMPLATE"].update(BODY=None)),
    "no template": changed(lambda document: document.pop("TEMPLATE")),
    "no document": changed(lambda document: document.clear()),
}


def services(cloud: Cloud) -> list[int]:
    return [item.id for item in cloud.services.list()]


@pytest.mark.parametrize("odd", ODD)
def test_a_service_that_was_made_is_found(behind: Behind, odd: str, tmp_path: Path) -> None:
    behind.relay.alter = lambda method, path, status, text: (
        ODD[odd](status, text) if method == "POST" and path.endswith("/action") else (status, text)
    )
    cloud = behind.cloud()
    told: list[str] = []
    record = DeploymentRecord(cloud.where, folder=tmp_path)
    service = send(prepare(Plan(), cloud), cloud, told.append, record)
    assert services(cloud) == [service.id]
    assert any("the answer was lost" in line for line in told)
    cloud.close()


@pytest.mark.parametrize("odd", [name for name in ODD if name != "body null"])
def test_a_template_that_was_registered_is_found(behind: Behind, odd: str) -> None:
    behind.relay.alter = lambda method, path, status, text: (
        ODD[odd](status, text) if (method, path) == ("POST", "/service_template") else (status, text)
    )
    cloud = behind.cloud()
    send(prepare(Plan(), cloud), cloud, list[str]().append)
    assert [item.name for item in cloud.templates.list()].count(Plan().name) == 1
    cloud.close()


@pytest.mark.parametrize("odd", ODD)
def test_where_nobody_can_say_whether_it_was_made_the_same_goes_on_with_it_later(
    behind: Behind, odd: str, tmp_path: Path
) -> None:
    made = False

    def alter(method: str, path: str, status: int, text: bytes) -> Altered:
        nonlocal made
        if method == "POST" and path.endswith("/action"):
            made = True
            return ODD[odd](status, text)
        return (502, b"down") if made else (status, text)

    behind.relay.alter = alter
    cloud = behind.cloud()
    with pytest.raises(LOST, match="look at"):
        send(prepare(Plan(), cloud), cloud, list[str]().append, DeploymentRecord(cloud.where, folder=tmp_path))
    behind.relay.alter = lambda _method, _path, status, text: (status, text)
    told: list[str] = []
    again = send(prepare(Plan(), cloud), cloud, told.append, DeploymentRecord(cloud.where, folder=tmp_path))
    assert services(cloud) == [again.id]
    assert any("going on with service" in line for line in told)
    assert [item.name for item in cloud.templates.list()].count(Plan().name) == 1
    cloud.close()


def test_what_oneflow_itself_refuses_is_refused_and_leaves_no_record(behind: Behind, tmp_path: Path) -> None:
    text = b"Role 'superlink' 'cardinality' must be lower than or equal to 'max_vms'"
    behind.relay.alter = lambda method, path, status, answer: (
        (500, text) if method == "POST" and path.endswith("/action") else (status, answer)
    )
    cloud = behind.cloud()
    record = DeploymentRecord(cloud.where, folder=tmp_path)
    with pytest.raises(Refused, match="max_vms"):
        send(prepare(Plan(), cloud), cloud, list[str]().append, record)
    assert [path for path in tmp_path.iterdir() if path.stem.startswith("left-")] == []
    cloud.close()
