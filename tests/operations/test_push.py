"""OpenNebula's events: which concern a service, and that one of them ends the pause at once."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from wizard.operations import watch as push
from wizard.operations.watch import USUAL, Push, address, concerns

zmq: Any = pytest.importorskip("zmq")


@pytest.fixture
def publisher() -> Iterator[tuple[Any, str]]:
    """What OpenNebula's hook manager is: it publishes a topic, then a body."""
    socket = zmq.Context.instance().socket(zmq.PUB)
    socket.setsockopt(zmq.LINGER, 0)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    yield socket, f"tcp://127.0.0.1:{port}"
    socket.close()


def body(*values: object) -> str:
    inside = "".join(f"<PARAMETER><VALUE>{value}</VALUE></PARAMETER>" for value in values)
    return base64.b64encode(f"<CALL_INFO><PARAMETERS>{inside}</PARAMETERS></CALL_INFO>".encode()).decode()


@pytest.mark.parametrize(
    ("topic", "text", "mine"),
    [
        ("EVENT SERVICE 4", "", True),
        ("EVENT SERVICE 42", "", False),
        ("EVENT SERVICE x", "", False),
        ("EVENT STATE VM/ACTIVE/RUNNING/7", "", True),
        ("EVENT STATE VM/ACTIVE/RUNNING/70", "", False),
        ("EVENT VM 7/ACTIVE/RUNNING", "", True),
        ("EVENT API one.vm.update 1", body("****", 7, "READY=YES"), True),
        ("EVENT API one.vm.update 1", body("****", 8, "READY=YES"), False),
        ("EVENT API one.vm.update 1", "no base64 ü", False),
        ("EVENT HOST 7/INIT/", "", False),
    ],
)
def test_what_concerns_a_service(topic: str, text: str, mine: bool) -> None:
    assert concerns(topic, text, 4, {7}) is mine


def test_where_is_listened() -> None:
    assert address("http://localhost:2633/RPC2", {}) == USUAL
    assert address("http://frontend:2633/RPC2", {}) == ""
    assert address("http://frontend:2633/RPC2", {"ONE_ZMQ": "tcp://f:1"}) == "tcp://f:1"


def test_an_event_wakes_at_once_and_many_of_them_seldom(publisher: tuple[Any, str]) -> None:
    socket, url = publisher
    woken: list[float] = []
    awake = threading.Event()
    listening = Push(url, 4, lambda: {7}, lambda: (woken.append(time.monotonic()), awake.set()))
    assert listening.start()
    end = time.monotonic() + 10
    while not awake.is_set():
        assert time.monotonic() < end
        socket.send_multipart([b"EVENT SERVICE 4", b""])
        awake.wait(0.02)
    begun = time.monotonic()
    while time.monotonic() < begun + 2 * push.LEAST:
        socket.send_multipart([b"EVENT STATE VM/ACTIVE/RUNNING/7", b""])
        time.sleep(0.005)
    time.sleep(1.5 * push.LEAST)
    listening.stop()
    for thread in [thread for thread in threading.enumerate() if thread.name == "push"]:
        thread.join(5)
    assert 2 <= len(woken) <= 5
    assert all(later - earlier > 0.9 * push.LEAST for earlier, later in pairwise(woken))


def test_without_a_publisher_or_the_library_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Push("tcp://127.0.0.1:9", 4, lambda: set(), lambda: None)
    odd = Push("no address", 4, lambda: set(), lambda: None)
    assert nobody.start()
    assert odd.start()
    nobody.stop()
    odd.stop()
    for thread in [thread for thread in threading.enumerate() if thread.name == "push"]:
        thread.join(5)
    assert not Push("", 4, lambda: set(), lambda: None).start()

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("wizard.operations.watch.importlib.import_module", missing)
    assert not Push("tcp://127.0.0.1:9", 4, lambda: set(), lambda: None).start()
