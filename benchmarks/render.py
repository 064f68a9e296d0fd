"""`flowerneb-wizard render default` as a whole process, against a process that imports pydantic."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import pairs
from benchmarks.table import Row
from benchmarks.terminal import private_environment

TARGET = 2.0


def rows() -> Iterator[Row]:
    """The two medians and their ratio."""
    with private_environment() as environment:
        command, reference = ["-m", "wizard", "render", "default"], ["-c", "import pydantic"]
        yield from pairs.rows("render default", command, ("import pydantic", reference), TARGET, environment)
