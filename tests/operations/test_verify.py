"""A run held against the dashboard: who is who, what may be said where nobody knows, and the way to the SuperLink."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sshd import free_port, until
from wizard.core.cluster.partitions import Assignment, Source, Sync
from wizard.core.flower.node_config import Partition
from wizard.operations.flower_run import COMPLETED, Ended, Word
from wizard.operations.processes import Processes
from wizard.operations.ssh_tunnel import Tunnel, TunnelError, reachable
from wizard.operations.verify import judged


def given_to(vm: int, index: int, partition: Partition | None) -> Assignment:
    """A SuperNode and its partition."""
    return Assignment(vm, index, partition, partition or Partition(index, 1), Source.REPORTED, Sync.IN_SYNC)


def report(node: str, partition: Partition, round: int = 1) -> Word:
    """What a client says."""
    return Word(round, 1, node, {"partition-id": partition.id, "num-partitions": partition.count})


PARTITIONS = st.integers(1, 6).flatmap(
    lambda count: st.permutations([Partition(number, count) for number in range(count)])
)


@given(PARTITIONS)
def test_where_every_node_is_known_each_client_is_held_against_its_own_vm(partitions: list[Partition]) -> None:
    predicted = [given_to(number, number, one) for number, one in enumerate(partitions)]
    nodes = {number: f"9{number}" for number in range(len(partitions))}
    words = tuple(report(nodes[number], one) for number, one in enumerate(partitions))
    found = judged(predicted, nodes, Ended(COMPLETED, words))
    assert found.agrees
    assert (found.unmatched, found.strangers) == ((), ())
    if len(partitions) > 1:
        swapped = (report(nodes[0], partitions[1]), report(nodes[1], partitions[0]), *words[2:])
        assert not judged(predicted, nodes, Ended(COMPLETED, swapped)).agrees
    silent = judged(predicted, nodes, Ended(COMPLETED, words[1:]))
    assert not silent.agrees, "a client that says nothing does not agree"
    assert not judged(predicted, nodes, Ended("finished:failed", words)).agrees


@given(PARTITIONS, st.randoms())
def test_where_no_node_is_known_all_are_held_against_all_and_nobody_is_guessed(
    partitions: list[Partition], random: object
) -> None:
    predicted = [given_to(number, number, one) for number, one in enumerate(partitions)]
    nodes = dict.fromkeys(range(len(partitions)), "")
    words = tuple(report(f"7{number}", one) for number, one in enumerate(reversed(partitions)))
    found = judged(predicted, nodes, Ended(COMPLETED, words))
    assert found.agrees
    assert found.unmatched == tuple(nodes)
    assert len(found.strangers) == len(partitions)
    other = (*words[1:], report("70", Partition(99, 100)))
    assert not judged(predicted, nodes, Ended(COMPLETED, other)).agrees


def test_a_client_that_no_vm_is() -> None:
    predicted = [given_to(1, 0, Partition(0, 1))]
    words = (report("91", Partition(0, 1)), report("55", Partition(0, 1)))
    found = judged(predicted, {1: "91"}, Ended(COMPLETED, words))
    assert found.strangers == ("55",)
    assert not found.agrees
    assert not judged([], {}, Ended(COMPLETED, ())).agrees, "nothing was proved"


@pytest.fixture
def processes() -> Iterator[Processes]:
    with Processes() as found:
        yield found


def test_a_tunnel_through_a_real_sshd(
    tmp_path: Path, processes: Processes, sshd: tuple[str, Path], ssh_of: Callable[[Path], dict[str, str]]
) -> None:
    target, home = sshd
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_greet, args=(server,), daemon=True).start()
        port = int(server.getsockname()[1])
        tunnel = Tunnel(processes, target, port, tmp_path / "tunnel.log", ssh_of(home))
        with socket.create_connection(("127.0.0.1", tunnel.port), 5) as through:
            assert through.recv(5) == b"hello"
        tunnel.close()
        until(lambda: not tunnel.is_open)
        assert not reachable("127.0.0.1", tunnel.port)


def _greet(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"hello")


def test_a_host_key_that_is_not_known_is_not_accepted(
    tmp_path: Path, processes: Processes, sshd: tuple[str, Path], ssh_of: Callable[[Path], dict[str, str]]
) -> None:
    target, home = sshd
    known = home / "known_hosts"
    wrong = (home / "id_ed25519.pub").read_text().split()[:2]
    for content in ("", f"{known.read_text().split()[0]} {' '.join(wrong)}\n"):
        known.write_text(content)
        with pytest.raises(TunnelError) as caught:
            Tunnel(processes, target, 1, tmp_path / "tunnel.log", ssh_of(home))
        assert "host key" in caught.value.detail.lower()
        assert f"ssh {target}" in caught.value.hint


@pytest.mark.parametrize("target", ["-oProxyCommand=reboot", "host", "root@-x", "a b@host", "root@host;reboot", ""])
def test_only_a_target_reaches_ssh(tmp_path: Path, processes: Processes, target: str) -> None:
    with pytest.raises(TunnelError, match="no target"):
        Tunnel(processes, target, 1, tmp_path / "tunnel.log", {})


def test_a_tunnel_that_nobody_answers(tmp_path: Path, processes: Processes) -> None:
    with pytest.raises(TunnelError) as caught:
        Tunnel(processes, f"ssh://root@127.0.0.1:{free_port()}", 1, tmp_path / "tunnel.log", dict(os.environ))
    assert "refused" in caught.value.detail.lower()
