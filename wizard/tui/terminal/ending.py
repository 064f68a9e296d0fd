"""The end of the program on request: in order, or at once where it does not come to that."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import sys
import termios
import threading
from functools import partial
from typing import Any

from textual.app import App

GRACE = 0.7
"""Seconds to end in order. Whoever asks a program to end, by a signal or by taking its terminal, waits for a second."""

_MODES = (1000, 1003, 1006, 1015, 1016, 1004, 2004, 2048)
_AS_IT_WAS = "".join(f"\x1b[?{mode}l" for mode in _MODES) + "\x1b[<u\x1b[?1049l\x1b[?25h"
"""No mouse, no reports of focus and size, no bracketed paste, the usual keys, the screen from before, the cursor."""

_lines: dict[int, list[Any]] = {}


def remember_terminal() -> None:
    """Remember how the terminal is set, before the screens change it."""
    with contextlib.suppress(termios.error, ValueError, OSError):
        _lines[sys.stdin.fileno()] = termios.tcgetattr(sys.stdin.fileno())


def end(app: App[Any], loop: asyncio.AbstractEventLoop, status: int) -> None:
    """Let the application exit with this status; where it is too busy for that, end the process after `GRACE`."""
    with contextlib.suppress(RuntimeError):
        # The loop may have ended already.
        loop.call_soon_threadsafe(partial(app.exit, return_code=status))
    timer = threading.Timer(GRACE, _end_now, (app, status))
    timer.daemon = True
    timer.start()


def _end_now(app: App[Any], status: int) -> None:
    if not app.is_running:
        # It has left its screens; what follows is cleaning up.
        return
    drafts = getattr(app, "drafts", None)
    if drafts is not None:
        with contextlib.suppress(Exception):
            drafts.keep()
    with contextlib.suppress(OSError, ValueError):
        # One that was stopped with Ctrl-S takes nothing, and would hold the process.
        if select.select([], [2], [], 0.1)[1]:
            os.write(2, _AS_IT_WAS.encode())
    for number, attributes in _lines.items():
        with contextlib.suppress(termios.error, OSError):
            termios.tcsetattr(number, termios.TCSANOW, attributes)
    os._exit(status)
