"""Play every step under every fault and print the table; status 1 where it differs from the stored one.

`RENEW_GOLDEN=1 python -m tests.faults` stores it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from unittest.mock import patch

from tests.faults.table import FAULTS, TABLE, Step, every_step, outcome, rendered


def played(place: tuple[int, int]) -> str:
    """The outcome of a cell, in a process and with a state folder of its own."""
    try:
        with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, XDG_STATE_HOME=folder):
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
    """Play every cell, print the table, compare it with the stored one; the exit status."""
    rows = _steps()
    places = [(row, column) for row in range(len(rows)) for column in range(len(FAULTS))]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(played, places))
    cells: dict[str, dict[str, str]] = {step.name: {} for step in rows}
    for (row, column), outcome_name in zip(places, outcomes, strict=True):
        cells[rows[row].name][FAULTS[column].name] = outcome_name
    text = rendered(cells)
    print(text, end="")
    if os.environ.get("RENEW_GOLDEN"):
        TABLE.write_text(text, encoding="utf-8")
    return 0 if TABLE.read_text(encoding="utf-8") == text else 1


if __name__ == "__main__":
    sys.exit(main())
