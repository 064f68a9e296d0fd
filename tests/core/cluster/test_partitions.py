"""Who trains on what: each way to know it, each way in which it goes wrong, and a guest that did it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.services import NOW, service, vm
from wizard.core.cluster.partitions import (
    CHANGED,
    INCOMPLETE,
    PLANNED_MOST,
    RESTARTED,
    Assignment,
    Source,
    Sync,
    assignments,
    gaps,
    planned,
)
from wizard.core.flower.node_config import Partition
from wizard.core.opennebula.snapshot import SUPERNODE, LogLine, Role, Run, ServiceSnapshot, VmFacts
from wizard.core.plan.contracts import SEED
from wizard.core.plan.plan import Plan

Row = tuple[str, str, str, str]


def shown(snapshot: ServiceSnapshot) -> list[Row]:
    """Assigned, expected, source and standing of each SuperNode."""
    return [
        (str(item.assigned or "-"), str(item.expected or "-"), item.source.value, item.sync.value)
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
    assert shown(snapshot) == [("5 of 9", "5 of 9", "explicit", "in sync")]


def test_a_node_config_at_service_level_reaches_the_supernodes_unless_the_role_has_its_own() -> None:
    values = {"FL_NODE_CONFIG": "partition-id=1"}
    assert shown(service([vm(2)], values=values))[0][2] == "explicit"
    assert shown(service([vm(2)], values=values, supernode_role=given_config("")))[0][2] == "inferred"


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_node_config_leaves_it_to_the_guest(empty: str) -> None:
    snapshot = service([vm(2), vm(3)], supernode_role=given_config(empty))
    assert shown(snapshot) == [("0 of 2", "0 of 2", "inferred", "in sync"), ("1 of 2", "1 of 2", "inferred", "in sync")]
    assert assignments(snapshot)[1].node_config == "partition-id=1 num-partitions=2"


def test_a_report_is_believed() -> None:
    snapshot = service(
        [reporting(2, "partition-id=0 num-partitions=2"), reporting(3, "partition-id=1 num-partitions=3")]
    )
    assert shown(snapshot) == [("0 of 2", "0 of 2", "reported", "in sync"), ("1 of 3", "1 of 2", "reported", "stale")]
    assert assignments(snapshot)[1].node_config == "partition-id=1 num-partitions=3"


def test_beside_reporting_guests_a_silent_ready_one_did_not_find_itself() -> None:
    snapshot = service([vm(2), reporting(3, "partition-id=1 num-partitions=2")])
    assert shown(snapshot) == [("-", "0 of 2", "none", "none"), ("1 of 2", "1 of 2", "reported", "in sync")]


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
    assert shown(snapshot)[1] == ("1 of 2", "1 of 2", "inferred", "in sync")


def test_a_vm_that_oned_was_not_asked_about_is_unknown_and_so_are_the_inferred() -> None:
    assert shown(service([vm(2), 3])) == [("-", "0 of 2", "unknown", "unknown"), ("-", "1 of 2", "unknown", "unknown")]


def test_without_the_vms_of_the_past_nothing_is_inferred() -> None:
    snapshot = service([vm(4), vm(5)], supernode_role={"last_vmname": 4})
    assert {row[2:] for row in shown(snapshot)} == {("unknown", "unknown")}
    other_role = service([vm(4), vm(5)], supernode_role={"last_vmname": 4}, former=(vm(2, role="x"), vm(3, role="x")))
    assert {row[2:] for row in shown(other_role)} == {("unknown", "unknown")}


MADE = 2000
POWEROFF, LIVE_MIGRATE = 19, 2


def lost(vm_id: int, ended: int) -> VmFacts:
    return vm(vm_id, "DONE", stime=MADE, running_since=MADE + 4, etime=ended)


def survivor(**more: object) -> VmFacts:
    return vm(3, stime=MADE, **{"running_since": MADE + 4, **more})


def alone(ended: int, facts: VmFacts | None = None, **more: object) -> Assignment:
    """What is said of a SuperNode whose elder, made with it, ended."""
    snapshot = service([facts or survivor()], supernode_role={"last_vmname": 2}, former=(lost(2, ended),), **more)
    return assignments(snapshot)[0]


def test_a_vm_of_the_past_counts_as_long_as_it_lived() -> None:
    found = alone(MADE + 1000)
    assert (found.assigned, found.expected, found.source) == (Partition(1, 2), Partition(0, 1), Source.INFERRED)
    assert (found.sync, found.doubt) == (Sync.STALE, "")


def test_a_list_that_changed_while_the_guest_booted_leaves_a_doubt() -> None:
    found = alone(MADE + 30)
    assert (found.assigned, found.sync, found.doubt) == (None, Sync.UNKNOWN, CHANGED)
    assert found.possible == (Partition(1, 2), Partition(0, 1))


@pytest.mark.parametrize("message", ["New state: RUNNING", "New state: COOLDOWN"])
def test_the_log_tells_that_the_guest_had_asked_before(message: str) -> None:
    settled = LogLine(MADE + 20, "I", message)
    snapshot = service([survivor()], supernode_role={"last_vmname": 2}, former=(lost(2, MADE + 30),))
    assert assignments(replace(snapshot, log=(settled,)))[0].assigned == Partition(1, 2)
    other = replace(settled, message="New state: SCALING")
    assert assignments(replace(snapshot, log=(other,)))[0].assigned is None
    early = replace(settled, timestamp=MADE + 2)
    assert assignments(replace(snapshot, log=(early,)))[0].assigned is None


def test_so_does_a_later_creation_since_oneflow_waits_with_it_until_all_are_ready() -> None:
    grown = service(
        [survivor(), vm(4, stime=MADE + 25, running_since=MADE + 29)],
        supernode_role={"last_vmname": 3},
        former=(lost(2, MADE + 60),),
    )
    first, second = assignments(grown)
    assert first.assigned == Partition(1, 2)
    assert (second.assigned, second.possible) == (None, (Partition(2, 3), Partition(1, 2)))


def test_a_restarted_guest_asked_again() -> None:
    runs = (Run(0, MADE + 4, POWEROFF), Run(1, MADE + 5000))
    found = alone(MADE + 1000, survivor(running_since=MADE + 5000, runs=runs))
    assert (found.assigned, found.sync) == (Partition(0, 1), Sync.IN_SYNC)


def test_a_guest_that_only_moved_did_not_ask_again() -> None:
    runs = (Run(0, MADE + 4, LIVE_MIGRATE), Run(1, MADE + 5000))
    found = alone(MADE + 1000, survivor(running_since=MADE + 5000, runs=runs))
    assert (found.assigned, found.sync) == (Partition(1, 2), Sync.STALE)


def test_without_the_older_history_records_both_are_possible() -> None:
    found = alone(MADE + 1000, survivor(running_since=MADE + 5000, runs=(Run(1, MADE + 5000),)))
    assert (found.source, found.doubt) == (Source.UNKNOWN, RESTARTED)
    assert set(found.possible) >= {Partition(1, 2), Partition(0, 1)}


def test_a_guest_of_this_moment_has_not_asked_yet() -> None:
    for state, since in (("RUNNING", NOW - 1), ("BOOT_POWEROFF", NOW), ("BOOT", NOW - 60)):
        found = alone(MADE + 1000, survivor(running_since=since) if state == "RUNNING" else vm(
            3, state, stime=MADE, running_since=since
        ))  # fmt: skip
        assert (found.assigned, found.sync) == (Partition(0, 1), Sync.PENDING), state


def test_a_clock_that_is_behind_the_clouds_changes_nothing() -> None:
    assert alone(MADE + 1000, taken_at=MADE - 3600.0).assigned == Partition(1, 2)


def test_a_guest_that_asked_before_the_last_of_its_siblings_existed_may_have_none() -> None:
    crowd = [vm(10 + number, stime=MADE + 9 * number, running_since=MADE + 9 * number + 4) for number in range(20)]
    logged = replace(service(crowd), log=(LogLine(MADE - 9, "I", "New state: DEPLOYING"),))
    first, *_, last = assignments(logged)
    assert (first.source, first.assigned, first.sync) == (Source.INFERRED, None, Sync.NONE)
    assert assignments(logged)[10].possible == (None, Partition(10, 20))
    # Without a log they may have been made one by one, each after the one before was READY.
    assert Partition(0, 1) in assignments(service(crowd))[0].possible
    assert (last.source, last.assigned) == (Source.INFERRED, Partition(19, 20))


def test_what_is_missing_of_the_past_is_said() -> None:
    snapshot = service([vm(4), vm(5)], supernode_role={"last_vmname": 4})
    assert {item.doubt for item in assignments(snapshot)} == {INCOMPLETE}


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
    assert [row[3] for row in shown(snapshot)] == ["in sync", "collision", "collision"]


def test_a_guest_that_has_not_asked_yet_collides_with_nobody() -> None:
    snapshot = service([reporting(2, "partition-id=1 num-partitions=2"), vm(3, "BOOT", ready=None)])
    assert [row[3] for row in shown(snapshot)] == ["stale", "pending"]


def _assigned(*partitions: Partition | None) -> list[Assignment]:
    return [
        Assignment(2 + index, index, partition, None, Source.REPORTED, Sync.STALE)
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
