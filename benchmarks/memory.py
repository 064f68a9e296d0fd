"""The most memory that a dashboard of 1,000 VMs ever has resident, refreshes and a walk through the table included."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import bare_table
from benchmarks.crowd import SERVICE
from benchmarks.stage import staged
from benchmarks.table import Row
from benchmarks.terminal import END, Terminal, dashboard, private_environment

VMS = 1000
TARGET = 90.0
_REFRESHES = 10


def rows() -> Iterator[Row]:
    """Peak resident size, against a bare Textual app with a table of as many rows."""
    with private_environment() as environment:
        terminal = Terminal(["-m", "benchmarks.bare_table", str(VMS)], environment)
        try:
            terminal.wait_for(bare_table.SHOWN)
            terminal.count(1.0)
            bare = terminal.peak()
        finally:
            terminal.close()
    with (
        staged(VMS) as stage,
        dashboard(stage.environment, SERVICE, f"{VMS - 1}/{VMS - 1} READY") as terminal,
    ):
        for _ in range(_REFRESHES):
            terminal.send(b"r")
            terminal.count(1.0)
        terminal.send(END)
        terminal.count(2.0)
        ours = terminal.peak()
    name = f"peak memory at {VMS:,} VMs"
    yield Row(f"{name}: bare Textual table", bare, "MB", digits=1)
    yield Row(f"{name}: wizard", ours, "MB", TARGET, digits=1)
    yield Row(f"{name}: wizard / bare", ours / bare, digits=2)
