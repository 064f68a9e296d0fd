"""An SSH tunnel to a port of a VM's own loopback, by the operator's ssh: its keys, its known hosts, its settings."""

from __future__ import annotations

import re
import shutil
import socket
import time
from pathlib import Path

from wizard.core.errors import WizardError
from wizard.operations.processes import Processes

OPENS_WITHIN = 30.0
"""Seconds in which a tunnel is open."""
_TARGET = re.compile(r"(?:ssh://)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}@[A-Za-z0-9\[][A-Za-z0-9.:\[\]-]{0,252}", re.ASCII)
_LOOK = 0.1


class TunnelError(WizardError):
    """No tunnel could be opened: what ssh said, and what to do."""


def reachable(host: str, port: int, seconds: float = 3.0) -> bool:
    """True if something accepts connections there."""
    try:
        with socket.create_connection((host, port), seconds):
            return True
    except OSError:
        return False


class Tunnel:
    """From a free port of this machine to `port` on the loopback of `target`, a `user@host` or `ssh://user@host:port`.

    It ends with `close`, or with this program. Nothing is asked of anybody: a key that needs a passphrase has to be in
    an agent, and a host key that ssh does not know is not accepted. Raises TunnelError.
    """

    def __init__(self, processes: Processes, target: str, port: int, log: Path, environment: dict[str, str]) -> None:
        if _TARGET.fullmatch(target) is None:
            raise TunnelError("this is no target for ssh", repr(target), hint="Write it as user@host.")
        if not shutil.which("ssh"):
            raise TunnelError("ssh is not installed on this machine")
        self._processes, self._target, self._log = processes, target, log
        self.port = _free_port()
        self._name = f"tunnel-{self.port}"
        options = ("BatchMode=yes", "ExitOnForwardFailure=yes", "ConnectTimeout=10", "ServerAliveInterval=15")
        command = ["ssh", "-N", *(word for option in options for word in ("-o", option))]
        command += ["-L", f"127.0.0.1:{self.port}:127.0.0.1:{port}", target]
        log.unlink(missing_ok=True)
        processes.start(self._name, command, environment=environment, folder=log.parent, log=log)
        self._wait()

    @property
    def is_open(self) -> bool:
        """False once ssh has ended."""
        return self._processes.ended(self._name) is None

    @property
    def said(self) -> str:
        """The last line that ssh printed."""
        try:
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return next((line for line in reversed(lines) if line.strip()), "")

    def close(self) -> None:
        """End it."""
        self._processes.stop(self._name, grace=2.0)

    def _wait(self) -> None:
        end = time.monotonic() + OPENS_WITHIN
        while self.is_open and time.monotonic() < end:
            if reachable("127.0.0.1", self.port, 1.0):
                return
            time.sleep(_LOOK)
        said = self.said or self._processes.refused(self._name) or f"nothing within {OPENS_WITHIN:.0f} s"
        self.close()
        hint = f"Try it by hand: `ssh {self._target}`. It has to work without a password and with a known host key."
        raise TunnelError("no SSH tunnel could be opened", self._target, said, hint)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
