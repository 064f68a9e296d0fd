"""A snapshot as data and as a table; nothing in it drives a terminal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from wizard.cli.report import list_data, list_text, service_data, service_text
from wizard.cloud.errors import Unreachable
from wizard.core.opennebula.snapshot import Node, Role, ServiceSnapshot, VmFacts
from wizard.core.opennebula.states import RoleState, ServiceState, VmState
from wizard.core.text import harmless, one_line


def node(number: int, name: str, *, ready: str | None = "YES", config: str = "") -> Node:
    template = {"READY": ready} if ready else {}
    if config:
        template["FL_NODE_CONFIG"] = config
    vm = VmFacts(number, name, VmState.ACTIVE, 3, 1000 + number, 0, 1010, (f"10.0.0.{number}",), "node-a", template)
    return Node(number, name, vm)


def snapshot(*supernodes: Node) -> ServiceSnapshot:
    roles = (
        Role("superlink", RoleState.RUNNING, 1, 1, 1, nodes=(node(1, "superlink_0"),)),
        Role("supernode", RoleState.RUNNING, len(supernodes), 2, 10, nodes=supernodes),
    )
    return ServiceSnapshot(42, "flower", ServiceState.RUNNING, "oneadmin", "users", 1000, roles, taken_at=1100.0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [b] text", "plain [b] text"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("a\rb\x9b31m", "a\\x0db\\x9b31m"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("\u2028\ud800", "\\u2028\\ud800"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("Flörwér 花 שלום", "Flörwér 花 שלום"),
    ],
)
def test_harmless(text: str, shown: str) -> None:
    assert harmless(text) == shown
    assert "\n" not in one_line(text)


def test_data_can_be_written_and_says_all() -> None:
    data = service_data(
        snapshot(
            node(2, "a", config="partition-id=0 num-partitions=2"),
            node(3, "b", config="partition-id=0 num-partitions=2", ready="NO"),
            Node(4, "c"),
        ),
        Unreachable("it does not answer", "oned", "x", "y"),
    )
    assert json.loads(json.dumps(data)) == data
    assert [item["name"] for item in data["findings"]] == [
        "supernode-unhealthy",
        "supernode-stale",
        "supernode-collision",
    ]
    assert data["findings"][1]["action"] == "restart-stale"
    assert data["service"]["state"] == "RUNNING"
    link, first, second, third = data["vms"]
    assert (link["ready"], link["partition"]) == ("YES", None)
    assert (first["partition_id"], first["num_partitions"], first["assigned_by"]) == (0, 2, "reported")
    assert first["standing"] == second["standing"] == "collision"
    assert second["ready"] == "NO"
    assert (third["state"], third["ready"], third["ip"], third["age"]) == (None, None, None, None)
    assert data["oned_error"]["error"] == "Unreachable"


def test_a_table_for_a_pipe_is_whole() -> None:
    text = service_text(snapshot(node(2, "n" * 128), node(3, "[/b] [red]\x1b[31m")), terminal=False)
    assert "n" * 128 in text
    assert "[/b] [red]\\x1b[31m" in text
    assert "\x1b" not in text


def test_gaps_and_waiting_are_told() -> None:
    pair = (
        node(2, "a", config="partition-id=2 num-partitions=3"),
        node(3, "b", config="partition-id=1 num-partitions=3"),
    )
    assert "No SuperNode trains on shard 0." in service_text(snapshot(*pair), terminal=False)
    empty = replace(snapshot(), roles=(Role("superlink", RoleState.PENDING, 1), Role("supernode", 0, 2)), state=1)
    assert "Waiting for OneFlow to create the VMs of superlink" in service_text(empty, terminal=False)


def test_states_are_badges_and_the_data_keeps_opennebulas_words() -> None:
    dead = replace(
        snapshot(node(2, "a")), roles=(Role("superlink", RoleState.RUNNING, 0), snapshot(node(2, "a")).roles[1])
    )
    assert "✗ RUNNING, no SuperLink" in service_text(dead, terminal=False)
    line = list_text([dead], 1100.0, terminal=False).splitlines()[1]
    assert "✗ RUNNING, no SuperLink" in line
    assert "● RUNNING" in service_text(snapshot(node(2, "a")), terminal=False)
    assert "\x1b[31m✗ RUNNING" in service_text(dead, terminal=True) or "\x1b[1;31m" in list_text(
        [dead], 1100.0, terminal=True
    )
    assert service_data(dead)["service"]["state"] == "RUNNING"
    assert list_data([dead], 1100.0)["services"][0]["finding"] == "superlink-gone"


def test_a_list_without_roles_or_times() -> None:
    bare = ServiceSnapshot(7, "bare\nname", 99, roles=(Role("superlink", 99, 0), Role("supernode", 99, 0)))
    line = list_text([bare], 0.0, terminal=False).splitlines()[1]
    assert line.split()[:6] == ["7", "bare\\nname", "?", "99", "0/0", "-"]


def test_a_lost_node_is_shown_as_one_and_hides_nothing() -> None:
    found = snapshot(node(2, "supernode_0"), Node(-1), node(4, "supernode_2"))
    (_, _, lost, last) = service_data(found)["vms"]
    assert (lost["id"], lost["state"], lost["index"], last["id"]) == (None, "LOST", 1, 4)
    text = service_text(found, terminal=False)
    assert " LOST " in text
    assert "OneFlow lists 1 node of supernode without a VM, at position 1" in text
    assert "2/3" in list_text([found], 1100.0, terminal=False)
    assert "1 LOST" in list_text([found], 1100.0, terminal=False)
