"""`flowerneb-wizard render` as a whole process, against a Python that imports pydantic and ends."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from benchmarks import pairs
from benchmarks.table import Row
from benchmarks.terminal import private_environment

TARGET = 2.0


def rows() -> Iterator[Row]:
    """The two medians and their ratio."""
    with private_environment() as environment:
        ours = partial(_seconds, ["-m", "wizard", "render", "default"], environment)
        pydantic = partial(_seconds, ["-c", "import pydantic"], environment)
        yield from pairs.rows("render default", ours, ("import pydantic", pydantic), TARGET)


def _seconds(arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment, check=True, capture_output=True, timeout=60)
    return time.perf_counter() - begin
