"""The program as a process of its own, and the same commands inside this one; clouds to run them against."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pexpect
import pytest

from wizard.cli.program import run
from wizard.operations import watch
from wizard.sandbox.server import Sandbox

ROOT = Path(__file__).parents[2]
PYTHON = [sys.executable, "-m", "wizard"]


@dataclass(frozen=True)
class Ended:
    """How a run of the program ended."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What stdout says, as JSON."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The last line of stderr, as JSON."""
        return json.loads(self.err.splitlines()[-1])


@dataclass
class Program:
    """Runs the real program in an environment that holds nothing of this machine."""

    environment: dict[str, str]
    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(self, *arguments: str, stdin: str = "", timeout: float = 30, **environment: str) -> Ended:
        """Run it to its end."""
        done = subprocess.run(
            [*PYTHON, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            env={**self.environment, **environment},
            cwd=self.folder,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Let it run."""
        process = subprocess.Popen(
            [*PYTHON, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.environment, **environment},
            cwd=self.folder,
            preexec_fn=_signals_as_at_a_prompt,
        )
        self.started.append(process)
        return process

    def at(self, cloud: Sandbox, **more: str) -> Program:
        """The same program, pointed at a cloud, with more variables."""
        return Program({**self.environment, **cloud.environment(), **more}, self.folder, self.started)


def end_of(child: pexpect.spawn[str]) -> tuple[int | None, str]:
    """Exit status of a program on a terminal, None where a signal ended it, and what it said since the last look."""
    child.expect(pexpect.EOF)
    # A program lets go of its terminal before it is done; to close it then would be to hang up on it.
    guard = threading.Timer(20, child.kill, (signal.SIGKILL,))
    guard.start()
    child.wait()
    guard.cancel()
    child.close()
    return child.exitstatus, child.before or ""


def _signals_as_at_a_prompt() -> None:
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def clean(tmp_path: Path) -> dict[str, str]:
    """An environment with a home of its own, where the tour was seen, and no credentials."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL") if key in os.environ}
    home = tmp_path / "home"
    (home / "state" / "flowerneb-wizard").mkdir(parents=True)
    (home / "state" / "flowerneb-wizard" / "tour-seen").touch()
    return {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        "TERM": "xterm-256color",
    }


@pytest.fixture
def program(clean: dict[str, str], tmp_path: Path) -> Iterator[Program]:
    """The program with no cloud."""
    runner = Program(clean, tmp_path)
    yield runner
    for process in runner.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def cloud_of() -> Iterator[Callable[..., Sandbox]]:
    """Starts a quick cloud of the given world in this process."""
    started: list[Sandbox] = []

    def start(world: str = "default", speed: float = 50.0, version: str | None = None) -> Sandbox:
        started.append(Sandbox(world, latency=0, speed=speed, version=version).start())
        return started[-1]

    yield start
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def cloud(cloud_of: Callable[..., Sandbox]) -> Sandbox:
    """A healthy, quick cloud."""
    return cloud_of()


@pytest.fixture
def call(
    clean: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Ended]:
    """Runs a command line inside this process, quickly: polls do not wait for seconds."""
    for key in tuple(os.environ):
        if key.startswith("ONE"):
            monkeypatch.delenv(key)
    for key, value in clean.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(watch, "QUICK", 0.02)
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, cloud: Sandbox | None = None) -> Ended:
        for key, value in (cloud.environment() if cloud else {}).items():
            monkeypatch.setenv(key, value)
        capfd.readouterr()
        status = run(arguments)
        out, err = capfd.readouterr()
        return Ended(status, out, err)

    return invoke
