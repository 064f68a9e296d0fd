"""`rehearse` and `--guests flower` where there is nothing to rehearse with, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ended


@pytest.fixture(autouse=True)
def no_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache without a single environment."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_a_missing_environment_is_told_with_what_makes_it(call: Callable[..., Ended]) -> None:
    ended = call("rehearse", "default")
    assert ended.status == 6
    assert "there is no environment with Flower 1.25.0" in ended.err
    assert "flowerneb-wizard rehearse --prepare 1.25.0" in ended.err


def test_settings_with_errors_are_not_rehearsed(call: Callable[..., Ended]) -> None:
    ended = call("rehearse", "default", "--set", "FL_MIN_FIT_CLIENTS=9")
    assert ended.status == 2
    assert "FL_MIN_FIT_CLIENTS" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rehearse",), "name a preset"),
        (("rehearse", "--prepare", "latest"), "no version of Flower"),
        (("status", "--sandbox", "--guests", "flower", "--speed", "2"), "real time"),
        (("sandbox", "--guests", "flower", "--speed", "2"), "real time"),
        (("status", "--guests", "flower"), "are for --sandbox"),
        (("status", "--sandbox", "--guests", "penguins"), "penguins"),
        (("status", "--sandbox", "--guests", "flower", "--world", "nowhere"), "no world"),
    ],
)
def test_what_can_not_be_meant_is_refused(call: Callable[..., Ended], arguments: tuple[str, ...], said: str) -> None:
    ended = call(*arguments)
    assert ended.status in (1, 2)
    assert said in ended.err


def test_a_service_whose_environment_is_missing_says_so_in_the_cloud(call: Callable[..., Ended]) -> None:
    ended = call("deploy", "default", "--yes", "--sandbox", "--guests", "flower", "--timeout", "8")
    assert ended.status == 7
    assert "rehearse --prepare 1.25.0" in ended.err + ended.out
