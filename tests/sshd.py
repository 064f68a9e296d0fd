"""An sshd on loopback, with keys of its own, for tests that go through a real tunnel."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wizard.operations.ssh_tunnel import reachable

SSHD = next((path for path in ("/usr/sbin/sshd", "/usr/local/sbin/sshd") if os.access(path, os.X_OK)), "")


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An sshd on loopback with keys of its own; the target, and a home whose ssh knows it."""
    if not SSHD or os.getuid() != 0:
        pytest.skip("there is no sshd here, or it can't be started")
    home = tmp_path / "home" / ".ssh"
    home.mkdir(parents=True, mode=0o700)
    for name in (tmp_path / "host", home / "id_ed25519"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(name)], check=True)
    port = free_port()
    (tmp_path / "authorized").write_text((home / "id_ed25519.pub").read_text())
    (tmp_path / "config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"AuthorizedKeysFile {tmp_path}/authorized\nPasswordAuthentication no\nPermitRootLogin yes\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    host_key = (tmp_path / "host.pub").read_text().split()[:2]
    (home / "known_hosts").write_text(f"[127.0.0.1]:{port} {' '.join(host_key)}\n")
    # ssh looks for its files in the home of the password file, whatever HOME says.
    (home / "config").write_text(f"IdentityFile {home}/id_ed25519\nUserKnownHostsFile {home}/known_hosts\n")
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(tmp_path / "config")], stderr=subprocess.DEVNULL)
    until(lambda: reachable("127.0.0.1", port))
    yield f"ssh://root@127.0.0.1:{port}", home
    server.kill()
    server.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def ssh_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], dict[str, str]]:
    """An ssh that reads the settings of a home, as an operator's does."""

    def make(home: Path) -> dict[str, str]:
        tools = tmp_path / "tools"
        tools.mkdir(exist_ok=True)
        program = tools / "ssh"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {home}/config "$@"\n')
        program.chmod(0o755)
        return {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(home.parent)}

    return make
