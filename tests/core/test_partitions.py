"""Who trains on what: each way to know it, each way in which it goes wrong, and a guest that did it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.node_config import Partition, written
from wizard.core.partitions import (
    BATCH_GAP,
    PLANNED_MOST,
    Assignment,
    Life,
    Source,
    Standing,
    assignments,
    at_boot,
    gaps,
    planned,
)
from wizard.core.plan import Plan
from wizard.core.seed import SEED
from wizard.core.snapshot import SUPERNODE, Node, Role, ServiceSnapshot, VmFacts

from .services import service, vm

Row = tuple[str, str, str, str]


def shown(snapshot: ServiceSnapshot) -> list[Row]:
    """Assigned, expected, source and standing of each SuperNode."""
    return [
        (str(item.assigned or "-"), str(item.expected or "-"), item.source.value, item.standing.value)
        for item in assignments(snapshot)
    ]


def reporting(vm_id: int, config: str, **more: object) -> VmFacts:
    return vm(vm_id, template={"FL_NODE_CONFIG": config}, **more)


def given_config(config: str) -> dict[str, object]:
    return {"values": {"FL_NODE_CONFIG": config}}


EXPLICIT = [
    ("partition-id=0 num-partitions=4", [("0 of 4", "0 of 4", "explicit", "collision")] * 2),
    ("partition-id=3", [("3 of ?", "3 of ?", "explicit", "collision")] * 2),
    ("site='north'", [("-", "-", "explicit", "none")] * 2),
    ("partition-id='0'", [("-", "-", "explicit", "none")] * 2),
]


@pytest.mark.parametrize(("config", "rows"), EXPLICIT)
def test_a_given_node_config_wins(config: str, rows: list[Row]) -> None:
    snapshot = service([vm(2), reporting(3, "partition-id=1 num-partitions=2")], supernode_role=given_config(config))
    assert shown(snapshot) == rows
    assert {item.node_config for item in assignments(snapshot)} == {config}


def test_a_node_config_of_one_supernode_is_in_step() -> None:
    snapshot = service([vm(2)], supernode_role=given_config("partition-id=5 num-partitions=9"))
    assert shown(snapshot) == [("5 of 9", "5 of 9", "explicit", "in step")]


def test_a_node_config_at_service_level_reaches_the_supernodes_unless_the_role_has_its_own() -> None:
    values = {"FL_NODE_CONFIG": "partition-id=1"}
    assert shown(service([vm(2)], values=values))[0][2] == "explicit"
    assert shown(service([vm(2)], values=values, supernode_role=given_config("")))[0][2] == "inferred"


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_node_config_leaves_it_to_the_guest(empty: str) -> None:
    snapshot = service([vm(2), vm(3)], supernode_role=given_config(empty))
    assert shown(snapshot) == [("0 of 2", "0 of 2", "inferred", "in step"), ("1 of 2", "1 of 2", "inferred", "in step")]
    assert assignments(snapshot)[1].node_config == "partition-id=1 num-partitions=2"


def test_a_report_is_believed() -> None:
    snapshot = service(
        [reporting(2, "partition-id=0 num-partitions=2"), reporting(3, "partition-id=1 num-partitions=3")]
    )
    assert shown(snapshot) == [("0 of 2", "0 of 2", "reported", "in step"), ("1 of 3", "1 of 2", "reported", "stale")]
    assert assignments(snapshot)[1].node_config == "partition-id=1 num-partitions=3"


def test_beside_reporting_guests_a_silent_ready_one_did_not_find_itself() -> None:
    snapshot = service([vm(2), reporting(3, "partition-id=1 num-partitions=2")])
    assert shown(snapshot) == [("-", "0 of 2", "none", "none"), ("1 of 2", "1 of 2", "reported", "in step")]


def test_beside_reporting_guests_one_that_is_not_ready_is_still_asking() -> None:
    snapshot = service([reporting(2, "partition-id=0 num-partitions=2"), vm(3, ready=None)])
    assert shown(snapshot)[1] == ("1 of 2", "1 of 2", "expected", "pending")


def test_beside_reporting_guests_one_whose_template_was_not_read_is_unknown() -> None:
    snapshot = service([reporting(2, "partition-id=0 num-partitions=2"), vm(3, user_template=None)])
    assert shown(snapshot)[1] == ("-", "1 of 2", "unknown", "unknown")


@pytest.mark.parametrize("config", ["partition-id=", "garbage", "partition-id='x'", "site='n'"])
def test_a_report_without_a_partition_is_none(config: str) -> None:
    assert shown(service([reporting(2, config)])) == [("-", "0 of 1", "reported", "none")]


@pytest.mark.parametrize("state", ["PENDING", "HOLD", "INIT", "CLONING", "LCM_INIT", "PROLOG", "BOOT", "BOOT_FAILURE"])
def test_a_guest_that_has_not_started_is_expected_although_oned_gives_a_start_time(state: str) -> None:
    snapshot = service([vm(2), vm(3, state, ready=None, running_since=1010)])
    assert shown(snapshot)[1] == ("1 of 2", "1 of 2", "expected", "pending")


@pytest.mark.parametrize("state", ["POWEROFF", "UNKNOWN", "SHUTDOWN", "MIGRATE", "BOOT_POWEROFF"])
def test_a_guest_that_has_started_once_keeps_what_it_got(state: str) -> None:
    snapshot = service([vm(2), vm(3, state, running_since=1010)])
    assert shown(snapshot)[1] == ("1 of 2", "1 of 2", "inferred", "in step")


def test_a_vm_that_oned_was_not_asked_about_is_unknown_and_so_are_the_inferred() -> None:
    assert shown(service([vm(2), 3])) == [("-", "0 of 2", "unknown", "unknown"), ("-", "1 of 2", "unknown", "unknown")]


def test_without_the_vms_of_the_past_nothing_is_inferred() -> None:
    snapshot = service([vm(4), vm(5)], supernode_role={"last_vmname": 4})
    assert {row[2:] for row in shown(snapshot)} == {("unknown", "unknown")}
    other_role = service([vm(4), vm(5)], supernode_role={"last_vmname": 4}, former=(vm(2, role="x"), vm(3, role="x")))
    assert {row[2:] for row in shown(other_role)} == {("unknown", "unknown")}


def test_without_the_role_there_are_no_assignments() -> None:
    assert assignments(ServiceSnapshot(1, "x", 2)) == ()
    assert assignments(ServiceSnapshot(1, "x", 2, roles=(Role(SUPERNODE, 2, 0),))) == ()


def test_two_with_the_same_id_collide_whatever_their_number_of_partitions() -> None:
    snapshot = service(
        [
            reporting(2, "partition-id=0 num-partitions=3"),
            reporting(3, "partition-id=1 num-partitions=3"),
            reporting(4, "partition-id=1 num-partitions=2"),
        ]
    )
    assert [row[3] for row in shown(snapshot)] == ["in step", "collision", "collision"]


def test_a_guest_that_has_not_asked_yet_collides_with_nobody() -> None:
    snapshot = service([reporting(2, "partition-id=1 num-partitions=2"), vm(3, "BOOT", ready=None)])
    assert [row[3] for row in shown(snapshot)] == ["stale", "pending"]


LIVED = [Life(2, 100), Life(3, 101), Life(4, 102)]
GROWN = [*LIVED, Life(5, 500), Life(6, 501)]
SHRUNK = [Life(2, 100, 800), Life(3, 101, 801), *GROWN[2:]]
REGROWN = [*SHRUNK, Life(7, 1200), Life(8, 1202)]


@pytest.mark.parametrize(
    ("lives", "told"),
    [
        (LIVED, {2: (0, 3), 3: (1, 3), 4: (2, 3)}),
        (GROWN, {2: (0, 3), 4: (2, 3), 5: (3, 5), 6: (4, 5)}),
        (SHRUNK, {2: (0, 3), 4: (2, 3), 5: (3, 5), 6: (4, 5)}),
        (REGROWN, {4: (2, 3), 5: (3, 5), 6: (4, 5), 7: (3, 5), 8: (4, 5)}),
        ([Life(2, 100, 105), Life(3, 130)], {2: (0, 1), 3: (0, 1)}),
        ([Life(2, 100), Life(3, 100 + BATCH_GAP)], {2: (0, 2), 3: (1, 2)}),
        ([Life(2, 100), Life(3, 101 + BATCH_GAP)], {2: (0, 1), 3: (1, 2)}),
        (list(reversed(LIVED)), {2: (0, 3), 4: (2, 3)}),
    ],
)
def test_the_list_at_the_first_boot(lives: list[Life], told: dict[int, tuple[int, int]]) -> None:
    assert {vm_id: at_boot(vm_id, lives) for vm_id in told} == {
        vm_id: Partition(*partition) for vm_id, partition in told.items()
    }


def test_a_vm_that_is_not_among_the_lives() -> None:
    assert at_boot(9, LIVED) is None
    assert at_boot(9, []) is None


def _assigned(*partitions: Partition | None) -> list[Assignment]:
    return [
        Assignment(2 + index, index, partition, None, Source.REPORTED, Standing.STALE)
        for index, partition in enumerate(partitions)
    ]


@pytest.mark.parametrize(
    ("partitions", "missing"),
    [
        ((Partition(0, 2), Partition(1, 2)), ()),
        ((Partition(2, 4), Partition(3, 4)), (0, 1)),
        ((Partition(0, 2), Partition(3, 4)), (1, 2)),
        ((Partition(1, 3), Partition(1, 3)), (0, 2)),
        ((Partition(0, None), Partition(1, None)), ()),
        ((Partition(7, 2), Partition(-1, 2)), (0, 1)),
        ((Partition(0, 2), None), ()),
        ((), ()),
    ],
)
def test_gaps(partitions: tuple[Partition | None, ...], missing: tuple[int, ...]) -> None:
    assert gaps(_assigned(*partitions)) == missing


def test_a_hostile_number_of_partitions_costs_nothing() -> None:
    assert gaps(_assigned(Partition(0, 10**18))) == tuple(range(1, PLANNED_MOST))


def test_a_hostile_report_is_shown_and_counted_without_harm() -> None:
    huge = reporting(2, f"partition-id=0x{'f' * 5000} num-partitions=0x{'f' * 5000}")
    assert shown(service([huge])) == [("-", "0 of 1", "reported", "none")]


@pytest.mark.parametrize(
    ("texts", "configs"),
    [
        ({}, ["partition-id=0 num-partitions=2", "partition-id=1 num-partitions=2"]),
        ({"FL_NODE_CONFIG": " a=1 ", "supernode.cardinality": "3"}, ["a=1"] * 3),
        ({"supernode.cardinality": "x"}, []),
        ({"supernode.cardinality": "0"}, []),
        ({"superlink.cardinality": "9"}, ["partition-id=0 num-partitions=2", "partition-id=1 num-partitions=2"]),
    ],
)
def test_what_a_plan_will_start_each_supernode_with(texts: dict[str, str], configs: list[str]) -> None:
    assert list(planned(Plan(SEED, texts))) == configs


def test_a_plan_of_very_many_is_worked_out_in_part() -> None:
    found = planned(Plan().with_text("supernode.cardinality", "999999999"))
    assert len(found) == PLANNED_MOST
    assert found[-1] == "partition-id=999 num-partitions=999999999"


@dataclass
class Guest:
    """A SuperNode that looked for itself in the list when it booted, once."""

    vm_id: int
    made: int
    ended: int = 0
    got: Partition | None = None


@dataclass
class Cluster:
    """What OneFlow and the guests do: lists in the order of creation, the oldest terminated first."""

    clock: int = 1000
    listed: list[Guest] = field(default_factory=list)
    ever: list[Guest] = field(default_factory=list)

    def add(self, count: int, spacing: int) -> None:
        made = []
        for _ in range(count):
            made.append(Guest(2 + len(self.ever) + len(made), self.clock))
            self.clock += spacing
        self.listed += made
        self.ever += made
        for guest in made:
            position = next(place for place, other in enumerate(self.listed) if other.vm_id == guest.vm_id)
            guest.got = Partition(position, len(self.listed))
        self.clock += BATCH_GAP

    def remove(self, places: list[int]) -> None:
        for place in sorted(places, reverse=True):
            self.listed.pop(place).ended = self.clock

    def snapshot(self, *, reported: bool = False) -> ServiceSnapshot:
        facts = {guest.vm_id: self._facts(guest, reported) for guest in self.ever}
        nodes = tuple(Node(guest.vm_id, "", facts[guest.vm_id]) for guest in self.listed)
        living = {guest.vm_id for guest in self.listed}
        return ServiceSnapshot(
            42,
            "flower",
            2,
            roles=(Role(SUPERNODE, 2, len(nodes), nodes=nodes, last_vmname=len(self.ever)),),
            former=tuple(facts[guest.vm_id] for guest in self.ever if guest.vm_id not in living),
        )

    def _facts(self, guest: Guest, reported: bool) -> VmFacts:
        config = {"FL_NODE_CONFIG": written(guest.got)} if reported and guest.got else {}
        state = "DONE" if guest.ended else "RUNNING"
        return vm(guest.vm_id, state, stime=guest.made, etime=guest.ended, template=config)

    def standing(self, guest: Guest) -> str:
        ids = Counter(other.got.id for other in self.listed if other.got)
        if guest.got and ids[guest.got.id] > 1:
            return "collision"
        return "in step" if guest.got == Partition(self.listed.index(guest), len(self.listed)) else "stale"


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """A cluster after any sequence of scales and losses, each waiting for the one before to settle."""
    cluster = Cluster()
    cluster.add(draw(st.integers(1, 8)), draw(st.integers(0, BATCH_GAP)))
    for kind in draw(st.lists(st.sampled_from(["up", "down", "lose", "wait"]), max_size=12)):
        cluster.clock += draw(st.integers(1, 300))
        size = len(cluster.listed)
        if kind == "up":
            cluster.add(draw(st.integers(1, 6)), draw(st.integers(0, BATCH_GAP)))
        elif kind == "down" and size > 1:
            cluster.remove(list(range(draw(st.integers(1, size - 1)))))
        elif kind == "lose" and size:
            cluster.remove([draw(st.integers(0, size - 1))])
    return cluster


@given(clusters())
def test_the_inferred_table_agrees_with_what_the_guests_did(cluster: Cluster) -> None:
    found = assignments(cluster.snapshot())
    assert [(item.vm_id, item.index, item.assigned) for item in found] == [
        (guest.vm_id, index, guest.got) for index, guest in enumerate(cluster.listed)
    ]
    assert {item.source for item in found} <= {Source.INFERRED}
    assert [item.standing.value for item in found] == [cluster.standing(guest) for guest in cluster.listed]
    assert [item.expected for item in found] == [Partition(index, len(found)) for index in range(len(found))]


@given(clusters())
def test_a_reported_table_is_the_inferred_one(cluster: Cluster) -> None:
    inferred, reported = assignments(cluster.snapshot()), assignments(cluster.snapshot(reported=True))
    assert {item.source for item in reported} <= {Source.REPORTED}
    assert [(item.assigned, item.standing, item.node_config) for item in reported] == [
        (item.assigned, item.standing, item.node_config) for item in inferred
    ]


@given(clusters())
def test_gaps_are_the_ids_that_no_guest_has(cluster: Cluster) -> None:
    found = gaps(assignments(cluster.snapshot()))
    held = [guest.got for guest in cluster.listed if guest.got]
    count = max((partition.count or 0 for partition in held), default=0)
    assert set(found) == set(range(count)) - {partition.id for partition in held}
    assert list(found) == sorted(found)


@given(clusters(), st.data())
def test_with_a_vm_of_the_past_forgotten_nothing_is_claimed(cluster: Cluster, data: st.DataObject) -> None:
    snapshot = cluster.snapshot()
    if not snapshot.former:
        return
    lost = data.draw(st.sampled_from(snapshot.former))
    forgotten = ServiceSnapshot(
        42, "flower", 2, roles=snapshot.roles, former=tuple(facts for facts in snapshot.former if facts is not lost)
    )
    assert {item.standing for item in assignments(forgotten)} <= {Standing.UNKNOWN}
    assert gaps(assignments(forgotten)) == ()
