"""Real Flower, brought up by the program and run: what each client was given is what the dashboard says."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = str(Path(sys.executable).with_name("flowerneb-wizard"))
VERSIONS = os.environ["FLOWER_VERSIONS"].split()
SUPERNODES = [int(text) for text in os.environ["SUPERNODES"].split()]
PATIENCE = 400.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Folders of the test's own for all that is written, but the environments, which are shared."""
    return {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path / "config")}


def rehearsed(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    """What a rehearsal told; one round is enough."""
    command = [PROGRAM, "rehearse", *arguments, "--set", "supernode.cooldown=2", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["agree"] is True
    assert told["status"] == "finished:completed"
    assert not alive(Path(environment["XDG_STATE_HOME"]))
    return told


def partitions(told: dict[str, Any]) -> list[tuple[int, int]]:
    """What the clients were given, in the order of OneFlow's list."""
    rows = told["supernodes"]
    found = [(row["reported"]["partition-id"], row["reported"]["num-partitions"]) for row in rows]
    assert found == [(row["predicted"]["partition-id"], row["predicted"]["num-partitions"]) for row in rows]
    return found


def alive(folder: Path) -> list[str]:
    """The processes that have anything to do with a folder, by their environment or command line."""
    return [command for _, command in _processes(folder)]


def _processes(folder: Path) -> Iterator[tuple[int, str]]:
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            try:
                command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                about = command + (place / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if str(folder) in about:
                yield int(place.name), command


@pytest.mark.parametrize("count", SUPERNODES)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_clients_are_given_what_the_dashboard_says(environment: dict[str, str], version: str, count: int) -> None:
    chosen = ("--set", f"FLOWER_VERSION={version}", "--set", f"supernode.cardinality={count}")
    told = rehearsed(environment, "default", *chosen, "--set", "FL_NUM_ROUNDS=2")
    assert partitions(told) == [(index, count) for index in range(count)]
    assert {row["standing"] for row in told["supernodes"]} == {"in sync"}
    assert {row["rounds"] for row in told["supernodes"]} == {told["rounds"]} == {2}


@pytest.mark.parametrize("version", VERSIONS)
def test_with_tls_too(environment: dict[str, str], version: str) -> None:
    chosen = ("--set", f"FLOWER_VERSION={version}", "--set", "FL_NUM_ROUNDS=1")
    told = rehearsed(environment, "llm-fine-tuning", *chosen, "--set", "supernode.cardinality=2")
    assert partitions(told) == [(0, 2), (1, 2)]


@pytest.mark.parametrize("version", VERSIONS)
def test_after_scaling_up_and_down_the_overlap_is_the_one_that_was_told(
    environment: dict[str, str], version: str
) -> None:
    chosen = ("--set", f"FLOWER_VERSION={version}", "--set", "FL_NUM_ROUNDS=1", "--scale", "4", "--scale", "3")
    told = rehearsed(environment, "default", *chosen)
    # The oldest is gone; nobody who stays has been told so.
    assert partitions(told) == [(1, 2), (2, 4), (3, 4)]
    assert {row["standing"] for row in told["supernodes"]} == {"stale"}


def test_a_partition_that_everybody_was_given_is_told_as_it_is(environment: dict[str, str]) -> None:
    given = "FL_NODE_CONFIG=partition-id=1 num-partitions=7"
    chosen = ("--set", f"FLOWER_VERSION={VERSIONS[0]}", "--set", "FL_NUM_ROUNDS=1", "--set", given)
    told = rehearsed(environment, "default", *chosen)
    assert partitions(told) == [(1, 7), (1, 7)]
    assert {row["standing"] for row in told["supernodes"]} == {"collision"}


def test_nothing_is_left_after_a_sigkill(environment: dict[str, str]) -> None:
    folder = Path(environment["XDG_STATE_HOME"])
    command = [PROGRAM, "rehearse", "default", "--set", f"FLOWER_VERSION={VERSIONS[0]}"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        end = time.monotonic() + PATIENCE
        while sum("flower-supernode" in line for line in alive(folder)) < 2:
            assert program.poll() is None
            assert time.monotonic() < end, alive(folder)
            time.sleep(0.5)
        assert any("flower-superexec" in line for line in alive(folder))
        program.send_signal(signal.SIGKILL)
    end = time.monotonic() + 20
    while left := alive(folder):
        assert time.monotonic() < end, left
        time.sleep(0.2)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("tls", ["NO", "YES"])
def test_the_superlink_itself_is_asked(environment: dict[str, str], version: str, tls: str) -> None:
    cloud = subprocess.Popen(
        [PROGRAM, "sandbox", "--guests", "flower"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert cloud.stdout is not None
    with cloud:
        try:
            lines = [cloud.stdout.readline() for _ in range(5)]
            exports = dict(shlex.split(line)[1].split("=", 1) for line in lines)
            told = _asked({**environment, **exports}, version, tls)
        finally:
            cloud.terminate()
    assert [one["status"] for one in told["supernodes"]] == ["online", "online"]
    assert told["runs"] == []
    assert not alive(Path(environment["XDG_STATE_HOME"]))


def _asked(environment: dict[str, str], version: str, tls: str) -> dict[str, Any]:
    chosen = ("--set", f"FLOWER_VERSION={version}", "--set", f"FL_TLS_ENABLED={tls}")
    for command in (["deploy", "default", "--yes", *chosen], ["superlink", "Flower Federated Learning", "--json"]):
        done = subprocess.run([PROGRAM, *command], capture_output=True, text=True, env=environment, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told
