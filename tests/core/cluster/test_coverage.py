"""How the data is covered: exact, drawn, and said."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.services import service, vm
from wizard.core.cluster.coverage import LEGEND, MISSING, ONCE, Coverage, coverage, covered, share, strip, summary
from wizard.core.flower.node_config import Partition


def of(*shards: str | None) -> Coverage:
    """Coverage by VMs 2, 3, …, each written `i/n`."""
    told = [None if shard is None else Partition(*map(int, shard.split("/"))) for shard in shards]
    return covered(enumerate(told, 2))


EXAMPLES = [
    (of("0/1"), "============", "Full coverage, no overlap: 1 SuperNode."),
    (of("0/3", "1/3", "2/3"), "============", "Full coverage, no overlap: 3 SuperNodes."),
    (of("2/4", "3/4"), "......======", "1/2 of the data is trained on by no SuperNode."),
    (
        of("2/4", "3/4", "2/4", "3/4"),
        "......222222",
        "1/2 of the data is trained on by no SuperNode; 1/2 of it is trained on more than once (VMs 2, 3, 4, 5).",
    ),
    (
        of("0/2", "1/2", "2/4", "3/4"),
        "======222222",
        "1/2 of the data is trained on more than once (VMs 3, 4, 5).",
    ),
    (of("0/2", "2/3"), "======..====", "1/6 of the data is trained on by no SuperNode."),
    (of(), "............", "Nothing is trained on."),
    (of(None), "............", "Nothing is trained on; VM 2 has no usable partition."),
    (
        of("0/1", "4/2", None),
        "============",
        "All of the data is trained on once; VMs 3, 4 have no usable partition.",
    ),
    (
        covered([(2, Partition(0, 1)), (-1, Partition(0, 1))]),
        "222222222222",
        "All of the data is trained on more than once (VM 2 and new ones).",
    ),
    (
        of(*["0/1"] * 12),
        "++++++++++++",
        "All of the data is trained on more than once (VMs 2, 3, 4, 5, 6, 7 and 6 more).",
    ),
    (
        covered([(2, Partition(0, 2))], (3, 4)),
        "======??????",
        "1/2 of the data is trained on by no SuperNode whose partition is known; what VMs 3, 4 have is not known.",
    ),
    (
        covered([], (3, 4)),
        "????????????",
        "No part of the data is known to be trained on; what VMs 3, 4 have is not known.",
    ),
    (
        covered([(2, Partition(0, 1))], (3,)),
        "============",
        "All of the data is trained on once; what VM 3 has is not known.",
    ),
]


@pytest.mark.parametrize(("found", "drawn", "said"), EXAMPLES)
def test_drawn_and_said(found: Coverage, drawn: str, said: str) -> None:
    assert strip(found, 12) == drawn
    assert summary(found) == said


def test_what_is_missing_is_drawn_however_small_it_is() -> None:
    shards = [f"{number}/1000" for number in range(1000) if number != 500]
    assert strip(of(*shards), 10) == "=====.===="


def test_only_those_that_train_cover_anything() -> None:
    def reporting(vm_id: int, state: str = "RUNNING") -> object:
        config = {"FL_NODE_CONFIG": f"partition-id={vm_id - 2} num-partitions=5"}
        return vm(vm_id, state, template=config)

    states = ["RUNNING", "POWEROFF", "BOOT_FAILURE", "SHUTDOWN", "MIGRATE"]
    snapshot = service([reporting(2 + place, state) for place, state in enumerate(states)])  # type: ignore[misc]
    assert strip(coverage(snapshot), 5) == "=...="
    assert strip(coverage(service([vm(2), vm(3, "BOOT", ready=None)])), 4) == "==.."
    assert strip(coverage(service([2, 3])), 4) == "????"
    assert coverage(service([2, 3])).unknown == (2, 3)


SHARDS = st.integers(1, 12).flatmap(lambda count: st.builds(Partition, st.integers(0, count - 1), st.just(count)))
HUGE = st.builds(Partition, st.integers(0, 9), st.sampled_from([10**18 - 11, 10**18 - 33, 10**18 - 35]))
"""Numbers of partitions that nobody has: no two of them cut the data into pieces of one size that could be counted."""
LOST = st.one_of(st.none(), st.builds(Partition, st.sampled_from([-1, 12]), st.sampled_from([None, 0, 12])))


@given(st.one_of(st.lists(SHARDS, max_size=12), st.lists(SHARDS | HUGE, max_size=9)), st.lists(LOST, max_size=2))
def test_the_spans_are_the_data_and_each_point_is_covered_by_whom_it_should(
    shards: list[Partition], lost: list[Partition | None]
) -> None:
    found = covered(enumerate([*shards, *lost]))
    assert found.spans[0].start == 0
    assert found.spans[-1].end == 1
    assert all(before.end == after.start for before, after in zip(found.spans, found.spans[1:], strict=False))
    assert all(span.length > 0 for span in found.spans)
    for span in found.spans:
        middle = (span.start + span.end) / 2
        assert sorted(span.vm_ids) == [
            vm_id
            for vm_id, shard in enumerate(shards)
            if Fraction(shard.id, shard.count) <= middle < Fraction(shard.id + 1, shard.count)
        ]
    assert sum(span.length * len(span.vm_ids) for span in found.spans) == sum(Fraction(1, s.count) for s in shards)
    assert found.without == tuple(range(len(shards), len(shards) + len(lost)))


@given(st.lists(SHARDS, max_size=12), st.integers(1, 120))
def test_the_strip_tells_the_truth_at_every_width(shards: list[Partition], width: int) -> None:
    found = covered(enumerate(shards))
    drawn = strip(found, width)
    assert len(drawn) == width
    assert (MISSING in drawn) == (found.missing > 0)
    for cell, sign in enumerate(drawn):
        start, end = Fraction(cell, width), Fraction(cell + 1, width)
        counts = [len(span.vm_ids) for span in found.spans if span.start < end and span.end > start]
        expected = 0 if 0 in counts else max(counts)
        assert sign == {0: MISSING, 1: ONCE, **{n: str(n) for n in range(2, 10)}}.get(expected, "+")


@given(st.integers(1, 40))
def test_a_fresh_deployment_is_whole(count: int) -> None:
    found = covered((number, Partition(number, count)) for number in range(count))
    assert found.whole
    assert (found.missing, found.overlapping) == (0, 0)
    assert set(strip(found, 60)) == {ONCE}


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Fraction(0), "none"),
        (Fraction(1), "all"),
        (Fraction(1, 3), "1/3"),
        (Fraction(1, 1000), "less than 1 %"),
        (Fraction(999, 1000), "more than 99 %"),
        (Fraction(333, 1000), "about 33 %"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(part: Fraction, said: str) -> None:
    assert share(part) == said


def test_a_hostile_number_of_partitions_costs_nothing() -> None:
    found = covered([(2, Partition(10**18, 10**19)), (3, Partition(0, 10**19))])
    assert len(strip(found, 80)) == 80
    assert summary(found).startswith("More than 99 % of the data")


def test_the_legend_has_every_sign() -> None:
    assert {"=", ".", "?", "+", "2"} <= set(LEGEND)
