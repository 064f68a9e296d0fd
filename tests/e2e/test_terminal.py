"""From the shell to RUNNING by keyboard, and what happens to a deployment whose terminal goes away."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.terminal import PROGRAM, Terminal
from tests.unmarked import unmarked
from wizard.operations.watch import STEADY
from wizard.sandbox.server import Sandbox
from wizard.storage.files import list_presets
from wizard.storage.preferences import CONSOLE, DARK

OpenTerminal = Callable[..., Terminal]
SHIPPED = [item.name for item in list_presets() if item.shipped]
CHOSEN = ["--set", "superlink.vm_template=0", "--set", "supernode.vm_template=1"]
COLOURED = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"


def stands_at(step: str) -> Callable[[str], bool]:
    """Whether the rail marks a step, with the sign of any theme."""
    return lambda text: f"▸{step}" in text or f">{step}" in text


def deploy_from_home(terminal: Terminal, preset: str) -> None:
    """By keyboard from Home to a deployment that was confirmed."""
    terminal.wait_for("7.5.80")
    terminal.press(*["down"] * SHIPPED.index(preset), "enter")
    terminal.wait_for(stands_at("2 Service"))
    if preset == "marketplace":
        terminal.press("tab", "tab", "tab")
        terminal.wait_for("The one network that all VMs join")
        terminal.press("0")
    for key, title in (("f3", "3 SuperLink"), ("f4", "4 SuperNodes"), ("f5", "5 Review")):
        terminal.press(key)
        terminal.wait_for(stands_at(title))
    terminal.wait_for("Ready to deploy")
    terminal.press("d")
    terminal.wait_for("Deploy this service?")
    terminal.press("enter")
    terminal.wait_for(lambda text: re.match(r" Home [›>] .* #\d", text) is not None)


# The screens of the other presets are walked without a terminal, in tests/tui/test_walk.py.
@pytest.mark.parametrize("preset", ["default", "marketplace"])
def test_the_keyboard_leads_from_home_to_running(terminal: OpenTerminal, preset: str) -> None:
    program = terminal("--sandbox", "--speed", "20", "--notify", "osc9", environment={"TMUX": ""})
    deploy_from_home(program, preset)
    screen = program.wait_for(lambda text: "● RUNNING" in text.splitlines()[0], 60)
    assert "0 of " in screen
    assert "in sync" in screen
    assert re.search(rb"\x1b\]9;Service \d+ .* is RUNNING\.\x1b", program.received)
    program.press("ctrl+q")
    assert program.ended() == 0
    assert LEFT_ALTERNATE_SCREEN in program.received
    assert b"Traceback" not in program.received


@pytest.mark.parametrize("theme", [DARK, CONSOLE])
def test_the_walk_on_a_bare_console_without_colours(terminal: OpenTerminal, theme: str) -> None:
    program = terminal("--sandbox", "--speed", "20", "--theme", theme, term="linux", environment={"NO_COLOR": "1"})
    deploy_from_home(program, "default")
    program.wait_for(lambda text: "RUNNING" in text.splitlines()[0] and "in sync" in text, 60)
    program.press("ctrl+q")
    assert program.ended() == 0
    assert b"Traceback" not in program.received
    assert not COLOURED.search(program.received)


def test_a_bare_console_gets_its_sixteen_colours(terminal: OpenTerminal) -> None:
    program = terminal("--sandbox", term="linux")
    program.wait_for("7.5.80")
    program.press("ctrl+q")
    assert program.ended() == 0
    assert re.search(rb"\x1b\[(?:[0-9]+;)*3[0-7][;m]", program.received)
    assert not re.search(rb"[34]8;[25];", program.received)


def test_what_the_wizard_registered_is_what_render_prints(
    terminal: OpenTerminal, exports: dict[str, str], places: dict[str, str]
) -> None:
    program = terminal(environment=exports)
    deploy_from_home(program, "image-classification")
    program.wait_for("Home › Flower Image Classification #")
    rendered = subprocess.run(
        [
            PROGRAM,
            "render",
            "image-classification",
            "--set",
            "superlink.vm_template=0",
            "--set",
            "supernode.vm_template=1",
        ],
        env={**os.environ, **places},
        capture_output=True,
        check=True,
        timeout=30,
    )
    wanted = json.loads(rendered.stdout)
    kept = {template["NAME"]: template["TEMPLATE"]["BODY"] for template in registered(exports)}[wanted["name"]]
    del kept["registration_time"]
    assert kept == wanted


def registered(exports: dict[str, str]) -> list[dict[str, Any]]:
    """What the sandbox holds, asked as any HTTP client would ask."""
    login = f"{exports['ONEFLOW_USER']}:{exports['ONEFLOW_PASSWORD']}".encode()
    request = urllib.request.Request(f"{exports['ONEFLOW_URL']}/service_template")
    request.add_header("Authorization", "Basic " + base64.b64encode(login).decode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        pool = json.load(answer)
    return list(pool["DOCUMENT_POOL"]["DOCUMENT"])


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGHUP])
def test_a_deployment_goes_on_without_its_terminal(
    terminal: OpenTerminal, exports: dict[str, str], ending: signal.Signals
) -> None:
    first = terminal(environment=exports)
    deploy_from_home(first, "default")
    first.wait_for("DEPLOYING")
    os.kill(first.child.pid, ending)
    first.ended()
    second = terminal("attach", "Flower Federated Learning", environment=exports)
    second.wait_for(lambda text: "● RUNNING" in text.splitlines()[0], 60)
    assert "0 of 2" in second.text


def test_a_shell_in_a_vm_and_back(terminal: OpenTerminal, tmp_path: Path) -> None:
    fake = tmp_path / "bin" / "ssh"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\necho "into $*"\nread answer\nexit 3\n')
    fake.chmod(0o755)
    path = {"PATH": f"{fake.parent}:{os.environ['PATH']}"}
    with Sandbox("dead-superlink", latency=0, guests=unmarked) as cloud:
        _shell_and_back(terminal("attach", "flower-lost", environment={**cloud.environment(), **path}))


def _shell_and_back(program: Terminal) -> None:
    program.wait_for("0 of 3")
    program.press("enter")
    program.wait_for("runs since")
    program.press("s")
    program.wait_for("into root@10.77.0.")
    program.press("enter")
    program.wait_for("ssh ended (3)")
    program.wait_for("runs since")
    program.press("escape")
    program.wait_for("0 of 3")
    program.press("ctrl+q")
    assert program.ended() == 0


def test_a_steady_dashboard_sends_nothing(terminal: OpenTerminal) -> None:
    program = terminal("attach", "flower-large", "--sandbox", "--world", "large", "--speed", "1", columns=120, lines=40)
    program.wait_for(lambda text: "● RUNNING" in text.splitlines()[0] and "0 of 299" in text)
    program.read(STEADY + 1)
    before = len(program.received)
    program.read(2 * STEADY)
    assert len(program.received) == before


def test_a_screen_that_was_sent_in_parts_is_the_whole_one(terminal: OpenTerminal) -> None:
    program = terminal("attach", "flower-large", "--sandbox", "--world", "large", "--speed", "1", columns=120, lines=40)
    program.wait_for(lambda text: "● RUNNING" in text.splitlines()[0] and "0 of 299" in text)
    program.press("down", "down", "f1", "escape", "f2", "tab", "f4", "f5", "f6", "down", "down", "up")
    program.read(STEADY + 1)
    in_parts = program.cells
    program.received = b""
    program.press("ctrl+l")
    program.read(1.0)
    assert len(program.received) > 5000, "the whole screen"
    assert program.cells == in_parts


def test_ctrl_l_fixes_what_somebody_else_wrote(terminal: OpenTerminal) -> None:
    program = terminal("--sandbox", "--preset", "default")
    program.wait_for("7.5.80")
    program.read(1.0)
    before = program.text
    program.disturb("\x1b[5;1HBroadcast message from root: the frontend reboots in 10 minutes")
    assert "Broadcast" in program.text
    program.press("ctrl+l")
    assert program.wait_for(lambda text: "Broadcast" not in text) == before


def test_attaching_to_nothing_says_so(terminal: OpenTerminal, exports: dict[str, str]) -> None:
    program = terminal("attach", "no such service", environment=exports)
    program.wait_for("no service of that name")
    # Escape and a key right after it are one key to a terminal.
    program.press("escape")
    program.wait_for(lambda text: "no service of that name" not in text)
    program.press("ctrl+q")
    assert program.ended() == 0


def test_a_small_terminal_is_told_what_is_needed_and_loses_nothing(terminal: OpenTerminal) -> None:
    exported = {"COLUMNS": "80", "LINES": "24"}
    program = terminal("--sandbox", "--preset", "default", environment=exported)
    program.wait_for("▸2 Service")
    program.press("end", "X", "Y", "Z")
    program.wait_for("LearningXYZ")
    program.resize(40, 10)
    program.wait_for("40x10")
    program.resize(80, 24)
    program.wait_for("LearningXYZ")


def test_leaving_asks_where_something_would_be_lost(terminal: OpenTerminal) -> None:
    program = terminal("--sandbox", "--preset", "default")
    program.wait_for("▸2 Service")
    program.wait_for("The name of the service template")
    program.press("end", "X", "ctrl+q")
    program.wait_for("Quit?")
    program.press("escape")
    program.wait_for("LearningX")
    program.press("ctrl+s")
    program.wait_for("Save as preset")
    program.press(*"mine", "enter")
    program.wait_for("LearningX · mine ·")
    program.press("ctrl+q")
    assert program.ended() == 0


def test_without_credentials_the_wizard_opens_and_says_what_to_do(terminal: OpenTerminal) -> None:
    program = terminal()
    screen = program.wait_for("no credentials found")
    assert "ONE_AUTH" in screen
    program.press("ctrl+q")
    assert program.ended() == 0


def test_a_dumb_terminal_is_refused(terminal: OpenTerminal) -> None:
    program = terminal("--sandbox", term="dumb")
    assert program.ended() == 2
    assert "TERM" in program.text
    assert "render" in program.text


def test_without_a_terminal_the_other_commands_are_named(places: dict[str, str]) -> None:
    ended = subprocess.run(
        [PROGRAM, "--sandbox"], env={**os.environ, **places}, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "deploy" in ended.stderr
