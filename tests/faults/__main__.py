"""Play every step under every fault and print the table; status 1 where it is not the kept one.

`RENEW_GOLDEN=1 python -m tests.faults` writes it anew.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor

from tests.faults.table import FAULTS, KEPT, Step, drawn, every_step, outcome


def played(place: tuple[int, int]) -> str:
    """The outcome of a cell, in a process of its own."""
    try:
        return outcome(_steps()[place[0]], FAULTS[place[1]]).value
    except AssertionError as error:
        print(f"{_steps()[place[0]].name} / {FAULTS[place[1]].name}: {error}", file=sys.stderr)
        return "LOST"


_known: list[Step] = []


def _steps() -> list[Step]:
    if not _known:
        _known.extend(every_step())
    return _known


def main() -> int:
    """Play, print, compare."""
    rows = _steps()
    places = [(row, column) for row in range(len(rows)) for column in range(len(FAULTS))]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(played, places))
    cells: dict[str, dict[str, str]] = {step.name: {} for step in rows}
    for (row, column), said in zip(places, found, strict=True):
        cells[rows[row].name][FAULTS[column].name] = said
    text = drawn(cells)
    print(text, end="")
    if os.environ.get("RENEW_GOLDEN"):
        KEPT.write_text(text, encoding="utf-8")
    return 0 if KEPT.read_text(encoding="utf-8") == text else 1


if __name__ == "__main__":
    sys.exit(main())
