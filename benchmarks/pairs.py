"""Two programs, run in turn: a slow moment of the machine hits both."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.table import Row

RUNS = 9


def rows(
    name: str,
    ours: Sequence[str],
    reference: tuple[str, Sequence[str]],
    target: float,
    environment: Mapping[str, str] | None = None,
) -> list[Row]:
    """The medians of both, and the median of their ratios pair by pair. Both are arguments of this Python."""
    other, command = reference
    pairs = [(_seconds(ours, environment), _seconds(command, environment)) for _ in range(RUNS + 1)][1:]
    return [
        Row(f"{name}: {other}", median(theirs for _, theirs in pairs), "s", digits=3),
        Row(f"{name}: wizard", median(mine for mine, _ in pairs), "s", digits=3),
        Row(f"{name}: wizard / {other}", median(mine / theirs for mine, theirs in pairs), "", target, digits=2),
    ]


def _seconds(arguments: Sequence[str], environment: Mapping[str, str] | None) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment, check=True, capture_output=True, timeout=60)
    return time.perf_counter() - begin
