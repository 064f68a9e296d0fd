"""What holds for every command: what it imports, what it says about itself, how it ends when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tests.cli.conftest import PYTHON, Ended, Program
from wizard.cli import deploy as deploy_module
from wizard.cli import program as cli
from wizard.cli.appliance import appliance
from wizard.cli.presets import presets
from wizard.sandbox.server import Sandbox

HEAVY = ("textual", "rich", "pyone", "pydantic", "lxml", "requests", "wizard.sandbox", "wizard.tui")
COMMANDS = (
    (),
    ("attach",),
    ("render",),
    ("check",),
    ("deploy",),
    ("status",),
    ("events",),
    ("connect",),
    ("superlink",),
    ("scale",),
    ("restart-stale",),
    ("recover",),
    ("delete",),
    ("vm",),
    ("support",),
    ("presets",),
    ("presets", "list"),
    ("presets", "show"),
    ("presets", "path"),
    ("presets", "diff"),
    ("presets", "new"),
    ("presets", "edit"),
    ("presets", "rename"),
    ("presets", "delete"),
    ("presets", "import"),
    ("appliance",),
    ("appliance", "images"),
    ("appliance", "create"),
    ("appliance", "update"),
    ("appliance", "render"),
    ("verify",),
    ("completion",),
    ("sandbox",),
    ("rehearse",),
)


@pytest.mark.parametrize("statement", ["import wizard", "from wizard.cli.program import run; run(['--version'])"])
def test_what_is_not_used_is_not_imported(program: Program, statement: str) -> None:
    code = f"{statement}\nimport sys\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=program.environment)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version(program: Program) -> None:
    ended = program("--version")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("flowerneb-wizard, version ")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_explains_itself_with_an_example(call: Callable[..., Ended], command: tuple[str, ...]) -> None:
    ended = call(*command, "--help")
    assert ended.status == 0
    assert "Example:\n  " in ended.out
    assert "flowerneb-wizard" in ended.out.split("Example:")[1]


def test_every_command_is_in_the_list_above() -> None:
    assert {command[0] for command in COMMANDS if command} == set(cli.wizard.commands)
    for group in (presets, appliance):
        below = {command[1] for command in COMMANDS if len(command) == 2 and command[0] == group.name}
        assert below == set(group.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "arguments",
    [
        ("deplyo",),
        ("deploy",),
        ("deploy", "default"),
        ("deploy", "default", "--yes", "--timeout", "0"),
        ("deploy", "default", "--json", "--dry-run", "--sandbox", "--server", "http://x"),
        ("status", "--watch"),
        ("status", "--world", "large"),
        ("status", "--sandbox", "--world", "larg"),
        ("--preset", "default", "status"),
        ("check", "x.json", "--set", "FL_NUM_ROUNDS=1"),
        ("sandbox", "--speed", "0"),
        ("--world", "large", "sandbox"),
        ("sandbox", "--world", "nowhere"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(call: Callable[..., Ended], arguments: tuple[str, ...]) -> None:
    ended = call(*arguments)
    assert ended.status == 2
    assert ended.out == ""
    assert "rror: " in ended.err or '"error"' in ended.err
    assert "Traceback" not in ended.err


def test_a_wrong_world_is_told_the_nearest(call: Callable[..., Ended]) -> None:
    assert "did you mean 'large'?" in call("status", "--sandbox", "--world", "larg").err


def test_with_json_wrong_usage_is_one_object(program: Program) -> None:
    ended = program("deploy", "default", "--json")
    assert ended.status == 2
    assert ended.error["exit_status"] == 2
    assert "--yes" in ended.error["error"]["title"]
    assert len(ended.err.splitlines()) == 1


def test_options_before_and_after_the_command_both_count(call: Callable[..., Ended], cloud: Sandbox) -> None:
    url = cloud.oneflow_url
    endpoint = ("--endpoint", cloud.oned_url, "-u", cloud.username, "-p", cloud.password)
    assert call("--server", url, *endpoint, "status").status == 0
    assert call("--server", "http://127.0.0.1:9", *endpoint, "status", "--server", url).status == 0
    assert call("--server", url, *endpoint, "status", "--server", "http://127.0.0.1:9").status == 3


def test_insecure_says_so_aloud(call: Callable[..., Ended], cloud: Sandbox) -> None:
    assert "not verified" not in call("status", cloud=cloud).err
    assert "certificates are not verified" in call("status", "--insecure", cloud=cloud).err


def test_the_password_is_printed_nowhere(program: Program, cloud: Sandbox) -> None:
    secret = "swordfish-4711:x"
    for arguments in (
        ("status",),
        ("connect",),
        ("superlink",),
        ("scale",),
        ("restart-stale",),
        ("recover",),
        ("delete",),
        ("vm",),
        ("support", "--yes"),
        ("status", "--json"),
        ("deploy", "default", "--yes"),
        ("deploy", "default", "--dry-run", "--json"),
        ("status", "--sandbox"),
    ):
        ended = program.at(cloud)(*arguments, "-u", "oneadmin", "-p", secret)
        assert ended.status in (2, 3)
        assert "swordfish" not in ended.out + ended.err
    ended = program.at(cloud)("deploy", "default", "--yes", "--json", "--no-wait")
    assert ended.status == 0
    assert cloud.password not in ended.out + ended.err


def test_an_error_of_the_program_itself_shows_no_password(
    call: Callable[..., Ended], cloud: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(deploy_module, "plan_of", broken)
    ended = call("deploy", "default", "--yes", "-u", "oneadmin", "-p", "swordfish")
    assert ended.status == 1
    assert "RuntimeError: a mistake" in ended.err
    assert "swordfish" not in ended.err
    ended = call("deploy", "default", "--yes", "--json", "-u", "oneadmin", "-p", "swordfish")
    assert ended.error["exit_status"] == 1
    assert "swordfish" not in ended.err


def test_nobody_reads_stdout(program: Program, cloud_of: Callable[..., Sandbox]) -> None:
    environment = {**program.environment, **cloud_of("large").environment()}
    line = " ".join([*PYTHON, "status", "flower-large"])
    done = subprocess.run(["sh", "-c", f"{line} | head -1"], env=environment, capture_output=True, text=True)
    assert done.stdout.startswith("flower-large")
    assert done.stderr == ""


def test_nobody_listens_from_the_start(program: Program) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*PYTHON, "render", "default"], env=program.environment, stdout=writing, stderr=-1)
    os.close(writing)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told(program: Program) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*PYTHON, "render", "default"], env=program.environment, stdout=full, stderr=-1)
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


def test_json_is_utf8_whatever_the_locale(program: Program) -> None:
    done = subprocess.run(
        [*PYTHON, "render", "default", "--set", "service.name=Flörwér 花"],
        env={**program.environment, "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout.decode("utf-8"))["name"] == "Flörwér 花"


def test_closed_streams_are_no_crash(program: Program) -> None:
    line = " ".join([*PYTHON, "presets", "list"])
    for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(["sh", "-c", f"{line} {closing}"], env=program.environment, capture_output=True)
        assert b"Traceback" not in done.stderr
        assert done.returncode in (0, 1)


def test_abort_at_a_prompt_is_interrupted(call: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise click.Abort

    monkeypatch.setattr(cli.wizard, "main", interrupted)
    assert call("status").status == 130
    ended = call("status", "--json")
    assert ended.status == ended.error["exit_status"] == 130


def test_standard_input_that_is_closed_is_told(program: Program) -> None:
    for words in (("check", "-"), ("presets", "import", "-", "mine")):
        done = subprocess.run(
            ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *PYTHON, *words],
            capture_output=True,
            text=True,
            env=program.environment,
            cwd=program.folder,
        )
        assert done.returncode == 2
        assert "standard input is closed" in done.stderr
        assert "Traceback" not in done.stderr


def test_json_that_is_nested_too_deep_is_told(call: Callable[..., Ended]) -> None:
    Path("deep.json").write_text('{"a":' * 10_000 + "1" + "}" * 10_000)
    for words in (("check", "deep.json"), ("presets", "import", "deep.json", "mine")):
        ended = call(*words)
        assert (ended.status, "nested more than 64 deep" in ended.err) == (2, True)


@pytest.mark.parametrize("words", [("check", "default", "--cloud"), ("status",), ("deploy", "default", "--yes")])
def test_a_cloud_out_of_reach_and_a_wrong_password_are_3(
    call: Callable[..., Ended], cloud: Sandbox, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    right = cloud.environment()
    for wrong in (
        {"ONEFLOW_PASSWORD": "wrong"},
        {"ONEFLOW_URL": "http://127.0.0.1:1", "ONE_XMLRPC": "http://127.0.0.1:1/RPC2"},
    ):
        for key, value in {**right, **wrong}.items():
            monkeypatch.setenv(key, value)
        assert call(*words).status == 3
