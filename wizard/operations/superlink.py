"""Asking a SuperLink itself, through Flower's own code of its version.

Flower's Control API differs between its families, and what it needs does not fit beside this program. So the Python
of a Flower environment asks, in a process of its own that ends with ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import tempfile
from pathlib import Path

from wizard.core.errors import WizardError
from wizard.core.flower.superlink import Card, SuperLinkReport, read
from wizard.core.flower.versions import LIKELIEST, family
from wizard.operations.flower_environments import NoFlowerEnvironment, python_of
from wizard.operations.machine import NOBODY, WITH_FLOWER

_SCRIPT = Path(__file__).parent / "flower_scripts" / "control.py"
"""It runs with an environment's Python, not with ours."""

PATIENCE = 20.0
"""Seconds for an answer; the first one waits until Flower is imported."""


class ControlError(WizardError):
    """The SuperLink could not be asked: what happened, and what to do."""

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__(title, hint=hint)


class Control:
    """A conversation with the SuperLink of a card. Not thread-safe; `close` ends it."""

    def __init__(self, card: Card, at: str = "") -> None:
        """`at` is where the Control API is, `host:port`; else the SuperLink's own address is tried, then a tunnel."""
        self._card = card
        self._kind = family(card.version) or LIKELIEST
        port = self._kind.control_port
        host = card.address.rpartition(":")[0] or card.address
        self._is_given = bool(at)
        self.places = (at,) if at else (f"{host}:{port}", f"127.0.0.1:{port}")
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = ""
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def ask(self) -> SuperLinkReport:
        """Report of the SuperLink now. Raises ControlError; the next call tries anew."""
        if self._card.is_simulated and not self._is_given:
            raise ControlError(NOBODY, WITH_FLOWER)
        failures = []
        for place in (self._asked,) if self._asked else self.places:
            try:
                found = self._ask(place)
            except ControlError as error:
                self._end()
                if error.hint:
                    raise
                failures.append(f"{place}: {error.title}")
                continue
            self._asked = place
            return found
        self._asked = ""
        raise ControlError("; ".join(failures), _UNREACHED)

    def close(self) -> None:
        """End it."""
        self._end()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _ask(self, place: str) -> SuperLinkReport:
        if self._process is None:
            self._process = self._started(place)
        process = self._process
        try:
            line = _exchanged(process)
            data = json.loads(line)
            if "error" in data:
                raise ControlError(str(data["error"]))
            return read(place, data)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ControlError(f"no answer that can be read ({error})") from error

    def _started(self, place: str) -> subprocess.Popen[bytes]:
        version = self._card.version
        if version is None:
            raise ControlError(
                "the Flower version is not known", "The SuperLink published no FL_VERSION that is X.Y.Z."
            )
        try:
            python = python_of(str(version))
        except NoFlowerEnvironment as error:
            raise ControlError(error.title, f"To ask a SuperLink Flower is needed. {error.hint}") from error
        kind = "http" if self._kind.http_control else "grpc"
        command = [str(python), "-I", str(_SCRIPT), place, kind]
        if self._card.tls:
            command.append(self._ca())
        environment = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "HOME", "TMPDIR")}
        try:
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**environment, "FLWR_TELEMETRY_ENABLED": "0", "GRPC_VERBOSITY": "NONE"},
                start_new_session=True,
            )
        except OSError as error:
            raise ControlError(
                f"the Flower environment can't be started: {error}",
                f"Remove {python.parent.parent}, and make it again.",
            ) from error

    def _ca(self) -> str:
        if not self._card.ca:
            raise ControlError("TLS is on, and the SuperLink published no CA to trust", "Look at its FL_CA_CERT.")
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="control-")
        place = Path(self._folder.name) / "ca.crt"
        place.write_text(self._card.ca, encoding="ascii")
        return str(place)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait()


_UNREACHED = "Its Control API is not open to every network: open the tunnel of the connection card, on this machine."


def _exchanged(process: subprocess.Popen[bytes]) -> bytes:
    """One line there, one line back; OSError where none comes in time."""
    if process.stdin is None or process.stdout is None:
        raise OSError("no pipe")
    process.stdin.write(b"\n")
    process.stdin.flush()
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    if not ready:
        raise TimeoutError(f"none within {PATIENCE:g} s")
    line = process.stdout.readline()
    if not line:
        raise OSError(f"the environment's Python ended with {process.wait()}")
    return line
