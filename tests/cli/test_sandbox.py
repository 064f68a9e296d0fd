"""`sandbox`: a look-alike for any client, and a clean end."""

from __future__ import annotations

import base64
import json
import shlex
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Program
from wizard.sandbox.worlds import WORLDS


def exports(process: subprocess.Popen[str]) -> dict[str, str]:
    """The variables that the running sandbox prints."""
    found = {}
    assert process.stdout is not None
    while "ONE_AUTH" not in found:
        word, assignment = shlex.split(process.stdout.readline())
        assert word == "export"
        name, _, value = assignment.partition("=")
        found[name] = value
    return found


def test_any_client_can_use_the_exports(program: Program) -> None:
    environment = exports(program.start("sandbox", "--speed", "10", "--latency", "0"))
    user, password = Path(environment["ONE_AUTH"]).read_text().rstrip("\n").split(":", 1)
    assert (user, password) == (environment["ONEFLOW_USER"], environment["ONEFLOW_PASSWORD"])
    request = urllib.request.Request(f"{environment['ONEFLOW_URL']}/service_template")
    request.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["DOCUMENT_POOL"]["DOCUMENT"][0]["NAME"] == "Web shop"
    call = (
        "<methodCall><methodName>one.system.version</methodName><params><param><value><string>"
        f"{user}:{password}</string></value></param></params></methodCall>"
    )
    with urllib.request.urlopen(environment["ONE_XMLRPC"], data=call.encode()) as answer:
        assert b"7.5.80" in answer.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_cleanly(program: Program, number: signal.Signals) -> None:
    process = program.start("sandbox")
    folder = Path(exports(process)["ONE_AUTH"]).parent
    assert folder.is_dir()
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert out == ""
    assert "Traceback" not in err
    assert not folder.exists()


def test_a_terminal_that_goes_away_may_say_so_more_than_once(program: Program) -> None:
    for _ in range(5):
        process = program.start("sandbox")
        folder = Path(exports(process)["ONE_AUTH"]).parent
        for _ in range(50):
            process.send_signal(signal.SIGHUP)
        process.communicate(timeout=10)
        assert process.returncode == 0
        assert not folder.exists()


def test_a_sandbox_inside_the_program_leaves_nothing_either(program: Program, tmp_path: Path) -> None:
    process = program.start(
        "deploy", "default", "--sandbox", "--world", "superlink-never-ready", "--yes", TMPDIR=str(tmp_path)
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "instantiated" in line:
            break
    assert list(tmp_path.glob("flowerneb-sandbox-*"))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in err
    assert not list(tmp_path.glob("flowerneb-sandbox-*"))


def test_the_program_is_one_of_its_clients(program: Program) -> None:
    environment = exports(program.start("sandbox", "--speed", "20", "--latency", "0"))
    deploying = program.start("deploy", "default", "--yes", "--set", "service.name=survivor", **environment)
    assert deploying.stderr is not None
    for line in deploying.stderr:
        if "instantiated" in line:
            break
    deploying.kill()
    end = time.monotonic() + 15
    state = ""
    while state != "RUNNING" and time.monotonic() < end:
        ended = program("status", "survivor", "--json", **environment)
        assert ended.status == 0
        state = ended.data["service"]["state"]
    assert state == "RUNNING"
    assert [vm["partition"] for vm in ended.data["vms"]] == [None, "0 of 2", "1 of 2"]


def test_list_of_worlds(call: Callable[..., Ended]) -> None:
    ended = call("sandbox", "--list-worlds")
    assert [line.split()[0] for line in ended.out.splitlines()] == list(WORLDS)
