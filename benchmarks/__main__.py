"""`make bench`: prints a row a measurement. `python -m benchmarks NAME...` runs the subjects of those names alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from benchmarks import first_paint, keys, memory, output, ready, refresh, render
from benchmarks.table import HEADING, Row

SUBJECTS: dict[str, Callable[[], Iterable[Row]]] = {
    "first_paint": first_paint.rows,
    "render": render.rows,
    "refresh": refresh.rows,
    "keys": keys.rows,
    "output": output.rows,
    "memory": memory.rows,
    "ready": ready.rows,
}


def main() -> None:
    """Measure what is named, or everything, and print the table as it grows."""
    wanted = sys.argv[1:] or list(SUBJECTS)
    if unknown := [name for name in wanted if name not in SUBJECTS]:
        sys.exit(f"no subject is called {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    print(HEADING, flush=True)
    for name in wanted:
        for row in SUBJECTS[name]():
            print(row, flush=True)


if __name__ == "__main__":
    main()
