"""Guests that run Flower: what the appliance's scripts do in a VM, done by a thread and local processes.

Every VM has its own loopback address, so that Flower listens on the ports that it has on a real VM.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from wizard.operations.flower_environments import ImageError, python_of
from wizard.rehearsal.processes import Processes
from wizard.rehearsal.recipe import ENVIRONMENT, INSIDE, Certificates, Recipe, answers, node_id
from wizard.sandbox.guests import SuperNode, partition
from wizard.sandbox.oned.vm import VirtualMachine
from wizard.sandbox.world import WorldState

HEALTH_CHECK = 120.0
"""Seconds in which Flower has to come up, as the appliance's health check gives it."""
_ACTIVATED = b"SuperNode ID:"
_LOOK = 0.25
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_PATIENCE = 30


class Guests:
    """Makes guests, and knows their logs. `folder` is where they keep everything."""

    def __init__(self, folder: Path, processes: Processes, image: Callable[[str], Path] = python_of) -> None:
        self.folder = folder
        self.processes = processes
        self.image = image

    def __call__(self, vm: VirtualMachine, world: WorldState) -> FlowerGuest:
        """The guest of a VM."""
        kinds = {"superlink": FlowerSuperLink, "supernode": FlowerSuperNode}
        return kinds.get(vm.role, FlowerGuest)(vm, world, self)

    def log(self, vm: int) -> Path:
        """Log of the processes of a VM; it need not exist."""
        return self.folder / f"vm-{vm}.log"

    def text(self, vm: int) -> str:
        """Output of the processes of a VM so far, without its colours."""
        try:
            return _COLORS.sub("", self.log(vm).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return ""

    def node_id(self, vm: int) -> str:
        """The id under which the SuperNode of a VM joined last; empty where it has not."""
        return node_id(self.text(vm))

    def environment(self, python: Path, home: Path) -> dict[str, str]:
        """Environment of a process: nothing of ours but where programs are, and Flower's own home."""
        passed = {key: value for key, value in os.environ.items() if key in ("LANG", "LC_ALL", "TZ", "TMPDIR")}
        path = os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath)))
        return {**passed, **ENVIRONMENT, "PATH": path, "HOME": str(home), "FLWR_HOME": str(home / ".flwr")}


class FlowerGuest(SuperNode):
    """A guest whose boot is a thread of its own. One of neither role runs nothing, and is READY."""

    def __init__(self, vm: VirtualMachine, world: WorldState, guests: Guests) -> None:
        super().__init__(vm, world)
        self._guests = guests
        self._stopped = threading.Event()
        self._process = ""

    @property
    def home(self) -> Path:
        """The VM's disk."""
        return self._guests.folder / f"vm-{self._vm.vid}"

    def start(self) -> None:
        """Boot: forget what was computed, then bring Flower up and report, in a thread."""
        self.stop()
        self._stopped = threading.Event()
        self._alive = True
        self.boots += 1
        self.node_config = self._explicit()
        before, self._process = self._process, f"vm-{self._vm.vid}.{self.boots}"
        arguments = (self._stopped, self._process, before)
        threading.Thread(target=self._live, args=arguments, name=self._process, daemon=True).start()

    def stop(self) -> None:
        """Go down, as when the VM does: Flower is asked to end, and killed if it does not."""
        super().stop()
        self._stopped.set()
        if self._process:
            self._guests.processes.stop(self._process)

    def _live(self, stopped: threading.Event, process: str, before: str) -> None:
        if before:
            # Its ports are free when it is gone, not when it was sent a signal.
            self._guests.processes.wait(before, 15.0)
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            error = self._bring_up(stopped, process)
        except (ImageError, OSError) as failure:
            error = str(failure)
            with contextlib.suppress(OSError), self._guests.log(self._vm.vid).open("a", encoding="utf-8") as log:
                log.write(f"{error}\n")
        if stopped.is_set() or not self._may_report():
            return
        if error:
            self._put([line if "ERROR" not in line else f'FL_ERROR="{_quoted(error)}"' for line in self._unhealthy()])
        else:
            self._put(self._report())

    def _bring_up(self, stopped: threading.Event, process: str) -> str:
        """Start what the VM runs and wait until it works; gives what went wrong, or nothing."""
        del stopped, process
        return ""

    def _put(self, lines: list[str]) -> None:
        """Publish one line after another, a moment apart, as the appliance's scripts do."""
        for line in lines:
            if self._ask("PUT", "/vm", line) is None:
                return
            time.sleep(0.1)

    def _run(self, process: str, python: Path, command: list[str]) -> None:
        command = [str(python.parent / command[0]), *command[1:]]
        self._guests.processes.start(
            process,
            command,
            environment=self._guests.environment(python, self.home),
            folder=self.home,
            log=self._guests.log(self._vm.vid),
        )

    def _wait(self, stopped: threading.Event, process: str, works: Callable[[], bool]) -> str:
        """Wait until it works; gives what went wrong, or nothing."""
        end = time.monotonic() + HEALTH_CHECK
        while not stopped.wait(_LOOK):
            status = self._guests.processes.ended(process)
            if status is not None:
                return self._guests.processes.refused(process) or f"Flower ended with status {status}"
            if works():
                return ""
            if time.monotonic() >= end:
                return "health_check_timeout"
        return "stopped"


