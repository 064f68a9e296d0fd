"""No process outlives who asked for it: not an orderly end, not a SIGKILL, of us or of the warden."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.operations import warden
from wizard.operations.processes import Processes

MARK = "WARDEN_TEST"
BROODING = """
import os, subprocess, sys, time
child = "import time; time.sleep(300)"
# As Flower's helpers are: in a session of their own.
subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
print("here", flush=True)
time.sleep(300)
"""
OWNER = """
import os, sys, time
from pathlib import Path
from wizard.operations.processes import Processes
with Processes() as processes:
    environment = dict(os.environ)
    processes.start("one", [sys.executable, "-c", sys.argv[1]], environment=environment, folder=Path(sys.argv[2]),
                    log=Path(sys.argv[2]) / "log")
    time.sleep(300)
"""


@pytest.fixture
def mark(tmp_path: Path) -> str:
    """A word in the environment of every process of a test."""
    return tmp_path.name + str(os.getpid())


def marked(mark: str) -> list[int]:
    """The processes that carry the word and are no zombies."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                if f"{MARK}={mark}".encode() in (place / "environ").read_bytes():
                    found.append(int(place.name))
            except OSError:
                continue
    return found


def until(holds: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def brood(processes: Processes, name: str, folder: Path, mark: str) -> None:
    """A process with a child in another session."""
    command = [sys.executable, "-c", BROODING]
    environment = {**os.environ, MARK: mark}
    processes.start(name, command, environment=environment, folder=folder, log=folder / "log")
    until(lambda: len(marked(mark)) == 2)


def test_at_an_orderly_end_nothing_is_left(tmp_path: Path, mark: str) -> None:
    with Processes() as processes:
        brood(processes, "one", tmp_path, mark)
        until(lambda: (tmp_path / "log").exists() and (tmp_path / "log").read_text() == "here\n")
    assert marked(mark) == []


def test_one_is_stopped_with_its_children(tmp_path: Path, mark: str) -> None:
    with Processes() as processes:
        brood(processes, "one", tmp_path, mark)
        assert processes.ended("one") is None
        processes.stop("one")
        assert processes.wait("one", 10) == -signal.SIGTERM
        until(lambda: marked(mark) == [])


def test_one_that_does_not_listen_is_killed_when_its_time_is_up(tmp_path: Path, mark: str) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(300)"
    )
    with Processes() as processes:
        environment = {**os.environ, MARK: mark}
        log = tmp_path / "log"
        processes.start("one", [sys.executable, "-c", deaf], environment=environment, folder=tmp_path, log=log)
        until(lambda: log.exists() and log.read_text() == "here\n")
        processes.stop("one", grace=0.5)
        assert processes.wait("one", 10) == -signal.SIGKILL


def test_what_can_not_be_started_says_why(tmp_path: Path) -> None:
    with Processes() as processes:
        processes.start("one", [str(tmp_path / "none")], environment={}, folder=tmp_path, log=tmp_path / "log")
        assert processes.wait("one", 10) == 127
        assert "No such file" in processes.refused("one")


@pytest.mark.parametrize("victim", ["owner", "warden"])
def test_nothing_is_left_after_a_sigkill(tmp_path: Path, mark: str, victim: str) -> None:
    command = [sys.executable, "-c", OWNER, BROODING.replace("time.sleep(300)", "time.sleep(20)"), str(tmp_path)]
    with subprocess.Popen(command, env={**os.environ, MARK: mark}) as owner:
        # The owner, its warden, the process and its child.
        until(lambda: len(marked(mark)) == 4)
        (guardian,) = (pid for pid in marked(mark) if b"warden.py" in Path(f"/proc/{pid}/cmdline").read_bytes())
        os.kill(owner.pid if victim == "owner" else guardian, signal.SIGKILL)
        if victim == "owner":
            until(lambda: marked(mark) == [])
            return
        # The kernel ends what the warden had started; a child in another session notices by itself, as Flower's do.
        until(lambda: len(marked(mark)) <= 2)
        owner.kill()
    for pid in marked(mark):
        os.kill(pid, signal.SIGKILL)


def test_a_log_keeps_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    line = b"x" * 1023 + b"\n"
    log.write_bytes(line * (warden.LARGEST_LOG // 1024 + 1) + b"the last\n")
    warden.shorten(log)
    kept = log.read_bytes()
    assert len(kept) < warden.LARGEST_LOG // 2
    assert kept.startswith(b"[...]\nx")
    assert kept.endswith(b"the last\n")


def test_it_speaks_json_lines(tmp_path: Path) -> None:
    orders = {"start": "one", "command": ["true"], "environment": {}, "folder": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", warden.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(json.dumps({**orders, "log": str(tmp_path / "log")}) + "\n")
        process.stdin.flush()
        first, second = json.loads(process.stdout.readline()), json.loads(process.stdout.readline())
        process.stdin.close()
    assert first["name"] == "one"
    assert first["pid"] > 0
    assert second == {"name": "one", "ended": 0}
