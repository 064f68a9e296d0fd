"""What others send has bounds, and to hold it against them takes linear time."""

from __future__ import annotations

import json
import time

import pytest

from wizard.core.opennebula.bounds import DEEPEST, OutOfBounds, moment, number, read_json


def test_as_deep_as_it_may_be() -> None:
    text = "[" * DEEPEST + "]" * DEEPEST
    assert read_json(text) == json.loads(text)
    with pytest.raises(OutOfBounds, match="nested more than 64 deep"):
        read_json(f"[{text}]")
    with pytest.raises(OutOfBounds):
        read_json('{"a":' * 100_000)


def test_brackets_in_strings_are_no_depth() -> None:
    assert read_json(json.dumps({"a": "[" * 100, "b": '\\"[{' * 40})) == {"a": "[" * 100, "b": '\\"[{' * 40}


@pytest.mark.parametrize("piece", ['"', '"\\', '\\"', '["', '[{"a\\"'])
def test_it_takes_linear_time(piece: str) -> None:
    text = "[" * (DEEPEST + 1) + piece * 200_000
    began = time.process_time()
    with pytest.raises(ValueError):
        read_json(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("text", ["", None, "x", "1e3", str(2**53), str(-(2**60)), "9" * 5000])
def test_what_is_no_number_that_can_be_meant_is_0(text: str | None) -> None:
    assert number(text) == 0


def test_a_moment_is_in_the_calendar() -> None:
    assert (moment(1_700_000_000), moment(-1), moment(2**63)) == (1_700_000_000, 0, 0)