class FlowerSuperLink(FlowerGuest):
    """Starts `flower-superlink`, and publishes where it listens once its Fleet API answers."""

    _certificates: Certificates | None = None

    def _bring_up(self, stopped: threading.Event, process: str) -> str:
        recipe = Recipe(self._version())
        python = self._guests.image(recipe.version)
        ip = self._vm.ip
        if self._tls():
            wanted = Certificates(*(self.home / name for name in ("ca.crt", "server.crt", "server.key")))
            making = f"{process}.tls"
            self._run(making, python, ["python", str(INSIDE / "certificates.py"), str(self.home), ip])
            if self._guests.processes.wait(making, 60.0) != 0:
                return "no certificates could be made"
            self._certificates = wanted
        self._run(process, python, recipe.superlink(ip, self._certificates))
        ca = self._certificates.ca if self._certificates else None
        return self._wait(stopped, process, lambda: answers(ip, recipe.fleet_port, http=recipe.http, ca=ca))

    def _explicit(self) -> str:
        return ""

    def _report(self) -> list[str]:
        recipe = Recipe(self._version())
        lines = [
            "FL_READY=YES",
            f"FL_ENDPOINT={self._vm.ip}:{recipe.fleet_port}",
            f"FL_VERSION={recipe.version}",
            "FL_ROLE=superlink",
            f"FL_TLS={'YES' if self._certificates else 'NO'}",
        ]
        if self._certificates:
            lines.append(f"FL_CA_CERT={base64.b64encode(self._certificates.ca.read_bytes()).decode()}")
        return [*lines, "READY=YES"]

    def _unhealthy(self) -> list[str]:
        return ["FL_READY=NO", "FL_ERROR=health_check_timeout"]


class FlowerSuperNode(FlowerGuest):
    """Asks OneGate who it is, starts `flower-supernode` with the partition that follows, and tells when it joined."""

    def _bring_up(self, stopped: threading.Event, process: str) -> str:
        recipe = Recipe(self._version())
        python = self._guests.image(recipe.version)
        self.node_config = self._explicit() or partition(self._service(), self._vm.vid)
        superlink = self._superlink(stopped)
        if superlink is None:
            return "no SuperLink was found"
        endpoint, ca = superlink
        already = _size(self._guests.log(self._vm.vid))
        self._run(process, python, recipe.supernode(self._vm.ip, endpoint, ca, self.node_config))
        return self._wait(stopped, process, lambda: _ACTIVATED in _since(self._guests.log(self._vm.vid), already))

    def _superlink(self, stopped: threading.Event) -> tuple[str, Path | None] | None:
        """Address of the SuperLink, and the CA to trust; None where none published that in a minute."""
        given = self._context("FL_SUPERLINK_ADDRESS", "ONEAPP_FL_SUPERLINK_ADDRESS")
        for _ in range(_PATIENCE):
            published = self._published_by_superlink(self._service())
            endpoint = given or published.get("FL_ENDPOINT", "")
            ca = self._trusted(published) if self._tls() else None
            if endpoint and (ca is not None or not self._tls()):
                return endpoint, ca
            if stopped.wait(2.0):
                break
        return None

    def _trusted(self, published: Mapping[str, str]) -> Path | None:
        try:
            pem = base64.b64decode(published.get("FL_CA_CERT", ""), validate=True)
        except binascii.Error:
            return None
        if not pem:
            return None
        place = self.home / "ca.crt"
        place.write_bytes(pem)
        return place


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except OSError:
        return 0


def _since(log: Path, start: int) -> bytes:
    try:
        with log.open("rb") as file:
            file.seek(start)
            return file.read()
    except OSError:
        return b""


def _quoted(text: str) -> str:
    return text.replace('"', "'").replace("\n", " ")
