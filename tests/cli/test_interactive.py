"""Opening the wizard: on a terminal only, and on one that can show it."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from tests.cli.conftest import ROOT, Ended, Program, end_of
from wizard.sandbox.server import Sandbox

Terminal = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def terminal(program: Program) -> Iterator[Terminal]:
    """Starts the program on a terminal of its own, 100x30."""
    started: list[pexpect.spawn[str]] = []

    def start(*arguments: str, nohup: bool = False, **environment: str) -> pexpect.spawn[str]:
        def as_a_shell_does() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)

        child = pexpect.spawn(
            sys.executable,
            ["-m", "wizard", *arguments],
            env={**program.environment, **environment},  # type: ignore[arg-type]
            cwd=str(program.folder),
            encoding="utf-8",
            codec_errors="replace",
            dimensions=(30, 100),
            timeout=20,
            preexec_fn=as_a_shell_does,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


@pytest.mark.parametrize("arguments", [(), ("--sandbox",), ("attach", "1"), ("--preset", "default")], ids=" ".join)
def test_without_a_terminal_it_refuses(program: Program, arguments: tuple[str, ...]) -> None:
    result = program(*arguments)
    assert (result.status, result.out) == (2, "")
    assert "needs a terminal" in result.err
    for command in ("render", "deploy", "status"):
        assert f"`{command}`" in result.err or f" {command}`" in result.err


@pytest.mark.parametrize("kind", ["dumb", "", "unknown"])
def test_a_terminal_that_can_t_draw_is_refused(terminal: Terminal, kind: str) -> None:
    status, said = end_of(terminal("--sandbox", TERM=kind))
    assert status == 2
    assert "TERM is" in said
    assert "\x1b" not in said


def test_an_encoding_without_the_glyphs_is_refused(terminal: Terminal) -> None:
    status, said = end_of(terminal("--sandbox", PYTHONIOENCODING="latin-1", PYTHONUTF8="0"))
    assert status == 2
    assert "encoding" in said
    assert "LC_ALL=C.UTF-8" in said


def test_a_wrong_preset_is_told_before_the_screen_opens(terminal: Terminal) -> None:
    status, said = end_of(terminal("--sandbox", "--preset", "defualt"))
    assert status == 4
    assert "did you mean 'default'?" in said
    status, said = end_of(terminal("--sandbox", "--set", "FL_NUM_ROUND=1"))
    assert status == 2
    assert "did you mean 'FL_NUM_ROUNDS'?" in said


def test_it_opens_and_quits(terminal: Terminal) -> None:
    child = terminal("--sandbox")
    child.expect("oneadmin")
    child.send("\x11")
    status, said = end_of(child)
    assert status == 0
    assert "\x1b[?1049l" in said
    assert "Traceback" not in said


def test_no_mouse_asks_for_no_mouse(terminal: Terminal) -> None:
    child = terminal("--sandbox", "--no-mouse", "--preset", "image-classification")
    child.expect("Flower Image Classification")
    child.send("\x11")
    status, said = end_of(child)
    assert status == 0
    assert "\x1b[?1003h" not in said


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 1), ("", 1)])
def test_deploy_asks_on_a_terminal(terminal: Terminal, cloud: Sandbox, answer: str, status: int) -> None:
    child = terminal("deploy", "default", "--no-wait", **cloud.environment())
    child.expect(re.escape("Deploy? [y/N] "))
    assert "2 VMs supernode from VM template 1" in (child.before or "")
    child.sendline(answer)
    assert end_of(child)[0] == status
    assert any("instantiate" in item.call or "action" in item.call for item in cloud.requests) is (status == 0)


def test_ctrl_c_at_the_question(terminal: Terminal, cloud: Sandbox) -> None:
    child = terminal("deploy", "default", **cloud.environment())
    child.expect(re.escape("[y/N] "))
    child.sendintr()
    status, said = end_of(child)
    assert status == 130
    assert "Traceback" not in said
    assert not any(item.method == "POST" and item.server == "oneflow" for item in cloud.requests)


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_table_fits_the_terminal(terminal: Terminal, call: Callable[..., Ended], cloud: Sandbox, width: int) -> None:
    call("deploy", "default", "--yes", cloud=cloud)
    child = terminal("status", "Flower Federated Learning", **cloud.environment(), COLUMNS=str(width))
    status, said = end_of(child)
    assert status == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    assert max(len(line) for line in plain.splitlines()) <= width
    assert "0 of 2" in plain
    assert "in sync" in plain
    assert ("supernode_0_" in plain) is (width > 120)


def test_no_color_is_obeyed(terminal: Terminal, call: Callable[..., Ended], cloud: Sandbox) -> None:
    call("deploy", "default", "--yes", cloud=cloud)
    plain = end_of(terminal("status", "Flower Federated Learning", **cloud.environment(), NO_COLOR="1"))[1]
    coloured = end_of(terminal("status", "Flower Federated Learning", **cloud.environment()))[1]
    assert "\x1b[32m" in coloured
    assert "\x1b[3" not in plain


def test_the_demo_without_a_terminal_shows_the_main_job(program: Program) -> None:
    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "demo.sh"), str(Path(sys.executable).parent / "flowerneb-wizard")],
        env=program.environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=30,
    )
    assert done.returncode == 0
    assert "RUNNING" in done.stdout
    assert "1 of 2" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_it_leaves_in_order(terminal: Terminal, tmp_path: Path, number: signal.Signals) -> None:
    child = terminal("--sandbox", TMPDIR=str(tmp_path))
    child.expect("oneadmin")
    assert list(tmp_path.glob("flowerneb-sandbox-*"))
    child.kill(number)
    status, said = end_of(child)
    assert status == 128 + number
    assert "\x1b[?1049l" in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("flowerneb-sandbox-*"))


@pytest.mark.parametrize("nohup", [False, True])
def test_a_lost_terminal_ends_it(terminal: Terminal, tmp_path: Path, nohup: bool) -> None:
    child = terminal("--sandbox", nohup=nohup, TMPDIR=str(tmp_path))
    child.expect("oneadmin")
    child.ptyproc.fileobj.close()
    until(lambda: not child.ptyproc.isalive())
    assert child.ptyproc.exitstatus == 128 + signal.SIGHUP
    child.ptyproc.closed = True
    assert not list(tmp_path.glob("flowerneb-sandbox-*"))


def test_what_was_stopped_goes_on(terminal: Terminal) -> None:
    child = terminal("--sandbox")
    child.expect("oneadmin")
    readers = tasks(child.pid)
    for number in (signal.SIGSTOP, signal.SIGTSTP):
        child.kill(number)
        until(lambda: drained(child) and state(child.pid) == "T")
        child.kill(signal.SIGCONT)
        child.expect("oneadmin")
        until(lambda: drained(child) and tasks(child.pid) <= readers)
    child.send("\x11")
    status, said = end_of(child)
    assert status == 0
    assert "Traceback" not in said


def drained(child: pexpect.spawn[str]) -> bool:
    """Take what was written, as a terminal does: who writes to a full one waits."""
    with contextlib.suppress(pexpect.TIMEOUT):
        child.read_nonblocking(65536, 0)
    return True


def state(pid: int) -> str:
    """T for a process that is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def tasks(pid: int) -> int:
    """The threads of a process."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
