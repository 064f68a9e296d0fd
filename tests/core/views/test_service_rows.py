"""Many services at a glance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.core.cluster.underway import Doing, Underway
from wizard.core.opennebula.snapshot import Node, Role, ServiceSnapshot, VmFacts
from wizard.core.views.rows import ServiceRow, rough, searched, service_rows

NOW = 10_000.0


def vm(vm_id: int, ready: str | None = "YES") -> VmFacts:
    published = {"ROLE_NAME": "supernode"} | ({"READY": ready} if ready else {})
    return VmFacts(vm_id, f"vm{vm_id}", 3, 3, stime=9000, running_since=9010, user_template=published)


def service(number: int, *vms: VmFacts | None, state: int = 2, links: int = 1) -> ServiceSnapshot:
    nodes = tuple(Node(number * 100 + place, "", item) for place, item in enumerate(vms))
    link = tuple(Node(number * 100 + 90, "", vm(number * 100 + 90)) for _ in range(links))
    roles = (Role("superlink", state, 1, nodes=link), Role("supernode", state, len(vms), nodes=nodes))
    return ServiceSnapshot(number, f"flower-{number}", state, "eva", start_time=9000, roles=roles, taken_at=NOW)


def test_a_row_counts_what_is_ready() -> None:
    (row,) = service_rows([service(1, vm(1), vm(2, None))], NOW)
    assert (row.id, row.state, row.count, row.age, row.owner) == (1, "RUNNING", "1/2", 1000, "eva")


def test_what_oned_has_not_told_is_not_counted() -> None:
    for unread in (None, replace(vm(2), user_template=None)):
        (row,) = service_rows([service(1, vm(1), unread)], NOW)
        assert row.count == "?/2"


def test_grave_trouble_stands_first() -> None:
    rows = service_rows([service(1, vm(1)), service(2, vm(1), links=0)], NOW)
    assert [(row.id, row.grave, row.trouble) for row in rows] == [(2, True, "no SuperLink"), (1, False, "")]


def test_other_services_are_left_out() -> None:
    assert service_rows([replace(service(1, vm(1)), roles=())], NOW) == ()


def test_a_row_is_found_by_what_stands_in_it() -> None:
    rows = service_rows([service(1, vm(1)), service(2, vm(1), links=0)], NOW)
    assert [searched(row) for row in rows] == ["2 flower-2 RUNNING eva no SuperLink", "1 flower-1 RUNNING eva "]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1, "-"), (0, "<1 min"), (59, "<1 min"), (60, "1 min"), (3600, "1 h"), (86399, "23 h"), (200_000, "2 d")],
)
def test_an_age_in_one_unit(seconds: float, said: str) -> None:
    assert rough(seconds) == said


def test_a_count_of_nothing() -> None:
    assert ServiceRow(1, "", "", None, 3, -1, "").count == "?/3"


def test_the_trouble_is_the_gravest_finding_in_short() -> None:
    shifted = replace(service(1, vm(1), vm(2)), log=())
    told = [
        {"FL_NODE_CONFIG": "partition-id=0 num-partitions=2"},
        {"FL_NODE_CONFIG": "partition-id=2 num-partitions=3"},
    ]
    nodes = tuple(
        replace(node, vm=replace(node.vm, user_template={**node.vm.user_template, **more}))  # type: ignore[dict-item, type-var]
        for node, more in zip(shifted.roles[1].nodes, told, strict=True)
    )
    (row,) = service_rows([replace(shifted, roles=(shifted.roles[0], replace(shifted.roles[1], nodes=nodes)))], NOW)
    assert (row.trouble, row.finding, row.grave) == ("1/6 not trained", "shards-missing", True)
    assert str(row.badge) == "● RUNNING"


def test_what_this_program_does_itself_is_no_trouble() -> None:
    dead = service(2, vm(1), links=0)
    (row,) = service_rows([dead], NOW, {2: Underway(Doing.REMOVE)})
    assert (row.trouble, row.grave) == ("", False)
    (row,) = service_rows([dead], NOW, {7: Underway(Doing.REMOVE)})
    assert row.grave
