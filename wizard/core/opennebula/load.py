"""What oned's monitoring measured of a VM, and how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LEVELS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Sample:
    """One measurement: Unix time, CPU in percent of one core, memory in KB."""

    at: int
    cpu: int
    memory: int


def spark(values: Sequence[float], width: int, most: float | None = None) -> str:
    """The last of some values as bars of eight heights; the highest is `most`, by default the greatest of them."""
    shown = values[-width:]
    top = max([most or 0.0, *shown])
    if top <= 0:
        return _LEVELS[0] * len(shown)
    highest = len(_LEVELS) - 1
    return "".join(_LEVELS[min(highest, int(max(0.0, value) / top * len(_LEVELS)))] for value in shown)


def short_load(samples: Sequence[Sample], width: int = 16) -> tuple[str, ...]:
    """The same where there is little room."""
    if not samples:
        return ()
    last = samples[-1]
    return (
        f"cpu {spark([item.cpu for item in samples], width, 100.0)} {last.cpu} %",
        f"mem {spark([item.memory for item in samples], width)} {last.memory / 1024:.0f} MB",
    )


def load_lines(samples: Sequence[Sample], width: int = 40) -> tuple[str, ...]:
    """CPU and memory as a line each: bars, oldest first, and the latest value; empty where nothing was measured."""
    if not samples:
        return ()
    last = samples[-1]
    return (
        f"CPU        {spark([item.cpu for item in samples], width, 100.0)} {last.cpu} % of a core",
        f"memory     {spark([item.memory for item in samples], width)} {last.memory / 1024:.0f} MB",
    )
