"""Places of its own for each test, terminals that are closed, and a sandbox in a process of its own."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import PROGRAM, Terminal

OpenTerminal = Callable[..., Terminal]


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """An environment whose home is empty, but for the mark that the tour was seen."""
    state = tmp_path / "state"
    (state / "flowerneb-wizard").mkdir(parents=True)
    (state / "flowerneb-wizard" / "tour-seen").touch()
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_STATE_HOME": str(state)}


@pytest.fixture
def terminal(places: dict[str, str]) -> Iterator[OpenTerminal]:
    """Opens the program in a terminal."""
    opened: list[Terminal] = []

    def start(*arguments: str, environment: dict[str, str] | None = None, **options: object) -> Terminal:
        opened.append(Terminal(*arguments, environment={**places, **(environment or {})}, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for item in opened:
        item.close()


@pytest.fixture
def exports(places: dict[str, str]) -> Iterator[dict[str, str]]:
    """A sandbox that runs by itself, and what it exports."""
    command = [PROGRAM, "sandbox", "--speed", "6", "--latency", "0.02"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as sandbox:
        assert sandbox.stdout is not None
        found: dict[str, str] = {}
        guard = threading.Timer(20, sandbox.kill)
        guard.start()
        for line in sandbox.stdout:
            words = shlex.split(line)
            if words[:1] == ["export"]:
                name, _, value = words[1].partition("=")
                found[name] = value
            if {"ONE_XMLRPC", "ONEFLOW_URL", "ONE_AUTH"} <= found.keys():
                break
        guard.cancel()
        yield found
        sandbox.terminate()
        sandbox.wait(10)
