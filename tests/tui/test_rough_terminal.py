"""The program in a pseudo-terminal that sends what no terminal should, and is then torn away."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0


class Wizard:
    """The wizard on the sandbox, at its Service step, in a terminal of 100x30."""

    def __init__(self, state: Path) -> None:
        self.screen = pyte.Screen(100, 30)
        self.stream = pyte.ByteStream(self.screen)
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "wizard", "--sandbox", "--preset", "default"],
            cwd=str(ROOT),
            dimensions=(30, 100),
            env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": str(state)},
            timeout=None,
        )

    def until(self, holds: Callable[[str], bool], what: str) -> None:
        """Read the screen until it is so."""
        end = time.monotonic() + PATIENCE
        while not holds("\n".join(self.screen.display)):
            assert time.monotonic() < end, f"never {what}:\n" + "\n".join(self.screen.display)
            with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
                self.stream.feed(self.child.read_nonblocking(65536, 0.05))

    def send(self, data: bytes) -> None:
        """Send in pieces, reading meanwhile, as a terminal does."""
        for start in range(0, len(data), 2048):
            self.child.send(data[start : start + 2048])
            with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
                self.stream.feed(self.child.read_nonblocking(65536, 0))


@pytest.fixture
def wizard(tmp_path: Path) -> Iterator[Wizard]:
    """It runs, with the cursor in the name of the service."""
    started = Wizard(tmp_path)
    started.until(lambda text: "7.5.80" in text, "connected")
    started.send(b"\x1b[F")
    yield started
    if started.child.isalive():
        started.child.kill(signal.SIGKILL)
        started.child.wait()
    started.child.close()


def test_no_byte_ends_it_and_a_torn_terminal_loses_nothing(wizard: Wizard, tmp_path: Path) -> None:
    wizard.send(b"\x1b[200~one\rtwo\x1b[201~")
    wizard.until(lambda text: "2 lines" in text, "refused two lines")
    wizard.send(b"caf\xe9s")
    wizard.until(lambda text: "not UTF-8" in text, "refused the byte")
    wizard.send(b"\x1b[200~" + b"x" * 100_000 + b"\x1b[201~")
    wizard.until(lambda text: "100,000 characters" in text, "refused what is too long")
    wizard.send(b"\x15")
    wizard.until(lambda text: "caf" not in text, "emptied")
    wizard.send(b"Mine [b]")
    wizard.until(lambda text: "Mine [b]" in text.splitlines()[0], "shown")
    os.kill(wizard.child.pid, signal.SIGHUP)
    wizard.child.wait()
    (draft,) = (tmp_path / "flowerneb-wizard" / "drafts-sandbox").glob("*.toml")
    assert [line for line in draft.read_text().splitlines() if line.startswith("name =")] == ['name = "Mine [b]"']


def test_answers_of_the_terminal_are_no_typing_and_a_coloured_log_no_freeze(wizard: Wizard) -> None:
    before = wizard.screen.display[0]
    for report in (b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\", b"\x1b[?62;22c", b"\x1b[0n", b"\x1bP1$r0m\x1b\\", b"\x1b[7;9R"):
        wizard.send(report)
        wizard.send(report[:3])
        wizard.send(report[3:])
    wizard.send(b"!")
    wizard.until(lambda text: "!" in text.splitlines()[0], "typed")
    assert wizard.screen.display[0].replace("!", "").replace("*", "").split() == before.replace("*", "").split()
    wizard.send(b"\x1b[200~" + b"\x1b[31merror\x1b[0m at line 7; " * 2500 + b"\x1b[201~")
    wizard.until(lambda text: "65,000 characters" in text, "refused the log")
    wizard.send(b"\x1b[200~\x1b[31mred\x1b[0m\x1b[201~")
    wizard.until(lambda text: "U+001B" in text, "refused the colours")
    wizard.send(b"\x15")
    wizard.send(b"abcdefghij" * 400)
    wizard.until(lambda text: "jabcdefghij" in text, "taken 4,000 letters")


def test_whoever_asks_it_to_end_waits_for_a_second_however_busy_it_is(wizard: Wizard) -> None:
    for _ in range(40):
        wizard.send(b"a\x7f" * 1000)
    os.kill(wizard.child.pid, signal.SIGTERM)
    asked = time.monotonic()
    while wizard.child.isalive():
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            wizard.stream.feed(wizard.child.read_nonblocking(65536, 0.05))
        assert time.monotonic() - asked < 5
    assert time.monotonic() - asked < 2
    assert wizard.child.exitstatus == 128 + signal.SIGTERM
