"""The machine that this runs on, as somebody outside reaches it."""

from __future__ import annotations

import getpass
import ipaddress
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass


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


NOBODY = "this sandbox only simulates its VMs: no program runs in them"
WITH_FLOWER = "With `--sandbox --guests flower` Flower itself runs for them."
"""Why a simulated VM is not connected to, and what to do."""

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


@dataclass(frozen=True)
class GuestLog:
    """Text of a guest's journal, or, in sentences, why there is none and what to do."""

    text: str = ""
    failure: str = ""


def _lines(printed: bytes) -> str:
    """Output of ssh, without the carriage returns that it writes at the end of a line."""
    text = printed[-_LARGEST_LOG:].decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def guest_log(address: str) -> GuestLog:
    """The last lines of the journal of the guest at an address.

    It asks nobody for a password, and takes some seconds at most.
    """
    line = command(address)
    if line is None or missing():
        return GuestLog(failure=missing() or "It has no address to reach it at.")
    program, target = line
    by_hand = f"\nTry it by hand: ssh {target} journalctl -n {LOGGED}"
    asked = (program, *_LOG, target, "journalctl", "--no-pager", "-n", str(LOGGED))
    try:
        done = subprocess.run(  # noqa: S603
            asked, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LOG_PATIENCE
        )
    except OSError as error:
        return GuestLog(failure=f"ssh could not be started: {error.strerror}")
    except subprocess.TimeoutExpired:
        return GuestLog(failure=f"{target} did not answer within {_LOG_PATIENCE:.0f} s.{by_hand}")
    text, said = (_lines(part) for part in (done.stdout, done.stderr))
    if text:
        return GuestLog(text)
    if not done.returncode:
        return GuestLog(failure="Its journal is empty.")
    why = said or f"It ended with status {done.returncode}, and said nothing."
    return GuestLog(failure=f"The journal could not be read by ssh: {why}{by_hand}")


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
