"""From a key to its paint while a dashboard of 1,000 VMs refreshes, in a real terminal."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from statistics import median

from benchmarks import bare_table
from benchmarks.crowd import SERVICE
from benchmarks.stage import staged
from benchmarks.table import Row
from benchmarks.terminal import DOWN, Terminal, dashboard, private_environment

VMS = 1000
KEYS = 90
TARGET = 50.0
_LONGEST_PAUSE = 0.4
_LONGEST_REFRESH = 0.5
"""Seconds after the beginning of a refresh within which a key is pressed: before, during and after its work."""


def rows() -> Iterator[Row]:
    """Half of the keys are pressed while a refresh was just begun; the reference has nothing to refresh."""
    with private_environment() as environment:
        terminal = Terminal(["-m", "benchmarks.bare_table", str(VMS)], environment)
        try:
            terminal.wait_for(bare_table.SHOWN)
            terminal.count(1.0)
            bare = _presses(terminal, b"")
        finally:
            terminal.close()
    with staged(VMS) as stage:
        before = stage.traffic()
        with dashboard(stage.environment, SERVICE, f"{VMS - 1}/{VMS - 1} READY") as terminal:
            ours = _presses(terminal, b"r")
            polls = (stage.traffic() - before).requests // 2
    name = f"key to paint at {VMS:,} VMs"
    yield Row(f"{name}: bare Textual table, p95 of {KEYS}", _p95(bare), "ms", digits=1)
    yield Row(f"{name}: wizard, median of {KEYS}, {polls} polls meanwhile", median(ours), "ms", digits=1)
    yield Row(f"{name}: wizard, p95 of {KEYS}", _p95(ours), "ms", TARGET, digits=1)
    yield Row(f"{name}: wizard, longest of {KEYS}", max(ours), "ms", digits=1)
    yield Row(f"{name}: wizard / bare, p95", _p95(ours) / _p95(bare), digits=1)


def _presses(terminal: Terminal, refresh: bytes) -> list[float]:
    chance = random.Random(7)
    found = []
    for number in range(KEYS):
        if number % 2 and refresh:
            terminal.send(refresh)
            terminal.count(chance.uniform(0, _LONGEST_REFRESH))
        else:
            terminal.count(chance.uniform(0.05, _LONGEST_PAUSE))
        found.append(1000 * terminal.painted(DOWN))
    return found


def _p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]
