"""Each step under each fault ends as the table says."""

from __future__ import annotations

from functools import cache

import pytest

from tests.faults.scenes import SCENES
from tests.faults.table import FAULTS, Step, drawn, kept, outcome, steps


@cache
def found_steps(name: str) -> dict[str, Step]:
    return {step.name: step for scene in SCENES if scene.name == name for step in steps(scene)}


ROWS = list(kept())
WORST = [fault for fault in FAULTS if fault.name in ("silent", "half", "cut after", "acts, dies")]
"""`make test-faults` plays them all, and compares the whole table."""


@pytest.mark.parametrize("scene", [scene.name for scene in SCENES])
def test_the_table_has_every_request(scene: str) -> None:
    assert list(found_steps(scene)) == [row for row in ROWS if row.partition(": ")[0] == scene]


@pytest.mark.parametrize("fault", WORST, ids=lambda fault: fault.name)
@pytest.mark.parametrize("row", ROWS)
def test_it_ends_as_the_table_says(row: str, fault: object) -> None:
    step = found_steps(row.partition(": ")[0])[row]
    chosen = next(item for item in FAULTS if item is fault)
    assert outcome(step, chosen).value == kept()[row][chosen.name]


def test_the_kept_table_is_drawn_as_it_is_read() -> None:
    assert drawn(kept()).count("|") == (len(ROWS) + 1) * len(FAULTS)
