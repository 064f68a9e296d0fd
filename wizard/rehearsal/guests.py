"""Guests that run Flower: the appliance's own guest, as a local process in the place of each VM.

Every VM has its own loopback address, so that Flower listens on the ports that it has on a real VM, and a folder that
stands for its disk.
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from wizard.appliance import guest as program
from wizard.operations.flower_environments import NoFlowerEnvironment, process_environment, python_of
from wizard.operations.processes import Processes
from wizard.sandbox.guests import Guest
from wizard.sandbox.oned.vm import VirtualMachine
from wizard.sandbox.world import WorldState

_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_ROLES = (program.SUPERLINK, program.SUPERNODE)

MARKETPLACE = {
    "ONEAPP_FLOWER_VERSION": "FLOWER_VERSION",
    "ONEAPP_FL_TLS_ENABLED": "FL_TLS_ENABLED",
    "ONEAPP_FL_FRAMEWORK": "ML_FRAMEWORK",
    "ONEAPP_FL_LOG_LEVEL": "FL_LOG_LEVEL",
    "ONEAPP_FL_NODE_CONFIG": "FL_NODE_CONFIG",
    "ONEAPP_FL_SUPERLINK_ADDRESS": "FL_SUPERLINK_ADDRESS",
}
"""What the marketplace appliance calls what our guest is asked for."""


class Guests:
    """Makes guests, and knows their logs. `folder` is where they keep everything."""

    def __init__(self, folder: Path, processes: Processes, environment: Callable[[str], Path] = python_of) -> None:
        self.folder = folder
        self.processes = processes
        self.environment = environment

    def __call__(self, vm: VirtualMachine, world: WorldState) -> Guest:
        """The guest of a VM; one of neither role runs nothing, and is READY."""
        return FlowerGuest(vm, world, self) if vm.role in _ROLES else Guest(vm, world)

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
        return program.node_id(self.text(vm))


class FlowerGuest(Guest):
    """The guest of a VM of ours: a process that is started when the VM boots, and ends with it."""

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
        """Boot: start the guest once the process of the boot before is gone."""
        self.stop()
        self._stopped = threading.Event()
        self._alive = True
        self.boots += 1
        before, self._process = self._process, f"vm-{self._vm.vid}.{self.boots}"
        arguments = (self._stopped, self._process, before)
        threading.Thread(target=self._boot, args=arguments, name=self._process, daemon=True).start()

    def stop(self) -> None:
        """Go down, as when the VM does: the guest is asked to end, and killed if it does not."""
        super().stop()
        self._stopped.set()
        if self._process:
            self._guests.processes.stop(self._process)

    def _boot(self, stopped: threading.Event, process: str, before: str) -> None:
        if before:
            # Its ports are free when it is gone, not when it was sent a signal.
            self._guests.processes.wait(before, 15.0)
        context, log = self._settings(), self._guests.log(self._vm.vid)
        try:
            self._write_context(context)
            python = self._guests.environment(context.get("FLOWER_VERSION") or "1.25.0")
        except (NoFlowerEnvironment, OSError, ValueError) as failure:
            with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
                file.write(f"{failure}\n")
            own = program.OWN_READY[self._vm.role]
            if not stopped.is_set() and self._may_report():
                self._ask("PUT", "/vm", f'{own}="NO"\nFL_ERROR="{program.one_line(str(failure))}"')
            return
        if stopped.is_set():
            return
        given = ["--context", str(self.home / "context"), "--venv", str(python.parent.parent)]
        given += ["--address", self._vm.ip, "--log", str(log)]
        self._guests.processes.start(
            process,
            [sys.executable, str(Path(program.__file__)), "--root", str(self.home), "serve", "--plain", *given],
            environment=process_environment(python, self.home),
            folder=self.home,
            log=log,
        )

    def _settings(self) -> Mapping[str, str]:
        """CONTEXT in our guest's words."""
        context = {MARKETPLACE.get(key, key): value for key, value in self._vm.context.items() if value}
        if MARKETPLACE.keys() & self._vm.context.keys():
            # The marketplace appliance encrypts unless it is set otherwise.
            context.setdefault("FL_TLS_ENABLED", "YES")
            context.setdefault("FLOWER_VERSION", "1.31.0")
        gate = self._world.onegate_url
        return context | {"FL_ROLE": self._vm.role, "VMID": str(self._vm.vid), "ONEGATE_ENDPOINT": gate}

    def _write_context(self, context: Mapping[str, str]) -> None:
        folder = self.home / "context"
        folder.mkdir(parents=True, exist_ok=True)
        lines = "".join("{}='{}'\n".format(key, value.replace("'", "'\\''")) for key, value in context.items())
        (folder / "context.sh").write_text(lines, encoding="utf-8")
        gate = self._world.gate
        token = gate.token(self._vm) if gate is not None and context.get("TOKEN", "").upper() == "YES" else ""
        secret = folder / "token.txt"
        secret.touch(mode=0o600)
        secret.write_text(token, encoding="ascii")
