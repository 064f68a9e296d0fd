"""One refresh of a service in which nothing changes, by the number of its VMs: requests, bytes, CPU."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from lxml import etree

from benchmarks.crowd import SERVICE
from benchmarks.stage import Stage, staged
from benchmarks.table import Row
from benchmarks.terminal import private_environment
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login

Result = TypeVar("Result")

SIZES = (10, 100, 1000, 10_000)
RUNS = 9
MOST_REQUESTS = 3.0
PROMISED = 1000
"""The number of VMs at which something is promised of the CPU."""
ALL_TARGET, SCREEN_TARGET = 150.0, 50.0
MANY, TIMES_LXML = 10_000, 4.0
"""The number of VMs at which the client is held against lxml, and how many times as long it may take."""
_TIMEOUT = 240.0


def rows() -> Iterator[Row]:
    """The rows of each size, smallest first."""
    for vms in SIZES:
        with staged(vms) as stage:
            runs = RUNS if vms <= PROMISED else 3
            yield from _client(stage, vms, runs)
            yield from _screen(stage, vms, runs)


def _client(stage: Stage, vms: int, runs: int) -> Iterator[Row]:
    name = f"refresh at {vms:,} VMs"
    cloud = Cloud(find_login(stage.environment, Path("/nonexistent")), timeout=_TIMEOUT)
    service_id = cloud.services.find(SERVICE).id
    begin = stage.traffic()
    first_cpu, seen = _cpu(lambda: cloud.services.poll(service_id).snapshot)
    first = stage.traffic() - begin
    begin, cpu = stage.traffic(), []
    for _ in range(runs):
        seconds, poll = _cpu(partial(cloud.services.poll, service_id, seen))
        seen = poll.snapshot
        cpu.append(seconds)
    steady = stage.traffic() - begin
    cloud.close()
    if len(seen.facts) != vms:
        raise RuntimeError(f"{len(seen.facts)} of {vms} VMs were seen")
    reference = _parsing(stage, vms, runs)
    yield Row(f"{name}: requests, first", first.requests, target=MOST_REQUESTS)
    yield Row(f"{name}: requests, steady", steady.requests / runs, target=MOST_REQUESTS, digits=1)
    yield Row(f"{name}: received, first", first.received / 1000, "kB")
    yield Row(f"{name}: received, steady", steady.received / runs / 1000, "kB")
    yield Row(f"{name}: CPU of the client's thread, first", 1000 * first_cpu, "ms")
    yield Row(f"{name}: CPU of the client's thread, steady", 1000 * median(cpu), "ms", digits=1)
    times = TIMES_LXML if vms == MANY else None
    yield Row(f"{name}: client / lxml reading the VMs' XML", median(cpu) / reference, target=times, digits=1)


def _screen(stage: Stage, vms: int, runs: int) -> Iterator[Row]:
    name = f"refresh at {vms:,} VMs"
    command = [sys.executable, "-m", "benchmarks.headless", SERVICE, str(vms), str(runs)]
    with private_environment(stage.environment) as environment:
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, timeout=2 * _TIMEOUT)
    thread, process = zip(*json.loads(done.stdout), strict=True)
    promised = vms == PROMISED
    yield Row(f"{name}: CPU of all threads", 1000 * median(process), "ms", ALL_TARGET if promised else None)
    yield Row(f"{name}: CPU of the screens' thread", 1000 * median(thread), "ms", SCREEN_TARGET if promised else None)


def _parsing(stage: Stage, vms: int, runs: int) -> float:
    """Seconds of CPU that lxml alone takes for the VMs in short form: what no client of oned can go below."""
    session = f"{stage.environment['ONEFLOW_USER']}:{stage.environment['ONEFLOW_PASSWORD']}"
    ids = ",".join(map(str, range(vms)))
    with xmlrpc.client.ServerProxy(stage.environment["ONE_XMLRPC"]) as oned:
        answer = oned.one.vmpool.infoset(session, ids, False)
    text = answer[1].encode() if isinstance(answer, list) else b""
    return median(_cpu(lambda: etree.fromstring(text))[0] for _ in range(runs))


def _cpu(call: Callable[[], Result]) -> tuple[float, Result]:
    begin = time.thread_time()
    result = call()
    return time.thread_time() - begin, result
