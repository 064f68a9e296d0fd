"""OpenNebula's event bus: what its hook manager publishes by ZeroMQ wakes whoever watches a service.

An event is never more than a reason to ask: what is drawn comes from the next poll, and what was lost on the way the
poll makes up for. Where nobody publishes, or nothing is heard, nothing else changes.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import socket as sockets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wizard.operations.watch import Watch, settled

if TYPE_CHECKING:
    from zmq.sugar.socket import SyncSocket

    from wizard.core.opennebula.snapshot import ServiceSnapshot

USUAL = "tcp://localhost:2101"
"""Where OpenNebula publishes unless its configuration says otherwise."""

LEAST = 0.5
"""Seconds between two wakings."""

GUESSED = 2.0
"""Seconds between two wakings by VMs that the service does not list yet: they may be another service's."""

TOPICS = ("EVENT SERVICE ", "EVENT STATE VM/", "EVENT VM ", "EVENT API one.vm.update 1")
"""Topics to subscribe to. READY arrives by the last one: a report of a guest is an update of its VM."""

_RETRY, _RETRY_MOST = 1_000, 30_000
"""Milliseconds between two attempts to connect: at first, and the longer nobody publishes."""
_SILENT = 60
"""Seconds of silence after which TCP looks whether the other end is still there."""
_VALUE = re.compile(r"<VALUE>(\d{1,10})</VALUE>")
_HERE = ("localhost", "127.0.0.1", "::1")
_LONGEST = 1_000_000
_MOST = 16_000_000
"""Bytes of one message that are taken; OpenNebula's are a VM at most."""


class Link(Enum):
    """How it stands with the event bus."""

    NONE = "none"
    """There is no address to listen at, or what was given is none."""
    WAITING = "waiting"
    """Nobody publishes there now; it is tried again and again."""
    CONNECTED = "connected"


def address(oned_url: str, environment: Mapping[str, str]) -> str:
    """Address to listen at: ONE_ZMQ, else the usual place if oned is on this machine; empty for nowhere.

    Blocks while a host name is looked up.
    """
    return environment.get("ONE_ZMQ", "").strip() or (USUAL if _is_here(urlsplit(oned_url).hostname or "") else "")


def listening(watch: Watch, environment: Mapping[str, str], wake: Callable[[], object]) -> EventBus:
    """Listen to what concerns the service of a watch, which polls seldom while events are heard.

    `wake` is called in another thread.
    """
    oned_url = watch.cloud.oned_url
    bus = EventBus(lambda: address(oned_url, environment), watch.service_id, lambda: watch.latest.snapshot, wake)
    watch.has_push = lambda: bus.connected
    bus.start()
    return bus


