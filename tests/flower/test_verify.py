"""`verify` with a real run on a rehearsal's SuperLink: directly, and through an SSH tunnel."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.flower.superlink import card
from wizard.core.flower.versions import family
from wizard.core.opennebula.snapshot import SUPERLINK, ServiceSnapshot
from wizard.core.plan.plan import Plan
from wizard.operations.verify import verify
from wizard.operations.watch import Watch, follow_until, settled
from wizard.rehearsal.stage import staged

VERSIONS = os.environ["FLOWER_VERSIONS"].split()
PATIENCE = 400.0
ELSEWHERE = "127.77.77.77"
"""Nobody listens there: as on a VM whose Control API is on its own loopback alone."""


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@contextmanager
def deployed(version: str) -> Iterator[ServiceSnapshot]:
    """A service with real Flower, RUNNING and all READY."""
    with staged() as stage:
        cloud = Cloud(find_login(stage.sandbox.environment(), Path("/nonexistent")), clock=stage.sandbox.clock.now)
        service = deploy_plan(Plan().with_texts({"FLOWER_VERSION": version}), cloud)
        watch = Watch(cloud, service.id)
        assert follow_until(watch, lambda seen: settled(seen) or None, PATIENCE, lambda _: None)
        assert watch.latest.snapshot is not None
        yield watch.latest.snapshot
        cloud.close()


def moved(snapshot: ServiceSnapshot) -> ServiceSnapshot:
    """The same, with the SuperLink's address that of nobody."""
    roles = []
    for role in snapshot.roles:
        nodes = tuple(
            replace(
                node,
                vm=replace(
                    node.vm,
                    ips=(ELSEWHERE,),
                    user_template={
                        key: value for key, value in (node.vm.user_template or {}).items() if key != "FL_ENDPOINT"
                    },
                ),
            )
            if node.vm is not None and role.name == SUPERLINK
            else node
            for node in role.nodes
        )
        roles.append(replace(role, nodes=nodes))
    return replace(snapshot, roles=tuple(roles))


@contextmanager
def relayed(port: int, host: str) -> Iterator[None]:
    """The port of this machine's loopback leads to that of a host, as both are one on a VM."""
    with socket.create_server(("127.0.0.1", port)) as server:
        accepting = threading.Thread(target=_accept, args=(server, (host, port)))
        accepting.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
        accepting.join()


def _accept(server: socket.socket, target: tuple[str, int]) -> None:
    with contextlib.suppress(OSError):
        while True:
            threading.Thread(target=_relay, args=(server.accept()[0], target)).start()


def _relay(near: socket.socket, target: tuple[str, int]) -> None:
    with near, socket.create_connection(target) as far:
        there = threading.Thread(target=_pump, args=(near, far))
        there.start()
        _pump(far, near)
        there.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("version", VERSIONS)
def test_directly(version: str) -> None:
    with deployed(version) as snapshot:
        told: list[str] = []
        found = verify(snapshot, told.append, lambda _: None, PATIENCE, rounds=1, ssh=None)
    assert found.agrees
    assert not found.unmatched
    assert not any("tunnel" in line for line in told)


@pytest.mark.parametrize("version", VERSIONS)
def test_through_a_tunnel(
    version: str,
    sshd: tuple[str, Path],
    ssh_of: Callable[[Path], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target, home = sshd
    monkeypatch.setenv("PATH", ssh_of(home)["PATH"])
    with deployed(version) as snapshot:
        known = card(snapshot)
        assert known is not None
        kind = family(known.version)
        assert kind is not None
        host, _, _ = known.address.rpartition(":")
        told: list[str] = []
        with relayed(kind.control_port, host):
            found = verify(moved(snapshot), told.append, lambda _: None, PATIENCE, rounds=1, ssh=target)
    assert f"opening an SSH tunnel to {target}" in told
    assert found.agrees
    assert not found.unmatched
