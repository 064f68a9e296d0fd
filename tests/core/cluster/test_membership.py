"""What the list said at any moment."""

from __future__ import annotations

import pytest

from wizard.core.cluster.membership import BATCH_GAP, REMOVAL_GAP, Life, Membership
from wizard.core.flower.node_config import Partition

LIVED = [Life(2, 100), Life(3, 101), Life(4, 102)]
GROWN = [*LIVED, Life(5, 500), Life(6, 501)]
SHRUNK = [Life(2, 100, 800), Life(3, 101, 801), *GROWN[2:]]
REGROWN = [*SHRUNK, Life(7, 1200), Life(8, 1202)]

Answer = tuple[int, int] | None


def told(lives: list[Life], vm_id: int, first: int, last: int | None = None) -> list[Answer]:
    found = Membership(lives, logged_since=0.0).answers(vm_id, first, first if last is None else last)
    return [None if item is None else (item.id, item.count or -1) for item in found]


@pytest.mark.parametrize(
    ("lives", "vm_id", "moment", "answers"),
    [
        (LIVED, 2, 110, [(0, 3)]),
        (LIVED, 4, 110, [(2, 3)]),
        (LIVED, 2, 50, [None]),
        (LIVED, 2, 100, [None]),
        (LIVED, 2, 101, [None, (0, 3)]),
        (GROWN, 4, 110, [(2, 3)]),
        (GROWN, 6, 600, [(4, 5)]),
        (GROWN, 2, 600, [(0, 5)]),
        (SHRUNK, 5, 600, [(3, 5)]),
        (SHRUNK, 5, 900, [(1, 3)]),
        (SHRUNK, 3, 900, [None]),
        (REGROWN, 7, 1300, [(3, 5)]),
        (REGROWN, 4, 1300, [(0, 5)]),
        (list(reversed(LIVED)), 3, 110, [(1, 3)]),
        ([Life(2, 100), Life(3, 100 + BATCH_GAP)], 2, 105, [None]),
        ([Life(2, 100), Life(3, 101 + BATCH_GAP)], 2, 105, [(0, 1)]),
        (LIVED, 9, 110, [None]),
        ([], 9, 110, [None]),
    ],
)
def test_the_list_at_a_moment(lives: list[Life], vm_id: int, moment: int, answers: list[Answer]) -> None:
    assert told(lives, vm_id, moment) == answers


def test_without_a_log_nobody_knows_whether_it_was_one_creation_or_two() -> None:
    lives = [Life(2, 100), Life(3, 100 + BATCH_GAP)]
    one, two, apart = Partition(0, 2), Partition(0, 1), Partition(1, 2)
    assert Membership(lives).answers(2, 105, 105) == (None, two)
    assert Membership(lives).answers(2, 120, 120) == (one,)
    assert Membership(lives).answers(3, 120, 120) == (apart,)
    assert Membership([Life(2, 100), Life(3, 102)]).answers(2, 100, 100) == (None,)


def test_what_was_ready_in_between_tells_two_creations_apart() -> None:
    lives = [Life(2, 100), Life(3, 100 + BATCH_GAP)]
    assert Membership(lives, [108.0], 90.0).answers(2, 105, 107) == (Partition(0, 1),)
    assert Membership(lives, [108.0], 90.0).next_creation(2) == 100 + BATCH_GAP


def test_a_span_of_time_has_every_answer_in_it_once() -> None:
    assert told([Life(2, 100, 900), Life(3, 101), Life(4, 500)], 3, 90, 2000) == [None, (1, 2), (1, 3), (0, 2)]


def test_between_the_ends_of_a_scale_down_each_of_its_vms_is_listed_perhaps() -> None:
    lives = [Life(2, 100, 800), Life(3, 100, 830), Life(4, 100)]
    assert told(lives, 4, 700) == [(2, 3)]
    assert set(told(lives, 4, 815)) == {(2, 3), (1, 2)}
    assert set(told(lives, 2, 815)) == {(0, 3), None}
    assert told(lives, 4, 900) == [(0, 1)]


def test_what_comes_and_goes_within_one_second_was_there_meanwhile() -> None:
    lives = [Life(2, 100, 105), Life(3, 100), Life(4, 105)]
    assert set(told(lives, 3, 105)) == {None, (0, 2), (1, 3)}


def test_vms_that_ended_far_apart_left_one_by_one() -> None:
    lives = [Life(2, 100, 800), Life(3, 100, 801 + REMOVAL_GAP), Life(4, 100)]
    assert told(lives, 4, 820) == [(1, 2)]


def test_the_next_creation_is_that_after_the_whole_batch() -> None:
    membership = Membership(REGROWN)
    assert [membership.next_creation(life.vm_id) for life in REGROWN] == [500, 500, 500, 1200, 1200, None, None]
    assert membership.next_creation(99) is None
