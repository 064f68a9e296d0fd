"""A OneGate that remembers what it was told, and a VM whose disk is a folder."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.conftest import environment as environment
from wizard.appliance import guest as program
from wizard.appliance.guest import Guest, Places
from wizard.sandbox.oned import templates

TOKEN = "c2VjcmV0LXRva2Vu"


@dataclass
class Gate:
    """OneGate: `told` are the values of each PUT, `service` and `vms` what it answers, `status` and `said` how it
    refuses."""

    url: str = ""
    told: list[dict[str, str]] = field(default_factory=list)
    service: dict[str, Any] | None = None
    vms: dict[int, dict[str, str]] = field(default_factory=dict)
    status: int = 0
    said: bytes = b"no"
    refused: int = 0
    body: bytes | None = None

    @property
    def address(self) -> str:
        """Where somebody listens."""
        return self.url.rpartition("/")[2]

    @property
    def now(self) -> dict[str, str]:
        """The VM's user template."""
        return {key: value for values in self.told for key, value in values.items()}

    def lists(self, **roles: list[int]) -> None:
        """A service whose roles have these VMs."""
        made = [{"name": name, "nodes": [{"deploy_id": vm} for vm in vms]} for name, vms in roles.items()]
        self.service = {"SERVICE": {"id": "7", "roles": made}}

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        """The answer to a request."""
        if handler.headers.get("X-ONEGATE-TOKEN") != TOKEN:
            return 401, b"Not authorized"
        if self.status:
            self.refused += 1
            return self.status, self.said
        if self.body is not None:
            return 200, self.body
        if handler.command == "PUT":
            self.told.append(templates.parse(body.decode()))
            return 200, b""
        if handler.path == "/service":
            found = self.service
            return (200, json.dumps(found).encode()) if found else (400, b"No service available for VM 3")
        number = int(handler.path.rpartition("/")[2])
        return 200, json.dumps({"VM": {"ID": str(number), "USER_TEMPLATE": self.vms.get(number, {})}}).encode()


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A OneGate on loopback."""
    found = Gate()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            status, body = found.answer(self, self.rfile.read(size))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that a guest waits for, in fractions of a second."""
    monkeypatch.setattr(program, "LOOK", 0.05)
    monkeypatch.setattr(program, "AGAIN", (0.2,))
    monkeypatch.setattr(program, "TRIES", (0.01,))
    monkeypatch.setattr(program, "LISTED_WITHIN", 0.4)
    monkeypatch.setattr(program, "SUPERLINK_WITHIN", 0.4)
    monkeypatch.setattr(program, "UP_WITHIN", 5.0)
    monkeypatch.setattr(program, "FOLLOW", 0.1)
    slow = program.OneGate.__init__
    monkeypatch.setattr(program.OneGate, "__init__", lambda self, *given: slow(self, *given, 0.01))


@dataclass
class Machine:
    """A VM: its folder, and what starts a guest in it."""

    folder: Path
    gate: Gate
    venv: Path
    address: str
    guests: list[tuple[Guest, threading.Thread]] = field(default_factory=list)

    def boot(self, vm: int = 3, **context: str) -> Guest:
        """Start the guest with this CONTEXT."""
        given = {
            "VMID": str(vm),
            "ONEGATE_ENDPOINT": self.gate.url,
            "REPORT_READY": "YES",
            "FL_ROLE": "superlink",
            "FLOWER_VERSION": "1.25.0",
            **context,
        }
        folder = self.folder / "context"
        folder.mkdir(exist_ok=True)
        (folder / "context.sh").write_text(quoted(given), encoding="utf-8")
        (folder / "token.txt").write_text(f"{TOKEN}\n")
        found = Guest(Places(str(self.folder)), str(folder), str(self.venv), self.address, plain=True)
        thread = threading.Thread(target=found.serve, daemon=True)
        thread.start()
        self.guests.append((found, thread))
        return found

    def shut_down(self) -> None:
        """End every guest."""
        for found, thread in self.guests:
            found.stop()
            thread.join(20)
            assert not thread.is_alive()
        self.guests.clear()


@pytest.fixture
def machine(tmp_path: Path, gate: Gate, quick: None, environment: Callable[[str], Path]) -> Iterator[Machine]:
    """A VM whose Flower is played by scripts."""
    address = f"127.7.{tmp_path.stat().st_ino % 250}.{tmp_path.stat().st_ino // 250 % 250 + 1}"
    found = Machine(tmp_path / "disk", gate, environment("").parent.parent, address)
    found.folder.mkdir()
    yield found
    found.shut_down()


def quoted(values: dict[str, str]) -> str:
    """A context.sh as oned writes it."""
    return "".join("{}='{}'\n".format(key, value.replace("'", "'\\''")) for key, value in values.items())


def until(holds: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
