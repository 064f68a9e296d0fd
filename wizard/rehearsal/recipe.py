"""Command lines that start each family of Flower: pure, from a version and addresses.

Up to 1.35 a SuperLink has three gRPC ports. From 1.36 its ServerAppIo API is HTTP, at `--host` and `--port`, and so is
that of a SuperNode; from 1.37 the Control API is at that port too, and from 1.40 everything is.
"""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from wizard.core.flower.versions import Family, FlowerVersion, family

_NODE_ID = re.compile(r"SuperNode ID: (\d+)")
INSIDE = Path(__file__).parent / "inside"
"""Programs that run with a Flower environment's Python, not with ours."""

ENVIRONMENT = {
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
    # What is printed goes to files, and is read while it is written.
    "PYTHONUNBUFFERED": "1",
}
"""Without these Flower speaks to the internet, and hangs where it can't reach it."""


@dataclass(frozen=True)
class Certificates:
    """PEM files of a SuperLink: its CA, its certificate, its key."""

    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Recipe:
    """Particulars of one version of Flower, such as `1.25.0`. ValueError for what is none."""

    version: str

    @property
    def family(self) -> Family:
        """Family of the version: how its `flwr` finds a SuperLink."""
        found = family(FlowerVersion.parse(self.version))
        if found is None:
            raise ValueError(f"{self.version!r} is no version of Flower")
        return found

    @property
    def _number(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split(".")[:2])

    @property
    def http(self) -> bool:
        """True if one HTTP port serves everything; else the Fleet API is gRPC."""
        return self._number >= (1, 40)

    @property
    def fleet_port(self) -> int:
        """Port at which SuperNodes reach a SuperLink."""
        return 8000 if self.http else 9092

    @property
    def control_port(self) -> int:
        """Port at which `flwr` reaches a SuperLink."""
        return self.family.control_port

    def superlink(self, ip: str, certificates: Certificates | None) -> list[str]:
        """The command line of a SuperLink that listens on `ip` alone; without `certificates` it does not encrypt."""
        command = ["flower-superlink"]
        if certificates is None:
            command.append("--insecure")
        else:
            command += ["--ssl-ca-certfile", str(certificates.ca), "--ssl-certfile", str(certificates.certificate)]
            command += ["--ssl-keyfile", str(certificates.key)]
        if self.http:
            return [*command, "--host", ip, "--port", "8000", "--disable-runtime-dependency-installation"]
        command += ["--fleet-api-address", f"{ip}:9092"]
        if not self.family.http_control:
            command += ["--control-api-address", f"{ip}:{self.control_port}"]
        if self._number >= (1, 36):
            return [*command, "--host", ip, "--port", "8000"]
        return [*command, "--serverappio-api-address", f"{ip}:9091"]

    def supernode(self, ip: str, superlink: str, ca: Path | None, node_config: str) -> list[str]:
        """The command line of a SuperNode on `ip` that joins `superlink`, an `ip:port`; it trusts `ca`, if there is
        one, and encrypts then. An empty `node_config` is not passed on."""
        command = ["flower-supernode", "--superlink", superlink]
        command += ["--insecure"] if ca is None else ["--root-certificates", str(ca)]
        if self._number >= (1, 36):
            command += ["--host", ip, "--port", "9094"]
        else:
            command += ["--clientappio-api-address", f"{ip}:9094"]
        return [*command, "--node-config", node_config] if node_config else command


_TIMEOUT = 2.0
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SETTINGS = 4
"""The type of the frame that an HTTP/2 server must send first."""


def answers(ip: str, port: int, *, http: bool, ca: Path | None) -> bool:
    """True if a Fleet API at `ip` and `port` answers within two seconds; one that encrypts is held against `ca`.

    `http` says whether it speaks HTTP/1.1, else gRPC, which is HTTP/2.
    """
    try:
        with socket.create_connection((ip, port), _TIMEOUT) as bare:
            if ca is None:
                return _speaks(bare, ip, http=http)
            context = ssl.create_default_context(cafile=str(ca))
            context.set_alpn_protocols(["http/1.1"] if http else ["h2"])
            with context.wrap_socket(bare, server_hostname=ip) as secured:
                return _speaks(secured, ip, http=http)
    except (OSError, ValueError):
        return False


def _speaks(connection: socket.socket, ip: str, *, http: bool) -> bool:
    if http:
        connection.sendall(f"GET /health HTTP/1.1\r\nHost: {ip}\r\nConnection: close\r\n\r\n".encode())
        return connection.recv(64).startswith(b"HTTP/1.1 200")
    connection.sendall(_HTTP2)
    frame = connection.recv(9)
    return len(frame) == 9 and frame[3] == _SETTINGS


def node_id(log: str) -> str:
    """The id under which a SuperNode joined last, as its log has it; empty where it has none."""
    found = _NODE_ID.findall(log)
    return found[-1] if found else ""
