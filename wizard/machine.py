"""What the machine that this runs on is to somebody outside."""

from __future__ import annotations

import getpass
import socket


def reached_through() -> str:
    """What `ssh` is given to reach this machine, as far as it knows itself: `user@host`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "USER"
    return f"{user}@{socket.gethostname()}"
