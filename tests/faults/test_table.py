"""Each step under each fault ends as in the stored table."""

from __future__ import annotations

from functools import cache

import pytest

from tests.faults.scenes import SCENES
from tests.faults.table import FAULTS, Step, outcome, read_table, rendered, steps


@cache
def steps_by_name(name: str) -> dict[str, Step]:
    return {step.name: step for scene in SCENES if scene.name == name for step in steps(scene)}


ROWS = list(read_table())
WORST = [fault for fault in FAULTS if fault.name in ("silent", "half", "cut after", "504 after", "acts, dies")]
"""`make test-faults` plays them all, and compares the whole table."""


@pytest.mark.parametrize("scene", [scene.name for scene in SCENES])
def test_the_table_has_every_request(scene: str) -> None:
    assert list(steps_by_name(scene)) == [row for row in ROWS if row.partition(": ")[0] == scene]


@pytest.mark.parametrize("fault", WORST, ids=lambda fault: fault.name)
@pytest.mark.parametrize("row", ROWS)
def test_it_ends_as_in_the_table(row: str, fault: object) -> None:
    step = steps_by_name(row.partition(": ")[0])[row]
    chosen = next(item for item in FAULTS if item is fault)
    assert outcome(step, chosen).value == read_table()[row][chosen.name]


def test_the_stored_table_is_rendered_as_it_is_read() -> None:
    assert rendered(read_table()).count("|") == (len(ROWS) + 1) * len(FAULTS)
