"""From READY on server to screen, by polling alone and with OpenNebula's events."""

from __future__ import annotations

import base64
import importlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.crowd import SERVICE
from benchmarks.stage import staged
from benchmarks.table import Row
from benchmarks.terminal import dashboard

VMS = 12
RUNS = 8
_NOWHERE = "tcp://127.0.0.1:9"
_LONGEST_PAUSE = 2.0

Tell = Callable[[int, str], None]


def rows() -> Iterator[Row]:
    """One VM after another says READY, at moments that have nothing to do with the polls."""
    polled = _seconds(_NOWHERE, lambda *_: None)
    yield Row(f"READY on server to screen: by poll, median of {RUNS}", median(polled), "s", digits=2)
    yield Row(f"READY on server to screen: by poll, longest of {RUNS}", max(polled), "s", digits=2)
    try:
        zmq = importlib.import_module("zmq")
    except ImportError:
        return
    with _publisher(zmq) as (url, tell):
        pushed = _seconds(url, tell)
    yield Row(f"READY on server to screen: by push, median of {RUNS}", median(pushed), "s", digits=2)
    yield Row(f"READY on server to screen: by push, longest of {RUNS}", max(pushed), "s", digits=2)
    yield Row("READY on server to screen: push / poll", median(pushed) / median(polled), digits=2)


def _seconds(url: str, tell: Tell) -> list[float]:
    chance = random.Random(7)
    with staged(VMS, silent=RUNS + 1) as stage:
        told = VMS - 1 - (RUNS + 1)
        environment = {**stage.environment, "ONE_ZMQ": url}
        with dashboard(environment, SERVICE, f"{told}/{VMS - 1} READY") as terminal:
            oned, found = stage.oned(), []
            for ready in range(told + 1, told + 1 + RUNS):
                terminal.count(1.0 + chance.uniform(0, _LONGEST_PAUSE))
                begin = time.perf_counter()
                _says_ready(oned, ready, tell)
                terminal.wait_for(f"{ready}/{VMS - 1} READY", 30)
                found.append(time.perf_counter() - begin)
    return found


def _says_ready(oned: Any, vm_id: int, tell: Tell) -> None:
    text = 'READY="YES"'
    oned.vm.update(vm_id, text, 1)
    tell(vm_id, text)


@contextmanager
def _publisher(zmq: Any) -> Iterator[tuple[str, Tell]]:
    """What OpenNebula's hook manager is: its address, and how it tells that a VM was updated."""
    socket = zmq.Context.instance().socket(zmq.PUB)
    socket.setsockopt(zmq.LINGER, 0)
    port = socket.bind_to_random_port("tcp://127.0.0.1")

    def tell(vm_id: int, text: str) -> None:
        values = "".join(f"<PARAMETER><VALUE>{value}</VALUE></PARAMETER>" for value in ("****", vm_id, text, 1))
        body = base64.b64encode(f"<CALL_INFO><PARAMETERS>{values}</PARAMETERS></CALL_INFO>".encode())
        socket.send_multipart([b"EVENT API one.vm.update 1", body])

    try:
        yield f"tcp://127.0.0.1:{port}", tell
    finally:
        socket.close()
