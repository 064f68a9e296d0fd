"""What the machine that this runs on is to somebody outside."""

from __future__ import annotations

import getpass
import socket
import time


def reached_through() -> str:
    """What `ssh` is given to reach this machine, as far as it knows itself: `user@host`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "USER"
    return f"{user}@{socket.gethostname()}"


def local_time(at: float) -> str:
    """A Unix time as this machine's calendar and clock show it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
