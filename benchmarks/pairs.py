"""Two programs, run in turn: a slow moment of the machine hits both."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from benchmarks.table import Row

RUNS = 11
Seconds = Callable[[], float]
"""Runs a program and tells how long it took."""


def rows(name: str, ours: Seconds, reference: tuple[str, Seconds], target: float) -> list[Row]:
    """The medians of both, and the median of their ratios pair by pair."""
    other, theirs = reference
    pairs = _pairs(ours, theirs)
    return [
        Row(f"{name}: {other}", median(theirs for _, theirs in pairs), "s", digits=3),
        Row(f"{name}: wizard", median(mine for mine, _ in pairs), "s", digits=3),
        Row(f"{name}: wizard / {other}", _ratio(pairs), "", target, digits=2),
    ]


def ratio(name: str, ours: Seconds, theirs: Seconds) -> Row:
    """The median of their ratios alone, of which nothing is promised."""
    return Row(name, _ratio(_pairs(ours, theirs)), digits=2)


def _pairs(ours: Seconds, theirs: Seconds) -> list[tuple[float, float]]:
    return [(ours(), theirs()) for _ in range(RUNS + 1)][1:]


def _ratio(pairs: list[tuple[float, float]]) -> float:
    return median(mine / theirs for mine, theirs in pairs)
