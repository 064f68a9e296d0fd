"""The machine that this runs on, as somebody outside reaches it."""

from __future__ import annotations

import getpass
import ipaddress
import shutil
import socket
import subprocess
import time


def reached_through() -> str:
    """Argument for `ssh` to reach this machine, as far as it knows itself: `user@host`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "USER"
    return f"{user}@{socket.gethostname()}"


def local_time(at: float) -> str:
    """A Unix time as this machine's calendar and clock show it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


USER = "root"


def command(address: str) -> tuple[str, ...] | None:
    """`ssh root@ADDRESS`, None where the address is none: what the cloud says must never become an option."""
    try:
        return ("ssh", f"{USER}@{ipaddress.ip_address(address)}")
    except ValueError:
        return None


LOGGED = 200
"""Lines of a guest's log."""
_LOG = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=5")
_LOG_PATIENCE = 20.0
_LARGEST_LOG = 1_000_000


def guest_log(address: str) -> str:
    """The last lines of the journal of the guest at an address, or a line that says why there is none.

    It asks nobody for a password, and takes some seconds at most.
    """
    line = command(address)
    if line is None or missing():
        return missing() or "It has no address to reach it at."
    program, target = line
    asked = (program, *_LOG, target, "journalctl", "--no-pager", "-n", str(LOGGED))
    try:
        done = subprocess.run(  # noqa: S603
            asked, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LOG_PATIENCE
        )
    except OSError as error:
        return f"ssh could not be started: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"{target} did not answer within {_LOG_PATIENCE:.0f} s."
    said = (done.stdout or done.stderr)[-_LARGEST_LOG:].decode("utf-8", "replace").strip()
    return said or f"ssh ended ({done.returncode}), and said nothing."


def missing() -> str:
    """Why ssh can't be run here; empty where it can."""
    return "" if shutil.which("ssh") else "ssh is not installed on this machine."


def run(line: tuple[str, ...]) -> str:
    """Run it on this terminal until it ends, and say how it ended; `line` is what `command` made, and no shell."""
    try:
        status = subprocess.run(line, check=False).returncode  # noqa: S603
    except OSError as error:
        return f"ssh could not be started: {error.strerror}"
    except KeyboardInterrupt:
        return "ssh was interrupted"
    # ssh gives the status of what ran in the VM, and 255 for whatever went wrong on the way there.
    return "ssh did not get there, or the connection broke (255)" if status == 255 else f"ssh ended ({status})"
