"""An environment that only looks like Flower, so that everything around it can be tested at once."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SUPERLINK = """
import socket, sys, threading, time
where = dict(zip(sys.argv[1:], sys.argv[2:]))
ip, port = where["--fleet-api-address"].split(":")
print("Starting Flower SuperLink", sys.argv[1:], flush=True)
server = socket.create_server((ip, int(port)))
while True:
    connection, _ = server.accept()
    connection.recv(64)
    connection.sendall(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    connection.close()
"""
SUPERNODE = """
import os, sys, time, zlib
print("Starting Flower SuperNode", sys.argv[1:], flush=True)
print("SuperNode ID:", zlib.crc32(os.getcwd().encode()), flush=True)
time.sleep(600)
"""
FLWR = """
import sys
print("flwr", sys.argv[1:], flush=True)
"""


@pytest.fixture
def environment(tmp_path: Path) -> Callable[[str], Path]:
    """Finds the Python of the environment of any version."""
    folder = tmp_path / "environment" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    for name, text in (("flower-superlink", SUPERLINK), ("flower-supernode", SUPERNODE), ("flwr", FLWR)):
        place = folder / name
        place.write_text(f"#!{sys.executable}\n{text}")
        place.chmod(place.stat().st_mode | stat.S_IXUSR)
    assert os.access(folder / "flwr", os.X_OK)
    return lambda version: folder / "python"
