"""Whether a Fleet API answers: not that a port is open, but that what listens there speaks its protocol."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

_TIMEOUT = 2.0
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SETTINGS = 4
"""The type of the frame that an HTTP/2 server must send first."""


def answers(ip: str, port: int, *, http: bool, ca: Path | None) -> bool:
    """Whether a Fleet API at `ip` and `port` answers within two seconds; one that encrypts is held against `ca`.

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
