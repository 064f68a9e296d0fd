"""The sandbox answers as the recorded server did."""

from __future__ import annotations

import re

import pytest

from tests.contract.replay import RECORDINGS, RECORDINGS_6, Replay
from tests.contract.scenarios import SCENARIOS, Scenario
from tests.contract.scenarios_6 import SCENARIOS_6


@pytest.mark.parametrize("scenario", [*SCENARIOS, *SCENARIOS_6], ids=lambda scenario: scenario.name)
def test_scenario_answers_as_recorded(scenario: Scenario) -> None:
    with Replay(scenario.world) as replay:
        for step in scenario.steps:
            if isinstance(step, str):
                replay.send(step)
            else:
                step(replay)


def test_every_recording_is_covered_or_explained() -> None:
    covered = set().union(*(scenario.covers for scenario in SCENARIOS))
    readme = (RECORDINGS.parent / "README.md").read_text()
    explained = set(re.findall(r"^\| `([\w.-]+\.(?:json|xml))` \|", readme, re.MULTILINE))
    recordings = {path.name for path in RECORDINGS.iterdir() if path.suffix in (".json", ".xml")}
    assert covered | explained == recordings
    assert not covered & explained


def test_every_recording_of_6_is_covered_or_explained() -> None:
    covered = set().union(*(scenario.covers for scenario in SCENARIOS_6))
    readme = (RECORDINGS.parent / "README.md").read_text()
    explained = set(re.findall(r"^\| `6\.10/([\w.-]+\.(?:json|xml))` \|", readme, re.MULTILINE))
    assert covered | explained == {path.name for path in RECORDINGS_6.iterdir() if path.suffix in (".json", ".xml")}
    assert not covered & explained
