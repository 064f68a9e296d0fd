"""Names of files and folders that belong to one process: whether it may still run can be read from them."""

from __future__ import annotations

import os
import re
import socket
import time
from pathlib import Path

_NAME = re.compile(r"(?P<host>.*)-(?P<pid>[0-9]{1,10})-(?P<start>[0-9]{1,20})-[0-9a-f]{8}\Z")
_A_WEEK = 7 * 86400.0


def own_name() -> str:
    """A name for a file of this process: its machine, its number, when it began, and something that is no other's."""
    pid = os.getpid()
    return f"{_host()}-{pid}-{_started(pid) or 0}-{os.urandom(4).hex()}"


def may_live(path: Path) -> bool:
    """True if the process that this file is named after may still run; one on another machine may, for a week."""
    parts = _NAME.match(path.stem)
    if parts is None:
        return False
    if parts["host"] != _host():
        # A shared home: nobody can tell from here. Old enough, and it is taken for over.
        return age(path) < _A_WEEK
    pid = int(parts["pid"])
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass
    # The number may have been given to another program since.
    started = _started(pid)
    return started is None or started == int(parts["start"])


def age(path: Path) -> float:
    """Seconds since the file was written, 0 where that is not known."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9.]", "_", socket.gethostname()) or "host"


def _started(pid: int) -> int | None:
    """Time at which a process began, in ticks since the machine did; None where the system does not tell."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(line.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
