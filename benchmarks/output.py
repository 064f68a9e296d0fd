"""Bytes to a terminal of 120x40 that shows a service of 1,000 VMs: while nothing happens, and when a VM changes."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.crowd import SERVICE
from benchmarks.stage import NOWHERE, staged
from benchmarks.table import Row
from benchmarks.terminal import COLUMNS, LINES, Terminal, dashboard

VMS = 1000
IDLE = 60.0
CHANGED = (3, 5, 7, 9, 11)
"""VMs that stand on the first screen, powered off one after another."""
CHANGE_TARGET = 2000.0
_OFF = 1.5
"""Seconds after which a VM that was told to power off is off, and OneFlow has taken note."""
_SEEN = 3.0
"""Seconds after a refresh in which all of it is painted."""


def rows() -> Iterator[Row]:
    """What is idle polls as always; what changes is one VM, and with it its role, the service, and the events."""
    name = f"bytes to {COLUMNS}x{LINES} at {VMS:,} VMs"
    with (
        staged(VMS) as stage,
        # By polling alone: where events are heard, each step of a VM on its way is a look of its own.
        dashboard({**stage.environment, "ONE_ZMQ": NOWHERE}, SERVICE, f"{VMS - 1}/{VMS - 1} READY") as terminal,
    ):
        # The first result of so many VMs may take long enough to stretch the pause that the top line tells of.
        terminal.send(b"r")
        terminal.rest()
        begin = stage.traffic()
        idle = terminal.count(IDLE)
        asked = (stage.traffic() - begin).requests
        oned = stage.oned()
        changes = []
        for vm_id in CHANGED:
            oned.vm.action("poweroff", vm_id)
            changes.append(_seen(terminal))
    yield Row(f"{name}: idle for {IDLE:g} s", idle, "B", 0)
    yield Row(f"{name}: requests meanwhile", asked)
    yield Row(f"{name}: first VM off, and so the service WARNING", changes[0], "B")
    yield Row(f"{name}: a VM off, median of {len(changes)}", median(changes), "B", CHANGE_TARGET)
    yield Row(f"{name}: a VM off, most of {len(changes)}", max(changes), "B")


def _seen(terminal: Terminal) -> int:
    before = terminal.count(_OFF)
    terminal.send(b"r")
    return before + terminal.count(_SEEN)
