"""Columns of a table: what each shows, how wide it is, and how rows are sorted by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from rich.cells import cell_len

from wizard.core.text import NOTHING

Row = TypeVar("Row")
_PADDING = 2
"""Cells around the text of each column."""


def _plain(_: str) -> str:
    return ""


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column: its heading, how its text is made from a row, and what it means.

    It takes from `least` to `most` cells. Where not all columns fit, those of the highest `rank` are left out first.
    `color` gives the colour of a text: `error`, `warning`, `success`, `muted` or none. `order` is what it is sorted by,
    where that is not the text; `brief` makes of a text that does not fit one that says the same. One that `yields` is
    shown only where nothing of a lower rank is cut off, a `spare` one once a row has had a text for it.
    """

    key: str
    heading: str
    text: Callable[[Row], str]
    meaning: str = ""
    rank: int = 0
    least: int = 0
    most: int = 40
    color: Callable[[str], str] = _plain
    order: Callable[[Row], float] | None = None
    brief: Callable[[str], str] | None = None
    yields: bool = False
    spare: bool = False

    @property
    def narrowest(self) -> int:
        """Cells that it takes at least."""
        return max(self.least, cell_len(self.heading))


@dataclass
class Sorting:
    """The column that a table is sorted by, empty for the order in which the rows came."""

    key: str = ""
    backwards: bool = False
    keys: tuple[str, ...] = field(default=("",))

    def step(self) -> None:
        """Sort by the next column; after the last one, by none."""
        here = self.keys.index(self.key) if self.key in self.keys else 0
        self.key, self.backwards = self.keys[(here + 1) % len(self.keys)], False

    def take(self, key: str) -> None:
        """Sort by this column, or the other way round where it is that one."""
        self.key, self.backwards = key, self.key == key and not self.backwards


def fitting(columns: Sequence[Column[Row]], wanted: Mapping[str, int], room: int) -> dict[str, int]:
    """The columns that fit into so many cells, each with its width; `wanted` is the widest text of each."""
    widths: dict[str, int] = {}
    left = room
    ranked = sorted(columns, key=lambda column: column.rank)
    cut = 0
    for column in ranked:
        if column.narrowest + _PADDING > (left - cut if column.yields else left) and widths:
            break
        if column.brief is None:
            cut += max(0, min(wanted[column.key], column.most) - column.narrowest)
        widths[column.key] = column.narrowest
        left -= column.narrowest + _PADDING
    for column in ranked:
        if column.key in widths:
            more = min(max(0, left), max(0, min(wanted[column.key], column.most) - widths[column.key]))
            widths[column.key] += more
            left -= more
    return {column.key: widths[column.key] for column in columns if column.key in widths}


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """What a text is sorted by: numbers in it by their size, nothing last."""
    if text in ("", NOTHING):
        return ((2, 0, ""),)
    # Longer numbers than these are no numbers of anything, and Python refuses to read some.
    parts = re.findall(r"\d{1,18}|\D+", text.lower())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def is_one_of(texts: Iterable[str], words: Sequence[str]) -> bool:
    """True if one of the texts is, as a whole, one of the words, which are in small letters."""
    return any(text.strip().lower() in words for text in texts)
