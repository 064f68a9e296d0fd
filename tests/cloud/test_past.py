"""The past of a service, looked for in a cloud that has other VMs too, and that may have forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from wizard.cloud.oned import Oned
from wizard.cloud.past import HISTORIES, PAGE, with_past
from wizard.core.opennebula.snapshot import Node, Role, Run, ServiceSnapshot, VmFacts

BORN = 1000


def vm(vm_id: int, service: int = 7, *, ended: int = 0, name: str = "", born: int = BORN) -> VmFacts:
    """A SuperNode of a service, as the extended form tells it."""
    return VmFacts(
        vm_id,
        name or f"supernode_{vm_id}_(service_{service})",
        state=6 if ended else 3,
        lcm_state=0 if ended else 3,
        stime=born,
        etime=ended,
        user_template={"SERVICE_ID": str(service), "ROLE_NAME": "supernode"},
        runs=(Run(0, born + 5),),
    )


@dataclass
class Pools:
    """What oned has, and what it was asked."""

    vms: dict[int, VmFacts]
    asked: list[tuple[int, ...]] = field(default_factory=list)

    def ask(self, call: Callable[[Oned], tuple[VmFacts, ...]]) -> tuple[VmFacts, ...]:
        return call(cast("Oned", _Server(self)))


@dataclass
class _Server:
    pools: Pools

    def vm(self, vm_id: int) -> VmFacts:
        self.pools.asked.append((vm_id,))
        return replace(self.pools.vms[vm_id], runs=(Run(0, 50, 19), Run(1, 90)))

    def vms(self, ids: Iterable[int], *, extended: bool) -> tuple[VmFacts, ...]:
        assert extended
        return tuple(self.pools.vms[vm_id] for vm_id in ids)

    def vms_from(self, first: int, last: int) -> tuple[VmFacts, ...]:
        self.pools.asked.append((first, last))
        found = [
            item for vm_id, item in sorted(self.pools.vms.items()) if first <= vm_id and (last < 0 or vm_id <= last)
        ]
        return tuple(replace(item, user_template=None) for item in found)


def seen(listed: Iterable[VmFacts], ever: int, superlink: int = 100) -> ServiceSnapshot:
    """Service 7 as the first poll shows it."""
    nodes = tuple(Node(item.id, item.name, item) for item in listed)
    link = Node(superlink, f"superlink_0_(service_{7})", None)
    roles = (Role("superlink", 2, 1, nodes=(link,)), Role("supernode", 2, len(nodes), nodes=nodes, last_vmname=ever))
    return ServiceSnapshot(7, "seven", 2, start_time=BORN, roles=roles)


def test_nothing_is_asked_where_nothing_is_missing() -> None:
    pools = Pools({101: vm(101)})
    with_past(seen([vm(101)], ever=1), None, pools.ask)
    assert pools.asked == []


def test_those_that_ended_are_found_and_those_of_others_are_not() -> None:
    pools = Pools({101: vm(101, ended=2000), 102: vm(102, service=8, ended=2000), 103: vm(103), 104: vm(104, 7)})
    found = with_past(seen([vm(103)], ever=2), None, pools.ask)
    assert [item.id for item in found.former] == [101]
    assert found.untold == 0


def test_what_was_purged_is_asked_for_once() -> None:
    pools = Pools({103: vm(103)})
    first = with_past(seen([vm(103)], ever=4), None, pools.ask)
    assert first.untold == 3
    asked = len(pools.asked)
    assert asked
    again = with_past(seen([vm(103)], ever=4), first, pools.ask)
    assert again.untold == 3
    assert len(pools.asked) == asked
    with_past(seen([vm(103)], ever=5), first, pools.ask)
    assert len(pools.asked) > asked


def test_other_names_than_the_usual_ones_hide_nothing() -> None:
    pools = Pools({101: vm(101, ended=2000, name="fl-a"), 103: vm(103, name="fl-b")})
    found = with_past(seen([vm(103, name="fl-b")], ever=2), None, pools.ask)
    assert [item.id for item in found.former] == [101]


def test_older_ones_than_the_superlink_are_found_and_the_search_ends_with_the_service() -> None:
    superlink = 3 * PAGE
    older = {vm_id: vm(vm_id, service=1, ended=20, born=10) for vm_id in range(PAGE // 2, 3 * PAGE - 50, 500)}
    pools = Pools({**older, superlink - 40: vm(superlink - 40, ended=2000), superlink + 1: vm(superlink + 1)})
    found = with_past(seen([vm(superlink + 1)], ever=2, superlink=superlink), None, pools.ask)
    assert [item.id for item in found.former] == [superlink - 40]
    pools = Pools({**older, superlink + 1: vm(superlink + 1)})
    assert with_past(seen([vm(superlink + 1)], ever=2, superlink=superlink), None, pools.ask).untold == 1
    assert len(pools.asked) == 3


def test_whole_histories_are_asked_a_few_at_a_time() -> None:
    short = [replace(vm(vm_id), runs=(Run(1, 90),)) for vm_id in range(101, 131)]
    pools = Pools({item.id: item for item in short})
    snapshot = seen(short, ever=len(short))
    once = with_past(snapshot, None, pools.ask)
    assert len(pools.asked) == HISTORIES
    twice = with_past(once, once, pools.ask)
    assert len(pools.asked) == len(short)
    with_past(twice, twice, pools.ask)
    assert len(pools.asked) == len(short)


def test_nothing_is_asked_where_the_operator_gave_the_partition() -> None:
    pools = Pools({})
    given = replace(seen([vm(103)], ever=4), values={"FL_NODE_CONFIG": "partition-id=0 num-partitions=1"})
    with_past(given, None, pools.ask)
    assert pools.asked == []
