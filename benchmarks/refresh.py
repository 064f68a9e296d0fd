"""One refresh of a service of 1,000 VMs: requests, CPU of the client, bytes to the terminal."""

from __future__ import annotations

import copy
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TypeVar

import pyone

from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.overview import vm_rows
from wizard.sandbox.blueprint import World
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import WORLDS

Result = TypeVar("Result")

VMS = 1000
STEADY_RUNS = 7
IDLE_SECONDS = 20.0
COLUMNS, LINES = 120, 40


def rows() -> list[tuple[str, str]]:
    """The rows about one service of 1,000 VMs, none of which changes but the one that we turn off."""
    with Sandbox(_world(), latency=0, clock=ManualClock()) as sandbox:
        return [*_client(sandbox), *_terminal(sandbox)]


def _client(sandbox: Sandbox) -> list[tuple[str, str]]:
    login = find_login(sandbox.environment(), Path("/nonexistent"))
    cloud = Cloud(login, timeout=60, clock=sandbox.clock.now)
    service_id = cloud.find_service("flower-large")
    before = len(sandbox.requests)
    first_cpu, first = _cpu(lambda: cloud.snapshot(service_id))
    first_requests = len(sandbox.requests) - before
    before = len(sandbox.requests)
    steady = [_cpu(lambda: cloud.snapshot(service_id, first))[0] for _ in range(STEADY_RUNS)]
    steady_requests = (len(sandbox.requests) - before) / STEADY_RUNS
    drawn = [_cpu(lambda: vm_rows(first))[0] for _ in range(STEADY_RUNS)]
    cloud.close()
    return [
        (f"refresh at {len(first.vm_ids):,} VMs, requests: first / steady", f"{first_requests} / {steady_requests:g}"),
        ("refresh, CPU of the client: first, ms", f"{first_cpu * 1000:.0f}"),
        ("refresh, CPU of the client: steady, median ms", f"{median(steady) * 1000:.0f}"),
        ("refresh, CPU to work out rows and partitions, median ms", f"{median(drawn) * 1000:.0f}"),
    ]


def _terminal(sandbox: Sandbox) -> list[tuple[str, str]]:
    environment = {**os.environ, **sandbox.environment(), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    main, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    command = [sys.executable, "-m", "wizard", "attach", "flower-large"]
    program = subprocess.Popen(
        command, env=environment, stdin=child, stdout=child, stderr=child, start_new_session=True
    )
    try:
        painted = _count(main, 25.0)
        idle = _count(main, IDLE_SECONDS)
        session = f"{sandbox.username}:{sandbox.password}"
        pyone.OneServer(sandbox.oned_url, session=session).vm.action("poweroff", VMS - 1)
        sandbox.clock.advance(10)
        changed = _count(main, IDLE_SECONDS)
    finally:
        program.kill()
        program.wait(10)
        os.close(main)
        os.close(child)
    return [
        (f"bytes to a {COLUMNS}x{LINES} terminal until all VMs stand there", f"{painted:,}"),
        (f"bytes to the terminal, idle for {IDLE_SECONDS:g} s of polling", f"{idle:,}"),
        ("bytes to the terminal when one VM and the service change", f"{changed:,}"),
    ]


def _count(terminal: int, seconds: float) -> int:
    total, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            total += len(os.read(terminal, 65536))
    return total


def _cpu(call: Callable[[], Result]) -> tuple[float, Result]:
    begin = time.thread_time()
    result = call()
    return time.thread_time() - begin, result


def _world() -> World:
    large = WORLDS["large"]
    service = large.services[0]
    template = copy.deepcopy(dict(service.template))
    supernode = next(role for role in template["roles"] if role["name"] == "supernode")
    supernode["cardinality"] = supernode["max_vms"] = VMS - 1
    hosts = tuple(replace(large.hosts[0], hid=number, name=f"node-{number:03}") for number in range(80))
    return replace(large, hosts=hosts, services=(replace(service, template=template),))
