"""OpenNebula's own events as a nudge to look at once: ZeroMQ on the frontend, where pyzmq is installed.

An event says that something may have changed, never what is so: that is always asked. Without the library, without
the publisher, or in its silence nothing is lost but speed.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

USUAL = "tcp://localhost:2101"
"""Where OpenNebula publishes unless its configuration says otherwise."""

LEAST = 0.5
"""Seconds between two nudges."""

TOPICS = ("EVENT SERVICE ", "EVENT STATE VM/", "EVENT VM ", "EVENT API one.vm.update 1")
"""What is subscribed to; READY arrives by the last one, since a guest's word is an update of the VM."""

_LISTEN = 500
_VALUE = re.compile(r"<VALUE>(\d+)</VALUE>")
_HERE = ("localhost", "127.0.0.1", "::1")


def address(oned_url: str, environment: Mapping[str, str]) -> str:
    """Where to listen: ONE_ZMQ, else the usual place if oned is on this machine; empty for nowhere."""
    return environment.get("ONE_ZMQ", "") or (USUAL if urlsplit(oned_url).hostname in _HERE else "")


def concerns(topic: str, body: str, service_id: int, vm_ids: Collection[int]) -> bool:
    """Whether an event is about this service or one of its VMs. `body` is base64 of XML, as OpenNebula sends it."""
    if topic.startswith("EVENT SERVICE "):
        return _number(topic.removeprefix("EVENT SERVICE ")) == service_id
    if topic.startswith("EVENT STATE VM/"):
        return _number(topic.rpartition("/")[2]) in vm_ids
    if topic.startswith("EVENT VM "):
        return _number(topic.removeprefix("EVENT VM ").partition("/")[0]) in vm_ids
    if topic.startswith("EVENT API one.vm.update 1"):
        try:
            told = base64.b64decode(body).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return False
        return any(int(value) in vm_ids for value in _VALUE.findall(told))
    return False


@dataclass
class Push:
    """Listens in a daemon thread and calls `wake` there. `vm_ids` tells which VMs matter now."""

    url: str
    service_id: int
    vm_ids: Callable[[], Collection[int]]
    wake: Callable[[], object]
    heard: int = 0
    """How many events about this service came."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> bool:
        """Begin to listen; False where there is nowhere to, or pyzmq is not installed."""
        if not self.url:
            return False
        try:
            zmq = importlib.import_module("zmq")
        except ImportError:
            return False
        threading.Thread(target=self._listen, args=(zmq,), daemon=True, name="push").start()
        return True

    def stop(self) -> None:
        """Listen no more."""
        self._stop.set()

    def _listen(self, zmq: Any) -> None:
        with zmq.Context.instance().socket(zmq.SUB) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            for topic in TOPICS:
                socket.setsockopt_string(zmq.SUBSCRIBE, topic)
            try:
                socket.connect(self.url)
            except zmq.ZMQError:
                return
            self._nudge(socket)

    def _nudge(self, socket: Any) -> None:
        spoke = 0.0
        waiting = False
        while not self._stop.is_set():
            left = max(0.0, spoke + LEAST - time.monotonic()) if waiting else _LISTEN / 1000
            if socket.poll(int(left * 1000)):
                parts = [part.decode("utf-8", "replace") for part in socket.recv_multipart()]
                if concerns(parts[0], parts[-1], self.service_id, self.vm_ids()):
                    self.heard += 1
                    waiting = True
            if waiting and time.monotonic() >= spoke + LEAST:
                spoke, waiting = time.monotonic(), False
                self.wake()


def _number(text: str) -> int:
    word = text.strip()
    return int(word) if word.isascii() and word.isdigit() else -1
