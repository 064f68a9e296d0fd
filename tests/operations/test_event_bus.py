"""OpenNebula's events: which concern a service, that one of them wakes at once, and how it stands with the bus."""

from __future__ import annotations

import base64
import socket as sockets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
import zmq

from tests.core.services import service, vm
from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.plan import Plan
from wizard.operations import event_bus
from wizard.operations.event_bus import USUAL, Concern, EventBus, Link, address, concern
from wizard.sandbox.server import Sandbox

Start = Callable[..., EventBus]


@dataclass
class Wakings:
    """The moments at which somebody was woken."""

    at: list[float] = field(default_factory=list)
    any: threading.Event = field(default_factory=threading.Event)

    def wake(self) -> None:
        self.at.append(time.monotonic())
        self.any.set()


@dataclass
class Publisher:
    """What OpenNebula's hook manager is: it publishes a topic, then a body."""

    url: str = ""
    socket: zmq.Socket[bytes] | None = None

    def open(self) -> None:
        self.socket = zmq.Context.instance().socket(zmq.PUB)
        self.socket.linger = 0
        port = int(self.url.rpartition(":")[2]) if self.url else 0
        self.url = f"tcp://127.0.0.1:{port or self.socket.bind_to_random_port('tcp://127.0.0.1')}"
        if port:
            wait_for(self._bound)

    def _bound(self) -> bool:
        """The port again; ZeroMQ closes what had it a moment after it was asked to."""
        assert self.socket is not None
        try:
            self.socket.bind(self.url)
        except zmq.ZMQError:
            return False
        return True

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def tell(self, topic: str, body: str = "") -> None:
        assert self.socket is not None
        self.socket.send_multipart([topic.encode(), body.encode()])


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    found = Publisher()
    found.open()
    yield found
    found.close()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts to listen for service 42, which is RUNNING with VMs 1 (the SuperLink) and 7."""
    buses: list[EventBus] = []

    def begin(
        url: str, wake: Callable[[], object], snapshot: ServiceSnapshot | None = None, service_id: int = 42
    ) -> EventBus:
        seen = snapshot or service([vm(7)])
        buses.append(EventBus(lambda: url, service_id, lambda: seen, wake))
        buses[-1].start()
        return buses[-1]

    yield begin
    for bus in buses:
        bus.stop()
    wait_for(lambda: not any(thread.name == "event bus" for thread in threading.enumerate()))


def wait_for(holds: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def call(*values: object) -> str:
    inside = "".join(f"<PARAMETER><VALUE>{value}</VALUE></PARAMETER>" for value in values)
    return base64.b64encode(f"<CALL_INFO><PARAMETERS>{inside}</PARAMETERS></CALL_INFO>".encode()).decode()


@pytest.mark.parametrize(
    ("topic", "body", "found"),
    [
        ("EVENT SERVICE 4", "", Concern.CERTAIN),
        ("EVENT SERVICE 42", "", Concern.NOTHING),
        ("EVENT SERVICE x", "", Concern.NOTHING),
        ("EVENT SERVICE " + "4" * 5000, "", Concern.NOTHING),
        ("EVENT STATE VM/ACTIVE/RUNNING/7", "", Concern.CERTAIN),
        ("EVENT STATE VM/ACTIVE/RUNNING/6", "", Concern.NOTHING),
        ("EVENT STATE VM/ACTIVE/RUNNING/70", "", Concern.PERHAPS),
        ("EVENT VM 7/ACTIVE/RUNNING", "", Concern.CERTAIN),
        ("EVENT VM 8/ACTIVE/RUNNING", "", Concern.PERHAPS),
        ("EVENT API one.vm.update 1", call("****", 7, "READY=YES"), Concern.CERTAIN),
        ("EVENT API one.vm.update 1", call("****", 8, "READY=YES"), Concern.NOTHING),
        ("EVENT API one.vm.update 1", "no base64 ü", Concern.NOTHING),
        ("EVENT API one.vm.update 1", call("7" * 5000), Concern.NOTHING),
        ("EVENT API one.vm.update 1", call(7) + "A" * 2_000_000, Concern.NOTHING),
        ("EVENT HOST 7/INIT/", "", Concern.NOTHING),
    ],
)
def test_what_concerns_a_service(topic: str, body: str, found: Concern) -> None:
    assert concern(topic, body, 4, {7}, 7) is found


def test_a_service_that_rests_gets_no_new_vms() -> None:
    assert concern("EVENT VM 8/ACTIVE/RUNNING", "", 4, {7}, None) is Concern.NOTHING


def test_where_is_listened() -> None:
    assert address("http://localhost:2633/RPC2", {}) == USUAL
    assert address("http://127.0.0.1:2633/RPC2", {}) == USUAL
    assert address("http://192.0.2.7:2633/RPC2", {}) == ""
    assert address("http://192.0.2.7:2633/RPC2", {"ONE_ZMQ": " tcp://f:1 "}) == "tcp://f:1"
    assert address("http://no host/RPC2", {}) == ""


def test_a_name_of_this_machine_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(address: str) -> Callable[..., object]:
        return lambda *_, **__: [(sockets.AF_INET, sockets.SOCK_DGRAM, 0, "", (address, 0))]

    monkeypatch.setattr(event_bus.sockets, "getaddrinfo", found("127.0.0.5"))
    assert address("http://frontend:2633/RPC2", {}) == USUAL
    monkeypatch.setattr(event_bus.sockets, "getaddrinfo", found("192.0.2.7"))
    assert address("http://frontend:2633/RPC2", {}) == ""


def test_an_event_wakes_at_once_and_many_of_them_seldom(publisher: Publisher, start: Start) -> None:
    woken = Wakings()
    bus = start(publisher.url, woken.wake)
    wait_for(lambda: bus.connected)
    # The subscription is on its way for a moment after both ends know each other.
    wait_for(lambda: publisher.tell("EVENT SERVICE 42") or bus.heard)
    wait_for(lambda: len(woken.at) >= 2)
    took = []
    # More than once: on a busy machine a thread may have to wait.
    while not took or (took[-1] > event_bus.LEAST / 2 and len(took) < 5):
        time.sleep(1.5 * event_bus.LEAST)
        begun, woken.at = time.monotonic(), []
        publisher.tell("EVENT STATE VM/ACTIVE/RUNNING/7")
        wait_for(lambda: woken.at)
        took.append(woken.at[0] - begun)
    assert min(took) < event_bus.LEAST / 2
    while time.monotonic() < begun + 2 * event_bus.LEAST:
        publisher.tell("EVENT STATE VM/ACTIVE/RUNNING/7")
        time.sleep(0.005)
    time.sleep(1.5 * event_bus.LEAST)
    assert 2 <= len(woken.at) <= 5
    assert all(later - earlier > 0.9 * event_bus.LEAST for earlier, later in pairwise(woken.at))


def test_new_vms_of_a_service_that_grows_wake_too(publisher: Publisher, start: Start) -> None:
    woken = Wakings()
    bus = start(publisher.url, woken.wake, service([vm(7)], "SCALING"))
    wait_for(lambda: bus.connected)
    wait_for(lambda: publisher.tell("EVENT STATE VM/ACTIVE/PROLOG/8") or bus.heard)
    wait_for(lambda: len(woken.at) >= 2)


def test_it_says_whether_somebody_publishes(publisher: Publisher, start: Start) -> None:
    woken = Wakings()
    publisher.close()
    bus = start(publisher.url, woken.wake)
    wait_for(lambda: bus.link is Link.WAITING)
    assert "nobody publishes at" in bus.sentence
    publisher.open()
    wait_for(lambda: bus.connected)
    assert publisher.url in bus.sentence
    wait_for(lambda: woken.at)
    publisher.close()
    wait_for(lambda: bus.link is Link.WAITING)
    # Whoever connects on a busy machine may lose the connection and have it again.
    wait_for(lambda: len(woken.at) >= 2)


def test_what_is_no_event_bus_is_not_connected(start: Start) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as server:
        bus = start(f"tcp://127.0.0.1:{server.getsockname()[1]}", lambda: None)
        with server.accept()[0] as peer:
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 100)
            time.sleep(0.2)
            assert bus.link is Link.WAITING


@pytest.mark.parametrize("url", ["", "no address", "tcp://", "udp://127.0.0.1:1"])
def test_without_an_address_nothing_is_listened_to(url: str, start: Start) -> None:
    bus = start(url, lambda: None)
    wait_for(lambda: not any(thread.name == "event bus" for thread in threading.enumerate()))
    assert bus.link is Link.NONE
    assert "not listened to" in bus.sentence


def test_silence_costs_nothing(publisher: Publisher, start: Start) -> None:
    woken = Wakings()
    bus = start(publisher.url, woken.wake)
    wait_for(lambda: bus.connected)
    wait_for(lambda: woken.at)
    begun = time.process_time()
    time.sleep(1.0)
    assert time.process_time() - begun < 0.05
    assert len(woken.at) == 1


def test_the_sandbox_publishes_as_opennebula_does(start: Start) -> None:
    woken = Wakings()
    with Sandbox(latency=0, speed=10, publishes=True) as sandbox:
        environment = sandbox.environment()
        cloud = Cloud(find_login(environment, Path("/nonexistent")), timeout=5.0, clock=sandbox.clock.now)
        try:
            made = deploy_plan(Plan(), cloud, lambda _: None)
            bus = start(
                address(cloud.oned_url, environment), woken.wake, cloud.services.poll(made.id).snapshot, made.id
            )
            wait_for(lambda: bus.connected)
            wait_for(lambda: cloud.services.poll(made.id).snapshot.complete)
        finally:
            cloud.close()
    assert bus.heard > 5
    assert len(woken.at) > 1
