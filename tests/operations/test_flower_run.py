"""What the app tells, and how it is held against the dashboard."""

from __future__ import annotations

from wizard.appliance.guest import node_id
from wizard.core.cluster.partitions import Assignment, Source, Sync
from wizard.core.flower.node_config import Partition
from wizard.operations.flower_run import Word, compared, word


def assignment(vm: int, index: int, partition: Partition | None) -> Assignment:
    return Assignment(vm, index, partition, Partition(index, 2), Source.INFERRED, Sync.IN_SYNC)


def reported(node: str, number: int, **config: object) -> Word:
    return Word(round=number, of=3, node=node, config=config)


def test_flowers_own_lines_tell_nothing() -> None:
    assert word("INFO :      Received 2 results") is None
    assert word("REHEARSAL and no JSON") is None
    assert word("REHEARSAL 7") is None


def test_a_line_of_the_app() -> None:
    line = 'INFO : REHEARSAL {"round": 2, "of": 3, "node": "77", "config": {"partition-id": 1, "num-partitions": 4}}'
    assert word(line) == reported("77", 2, **{"partition-id": 1, "num-partitions": 4})
    assert word('REHEARSAL {"round": 1, "of": 3, "clients": 2}') == Word(round=1, of=3, clients=2)


def test_a_supernode_that_joined_twice_is_the_later_one() -> None:
    assert node_id("SuperNode ID: 5\nlost\nSuperNode ID: 6\n") == "6"
    assert node_id("nothing") == ""


def test_agreement_is_of_both_numbers_in_every_round() -> None:
    predicted = [assignment(1, 0, Partition(0, 2)), assignment(2, 1, Partition(1, 2)), assignment(3, 2, None)]
    nodes = {1: "a", 2: "b", 3: "c"}
    words = [
        reported("a", 1, **{"partition-id": 0, "num-partitions": 2}),
        reported("a", 2, **{"partition-id": 0, "num-partitions": 2}),
        reported("b", 1, **{"partition-id": 1, "num-partitions": 3}),
        reported("c", 1),
    ]
    first, second, third = compared(predicted, nodes, words)
    assert (first.agrees, first.rounds) == (True, 2)
    assert (second.agrees, second.partition) == (False, Partition(1, 3))
    assert third.agrees
    assert third.partition is None


def test_a_client_that_reported_nothing_does_not_agree() -> None:
    (row,) = compared([assignment(1, 0, None)], {1: ""}, [reported("", 1)])
    assert row.reported is None
    assert not row.agrees


def test_a_client_that_reported_two_things_does_not_agree() -> None:
    words = [reported("a", 1, **{"partition-id": 0, "num-partitions": 2}), reported("a", 2, **{"partition-id": 1})]
    (row,) = compared([assignment(1, 0, Partition(0, 2))], {1: "a"}, words)
    assert row.contradicting
    assert not row.agrees


def test_a_number_of_partitions_that_is_not_given_is_none() -> None:
    (row,) = compared([assignment(1, 0, Partition(4, None))], {1: "a"}, [reported("a", 1, **{"partition-id": 4})])
    assert row.agrees
