"""A program in a pseudo-terminal: what it writes, when it writes it, and what then stands there."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

COLUMNS, LINES = 120, 40
DOWN = b"\x1b[B"
END = b"\x1b[1;5F"
_QUIET = 0.02
"""Seconds without a byte after which a paint has ended."""


@contextmanager
def private_environment(extra: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Variables for a program that finds nothing of the operator's, and leaves nothing behind."""
    # An installed program has its byte code: the first run, which is not counted, may write it.
    others = ("ONE", "TEXTUAL", "XDG_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        fixed = {"HOME": folder, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        yield {**kept, **fixed, **(extra or {})}


@contextmanager
def dashboard(environment: Mapping[str, str], service: str, shows: str) -> Iterator[Terminal]:
    """The wizard's dashboard of a service, once a text stands there."""
    with private_environment(environment) as private:
        terminal = Terminal(["-m", "wizard", "attach", service], private)
        try:
            terminal.wait_for(shows)
            # What comes up after the first result, such as who we are to the cloud.
            terminal.count(3.0)
            yield terminal
        finally:
            terminal.close()


class Terminal:
    """A terminal with a program of this Python in it. Close it with `close`."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._main, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            env=environment,
            stdin=child,
            stdout=child,
            stderr=child,
            start_new_session=True,
        )
        os.close(child)

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def read(self, seconds: float) -> int:
        """Wait so long for something to come and take it; the number of bytes."""
        if not select.select([self._main], [], [], max(0.0, seconds))[0]:
            return 0
        data = os.read(self._main, 1 << 16)
        self._stream.feed(data)
        return len(data)

    def count(self, seconds: float) -> int:
        """The number of bytes that come within so many seconds."""
        total, end = 0, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            total += self.read(left)
        return total

    def wait_for(self, wanted: str, seconds: float = 90.0) -> None:
        """Read until the screen shows a text. Raises TimeoutError with the screen as it was."""
        end = time.monotonic() + seconds
        while wanted not in self.text:
            if time.monotonic() > end:
                raise TimeoutError(f"{wanted!r} never came up; the screen was:\n{self.text}")
            self.read(0.1)

    def wait_for_bytes(self, wanted: bytes, seconds: float = 20.0) -> None:
        """Read until a word has come, without drawing the screen: nothing is shown of it. Raises TimeoutError."""
        end, come = time.monotonic() + seconds, b""
        while wanted not in come:
            if time.monotonic() > end:
                raise TimeoutError(f"{wanted!r} never came; what came was {come[-2000:]!r}")
            if select.select([self._main], [], [], 0.1)[0]:
                come += os.read(self._main, 1 << 16)

    def rest(self, quiet: float = 3.0, seconds: float = 60.0) -> None:
        """Read until nothing has come for a while. Raises TimeoutError where something always comes."""
        end = time.monotonic() + seconds
        while self.count(quiet):
            if time.monotonic() > end:
                raise TimeoutError(f"the screen never rests; it was:\n{self.text}")

    def send(self, keys: bytes) -> None:
        """Press keys and wait for nothing."""
        os.write(self._main, keys)

    def painted(self, key: bytes, seconds: float = 5.0) -> float:
        """Press a key; the seconds until the last byte of what it makes the program paint."""
        while self.read(0):
            pass
        begin, last, paint = time.perf_counter(), 0.0, b""
        self.send(key)
        while select.select([self._main], [], [], _QUIET if paint else seconds)[0]:
            paint += os.read(self._main, 1 << 16)
            last = time.perf_counter() - begin
        if not paint:
            raise TimeoutError(f"{key!r} changed nothing; the screen was:\n{self.text}")
        self._stream.feed(paint)
        return last

    def peak(self) -> float:
        """The most memory that the program ever had resident, in MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii", errors="replace")
        found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
        if found is None:
            raise RuntimeError("this system does not tell how much memory a process had")
        return int(found[1]) / 1024

    def close(self) -> None:
        """End the program and free the terminal."""
        self._process.kill()
        self._process.wait(10)
        os.close(self._main)