def _is_here(host: str) -> bool:
    """True if a host is this machine: one of its addresses can be bound to here."""
    if host in _HERE:
        return True
    try:
        found = sockets.getaddrinfo(host, None, type=sockets.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return False
    for family, kind, protocol, _, place in found:
        try:
            with sockets.socket(family, kind, protocol) as probe:
                probe.bind((place[0], 0))
        except OSError:
            continue
        return True
    return False


class Concern(Enum):
    """Relation of an event to a service."""

    NOTHING = 0
    PERHAPS = 1
    """It is about a VM that is newer than those that the service lists."""
    CERTAIN = 2


def concern(topic: str, body: str, service_id: int, vm_ids: Collection[int], newest: int | None) -> Concern:
    """Relation of an event to a service and its VMs.

    `body` is base64 of XML, as OpenNebula sends it. `newest` is the highest id of a VM that is known while the service
    may get more of them, else None.
    """
    if topic.startswith("EVENT SERVICE "):
        mine = _number(topic.removeprefix("EVENT SERVICE ")) == service_id
        return Concern.CERTAIN if mine else Concern.NOTHING
    if topic.startswith("EVENT STATE VM/"):
        subjects = {_number(topic.rpartition("/")[2])}
    elif topic.startswith("EVENT VM "):
        subjects = {_number(topic.removeprefix("EVENT VM ").partition("/")[0])}
    elif topic.startswith("EVENT API one.vm.update 1"):
        # Any of its parameters may be the VM's id: waking once too often does no harm.
        return Concern.CERTAIN if _values(body).intersection(vm_ids) else Concern.NOTHING
    else:
        return Concern.NOTHING
    if subjects.intersection(vm_ids):
        return Concern.CERTAIN
    new = newest is not None and any(number > newest for number in subjects)
    return Concern.PERHAPS if new else Concern.NOTHING


def _values(body: str) -> set[int]:
    if len(body) > _LONGEST:
        return set()
    try:
        text = base64.b64decode(body).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return set()
    return {int(value) for value in _VALUE.findall(text)}


def _number(text: str) -> int:
    word = text.strip()
    return int(word) if len(word) <= 10 and word.isascii() and word.isdigit() else -1


@dataclass
class EventBus:
    """Listens in a daemon thread and calls `wake` there.

    `find` gives the address to listen at, and may block; `snapshot` the service as it was seen last. `wake` is called
    too when somebody begins or ceases to publish: the pause between two polls is another then.
    """

    find: Callable[[], str]
    service_id: int
    snapshot: Callable[[], ServiceSnapshot | None]
    wake: Callable[[], object]
    link: Link = Link.NONE
    url: str = ""
    heard: int = 0
    """How many events about this service came."""
    _ending: sockets.socket | None = None
    _due: float | None = None
    _woke: float = -math.inf

    @property
    def connected(self) -> bool:
        """True while somebody publishes whom we hear."""
        return self.link is Link.CONNECTED

    @property
    def sentence(self) -> str:
        """How it stands, in a sentence."""
        if self.link is Link.NONE:
            return "OpenNebula's events are not listened to."
        if self.connected:
            return f"OpenNebula's events are heard at {self.url}."
        return f"OpenNebula's events are not heard: nobody publishes at {self.url}."

    def start(self) -> None:
        """Begin to listen."""
        self._ending, ending = sockets.socketpair()
        threading.Thread(target=self._run, args=(ending,), daemon=True, name="event bus").start()

    def stop(self) -> None:
        """Listen no more; returns at once."""
        if self._ending is not None:
            self._ending.close()

    def _run(self, ending: sockets.socket) -> None:
        with ending:
            self.url = self.find()
            if self.url:
                self._listen(ending)
        self.link = Link.NONE

    def _listen(self, ending: sockets.socket) -> None:
        # Late: it takes as long as a third of Home's first paint, and only a dashboard listens.
        try:
            import zmq
        except ImportError:
            return  # Its library is broken here: the cloud is polled all the same.

        # A context of its own: whoever listens elsewhere goes on when this one ends.
        with zmq.Context() as context, context.socket(zmq.SUB) as events:
            events.linger = 0
            events.maxmsgsize = _MOST
            events.tcp_keepalive, events.tcp_keepalive_idle = 1, _SILENT
            events.reconnect_ivl, events.reconnect_ivl_max = _RETRY, _RETRY_MOST
            for topic in TOPICS:
                events.setsockopt_string(zmq.SUBSCRIBE, topic)
            with events.get_monitor_socket(zmq.Event.HANDSHAKE_SUCCEEDED | zmq.Event.DISCONNECTED) as monitor:
                try:
                    events.connect(self.url)
                except zmq.ZMQError:
                    return
                self.link = Link.WAITING
                self._attend(events, monitor, ending)
                events.disable_monitor()

    def _attend(self, events: SyncSocket, monitor: SyncSocket, ending: sockets.socket) -> None:
        """Take what comes until `ending` is closed at its other end. Nothing is done while nothing comes."""
        import zmq

        poller = zmq.Poller()
        for source in (events, monitor, ending):
            poller.register(source, zmq.POLLIN)
        while True:
            left = None if self._due is None else max(0.0, self._due - time.monotonic())
            ready = dict(poller.poll(None if left is None else math.ceil(left * 1000)))
            if ending.fileno() in ready:
                return
            if monitor in ready:
                self._news_of_link(monitor)
            if events in ready:
                parts = [part.decode("utf-8", "replace") for part in events.recv_multipart()]
                self._hear(parts[0], parts[-1])
            if self._due is not None and time.monotonic() >= self._due:
                self._due, self._woke = None, time.monotonic()
                self.wake()

    def _hear(self, topic: str, body: str) -> None:
        """Plan to wake for an event that concerns the service: at once, or when the last time is long enough ago."""
        snapshot = self.snapshot()
        vm_ids = snapshot.vm_ids if snapshot else ()
        newest = None if snapshot is None or settled(snapshot) else max(vm_ids, default=-1)
        found = concern(topic, body, self.service_id, vm_ids, newest)
        if found is Concern.NOTHING:
            return
        self.heard += 1
        due = self._woke + (LEAST if found is Concern.CERTAIN else GUESSED)
        self._due = due if self._due is None else min(due, self._due)

    def _news_of_link(self, monitor: SyncSocket) -> None:
        import zmq
        from zmq.utils.monitor import recv_monitor_message

        event = recv_monitor_message(monitor)["event"]
        if event == zmq.Event.HANDSHAKE_SUCCEEDED:
            self.link = Link.CONNECTED
        elif event == zmq.Event.DISCONNECTED and self.connected:
            self.link = Link.WAITING
        else:
            return
        self.wake()
