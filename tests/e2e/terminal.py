"""The installed program in a pseudo-terminal, its screen read through a terminal emulator."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pexpect
import pyte

PROGRAM = str(Path(sys.executable).parent / "flowerneb-wizard")

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "end": "\x1b[F",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "ctrl+l": "\x0c",
    "ctrl+q": "\x11",
    "ctrl+s": "\x13",
}


class Terminal:
    """A terminal of the given size with the program in it. Close it with `close`."""

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        columns: int = 80,
        lines: int = 24,
        term: str = "xterm-256color",
        program: str = PROGRAM,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.received = b""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ONE", "TEXTUAL"))}
        self.child = pexpect.spawn(
            program,
            list(arguments),
            dimensions=(lines, columns),
            env={**inherited, "TERM": term, "LC_ALL": "C.UTF-8", **environment},
            timeout=None,
        )

    def read(self, seconds: float = 0.05) -> None:
        """Take what the program wrote meanwhile."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                data = self.child.read_nonblocking(65536, seconds)
                self.received += data
                self._stream.feed(data)

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def disturb(self, text: str) -> None:
        """Let somebody else write to the terminal."""
        self._stream.feed(text.encode())

    @property
    def cells(self) -> list[list[pyte.screens.Char]]:
        """Every cell with its colours, line by line."""
        lines, columns = range(self.screen.lines), range(self.screen.columns)
        return [[self.screen.buffer[line][column] for column in columns] for line in lines]

    def press(self, *keys: str) -> None:
        """Press keys, one after another; a key without a name is typed as it is."""
        for key in keys:
            self.child.send(KEYS.get(key, key))
            self.read(0.1)

    def wait_for(self, wanted: str | Callable[[str], bool], seconds: float = 40.0) -> str:
        """Read until the screen shows a text, or satisfies a condition. Fails with the screen as it was."""
        shows = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read()
            if shows(self.text):
                return self.text
        raise AssertionError(f"{wanted!r} never came up within {seconds:g} s; the screen was:\n{self.text}")

    def ended(self, seconds: float = 15.0) -> int:
        """Wait for the end of the program; its exit status, or minus the signal that ended it."""
        end = time.monotonic() + seconds
        while self.child.isalive():
            self.read()
            if time.monotonic() > end:
                raise AssertionError(f"the program did not end; the screen was:\n{self.text}")
        self.read()
        status, number = self.child.exitstatus, self.child.signalstatus
        return status if status is not None else -(number or 0)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal."""
        self.screen.resize(lines, columns)
        self.child.setwinsize(lines, columns)

    def close(self) -> None:
        """End the program if it still runs, and free the terminal."""
        end = time.monotonic() + 10
        for number in (signal.SIGHUP, signal.SIGKILL):
            if self.child.isalive():
                self.child.kill(number)
            while self.child.isalive() and time.monotonic() < end:
                time.sleep(0.02)
        self.child.close()
