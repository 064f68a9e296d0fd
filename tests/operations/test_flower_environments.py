"""The environment of a version: made once, whole or not at all, and never another version."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.operations import flower_environments
from wizard.operations.flower_environments import NoFlowerEnvironment, prepare, prepared, python_of


class Steps:
    """Stands in for what takes a minute: making the environment and asking pip."""

    def __init__(self, found: str = "1.25.0", failing: str = "") -> None:
        self.found, self.failing = found, failing
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], hear: Callable[[str], None], failed: str) -> list[str]:
        self.commands.append(command)
        if self.failing and self.failing in command:
            raise NoFlowerEnvironment(failed, "No matching distribution")
        if "venv" in command:
            place = Path(command[-1]) / "bin"
            place.mkdir(parents=True)
            (place / "python").symlink_to(sys.executable)
        if "pip" in command:
            hear("Collecting flwr==1.25.0")
            hear("Installing collected packages: numpy, flwr")
        return [self.found]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "flowerneb-wizard" / "flower"


def test_a_missing_environment_is_named_with_what_makes_it() -> None:
    with pytest.raises(NoFlowerEnvironment) as told:
        python_of("1.25.0")
    assert "rehearse --prepare 1.25.0" in told.value.hint


def test_an_environment_is_made_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, told = Steps(), []
    monkeypatch.setattr(flower_environments, "_run", steps)
    assert prepare("1.25.0", told.append) == cache / "1.25.0"
    assert told == ["making a virtual environment", "collecting flwr", "installing what was collected"]
    assert "flwr==1.25.0" in steps.commands[1]
    assert python_of("1.25.0") == cache / "1.25.0" / "bin" / "python"
    assert prepared() == ["1.25.0"]
    prepare("1.25.0", told.append)
    assert len(steps.commands) == 3


@pytest.mark.parametrize("failing", ["venv", "pip", "-c"])
def test_what_fails_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    monkeypatch.setattr(flower_environments, "_run", Steps(failing=failing))
    with pytest.raises(NoFlowerEnvironment):
        prepare("1.25.0", lambda _: None)
    assert not (cache / "1.25.0").exists()


def test_an_interruption_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(step: str) -> None:
        if step.startswith("collecting"):
            raise KeyboardInterrupt

    monkeypatch.setattr(flower_environments, "_run", Steps())
    with pytest.raises(KeyboardInterrupt):
        prepare("1.25.0", interrupted)
    assert not (cache / "1.25.0").exists()


def test_another_version_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flower_environments, "_run", Steps(found="1.41.0"))
    with pytest.raises(NoFlowerEnvironment, match=r"1\.41\.0 instead of 1\.25\.0"):
        prepare("1.25.0", lambda _: None)
    assert prepared() == []


def test_half_an_environment_is_made_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cache / "1.25.0" / "bin").mkdir(parents=True)
    (cache / "1.25.0" / "rubbish").touch()
    monkeypatch.setattr(flower_environments, "_run", Steps())
    prepare("1.25.0", lambda _: None)
    assert not (cache / "1.25.0" / "rubbish").exists()


@pytest.mark.parametrize("text", ["latest", "1.25", "1.25.0; rm -rf", "../x"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(NoFlowerEnvironment, match="no version of Flower"):
        prepare(text, lambda _: None)


def test_a_python_that_is_too_old_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    with pytest.raises(NoFlowerEnvironment, match=r"needs Python 3\.11"):
        prepare("1.31.0", lambda _: None)


def test_what_a_step_prints_last_is_told(cache: Path) -> None:
    step = [sys.executable, "-c", "print('why'); raise SystemExit(3)"]
    with pytest.raises(NoFlowerEnvironment) as told:
        flower_environments._run(step, lambda _: None, "it failed")
    assert (told.value.title, told.value.detail) == ("it failed", "why")


def test_two_that_make_the_same_environment_wait_for_each_other(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir(parents=True)
    hold = f"import fcntl, time; f = open({str(cache / '.1.25.0.lock')!r}, 'w'); fcntl.flock(f, fcntl.LOCK_EX)"
    code = f"{hold}; print('held', flush=True); time.sleep(1)"
    monkeypatch.setattr(flower_environments, "_run", Steps())
    told: list[str] = []
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        prepare("1.25.0", told.append)
    assert told[0] == "waiting for another process that makes this environment"
