"""The partition table against a cluster whose every guest is played, after any sequence of what may happen to it.

What is inferred must be what the guest was told. Where it is left open, what the guest was told must be among what is
held possible, and there must have been a reason. Not played, since oned tells nothing of it: a reboot inside a VM, and
a VM lost between a boot failure and the recover.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.core.cluster.guests import CONFIGURED, LATEST, LIVE_MIGRATE, SUSPEND, Cluster, Guest
from wizard.core.cluster.membership import BATCH_GAP, BLUR, REMOVAL_GAP
from wizard.core.cluster.partitions import INCOMPLETE, QUICKEST, SLOWEST, Assignment, Source, Sync, assignments, gaps
from wizard.core.flower.node_config import Partition
from wizard.core.opennebula.states import VmState

SEQUENCES = int(os.environ.get("SEQUENCES", "800"))
"""How many sequences are played; `make test-long` plays 50,000."""

PARTS = 4
"""In how many tests, so that they can run beside each other."""

SPACING = st.sampled_from([0, 0, 1, 1, 2, BATCH_GAP])
START = st.sampled_from([1, 3, 5, 12])
ASK = st.one_of(st.integers(CONFIGURED, 20), st.integers(CONFIGURED, LATEST))
PLACE = st.integers(0, 7)
BIRTH = st.tuples(SPACING, START, ASK)


class Guests(RuleBasedStateMachine):
    """Deploys, scales, loses, restarts, moves and recovers; attaches at any moment, also months later."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster()

    def chosen(self, place: int) -> Guest | None:
        """A listed guest whose VM runs, and is not being terminated."""
        staying = [guest for guest in self.cluster.listed if guest not in self.cluster.leaving]
        running = [guest for guest in staying if guest.state[0] == VmState.ACTIVE and guest.boot]
        return running[place % len(running)] if running else None

    @property
    def failing(self) -> bool:
        return any(guest.alive and guest.runs and not guest.boot for guest in self.cluster.ever)

    @property
    def can_shrink(self) -> bool:
        """RUNNING, and OneFlow has noticed every loss: in the second before, it would wait for a VM that is gone."""
        listed = self.cluster.listed
        return self.cluster.state == "RUNNING" and len(listed) > 1 and all(guest.alive for guest in listed)

    def create(self, births: list[tuple[int, int, int]], failing: int | None = None) -> None:
        spacings, starts, asks = zip(*births, strict=True)
        self.cluster.create(spacings, starts, asks, failing)

    @initialize(
        births=st.lists(BIRTH, min_size=1, max_size=6),
        lag=st.sampled_from([0, BLUR]),
        cooldown=st.sampled_from([0, 2, 15]),
    )
    def deploy(self, births: list[tuple[int, int, int]], lag: int, cooldown: int) -> None:
        self.cluster.lag, self.cluster.cooldown = lag, cooldown
        self.create(births)

    @rule(seconds=st.sampled_from([1, 4, 15, 60, 400]))
    def wait(self, seconds: int) -> None:
        self.cluster.pass_time(seconds)

    @precondition(lambda self: self.cluster.state == "RUNNING")
    @rule(births=st.lists(BIRTH, min_size=1, max_size=4), wait=st.sampled_from([1, 30, 300]))
    def scale_up(self, births: list[tuple[int, int, int]], wait: int) -> None:
        self.cluster.pass_time(wait)
        self.create(births)

    @precondition(lambda self: self.can_shrink)
    @rule(ends=st.lists(st.sampled_from([0, 1, 3, REMOVAL_GAP]), min_size=1, max_size=3))
    def scale_down(self, ends: list[int]) -> None:
        self.cluster.scale_down(ends[: len(self.cluster.listed) - 1])

    @precondition(lambda self: self.can_shrink and len(self.cluster.listed) > 2)
    @rule(wait=st.integers(1, 30), ask=st.integers(CONFIGURED, 40), between=st.sampled_from([1, 20, REMOVAL_GAP]))
    def scale_down_while_one_restarts(self, wait: int, ask: int, between: int) -> None:
        last = self.cluster.listed[-1]
        if last.boot and last.state[0] == VmState.ACTIVE:
            self.cluster.scale_down([1, between])
            self.cluster.pass_time(wait)
            self.cluster.restart(last, 1, ask)

    @rule()
    def settle(self) -> None:
        self.cluster.settle()

    @precondition(lambda self: not self.failing)
    @rule(place=PLACE)
    def lose(self, place: int) -> None:
        if guest := self.chosen(place):
            self.cluster.lose(guest)

    @rule(place=PLACE, off=st.sampled_from([1, 30]), ask=ASK)
    def restart(self, place: int, off: int, ask: int) -> None:
        if guest := self.chosen(place):
            self.cluster.restart(guest, off, ask)

    @rule(place=PLACE, how=st.sampled_from([LIVE_MIGRATE, SUSPEND]))
    def migrate(self, place: int, how: int) -> None:
        if guest := self.chosen(place):
            self.cluster.migrate(guest, how)

    @precondition(lambda self: self.cluster.state == "RUNNING")
    @rule(births=st.lists(BIRTH, min_size=1, max_size=3), place=PLACE, after=st.sampled_from([31, 900]), ask=ASK)
    def fail_and_recover(self, births: list[tuple[int, int, int]], place: int, after: int, ask: int) -> None:
        self.create(births, place % len(births))
        self.cluster.pass_time(sum(birth[0] for birth in births) + 12 + after)
        self.cluster.recover(ask)
        self.cluster.pass_time(ask)

    @invariant()
    def the_table_agrees(self) -> None:
        self.check(assignments(self.cluster.snapshot()), in_full=True)

    @invariant()
    def so_it_does_months_later(self) -> None:
        self.check(assignments(self.cluster.snapshot(logged=False)))
        self.check(assignments(self.cluster.snapshot(logged=False, all_runs=False)))

    @invariant()
    def with_a_vm_of_the_past_forgotten_nothing_is_claimed(self) -> None:
        snapshot = self.cluster.snapshot()
        for lost in snapshot.former[:1]:
            former = tuple(facts for facts in snapshot.former if facts is not lost)
            found = assignments(type(snapshot)(42, "flower", 2, roles=snapshot.roles, former=former))
            assert {item.doubt for item in found if item.sync is not Sync.PENDING} <= {INCOMPLETE}
            assert gaps(found) == () or all(item.assigned for item in found)

    def check(self, found: tuple[Assignment, ...], *, in_full: bool = False) -> None:
        assert [item.vm_id for item in found] == [guest.vm_id for guest in self.cluster.listed]
        held = Counter(item.assigned.id for item in found if item.assigned and item.source is Source.INFERRED)
        for index, (item, guest) in enumerate(zip(found, self.cluster.listed, strict=True)):
            expected = Partition(index, len(found))
            assert (item.index, item.expected) == (index, expected)
            if guest.state[0] == VmState.POWEROFF and not guest.has_asked:
                continue  # It went off before it asked: nobody can know, and it will ask when it is back.
            truth = guest.got if guest.has_asked else expected
            if item.sync is Sync.PENDING:
                assert not guest.has_asked
            elif item.source is Source.UNKNOWN:
                assert truth in item.possible
                assert not in_full or self.doubtful(guest)
            else:
                assert item.source is Source.INFERRED
                assert item.assigned == truth
                assert item.sync is self.sync(truth, expected, held)

    def sync(self, truth: Partition | None, expected: Partition, held: Counter[int]) -> Sync:
        if truth is None:
            return Sync.NONE
        if held[truth.id] > 1:
            return Sync.COLLISION
        return Sync.IN_SYNC if truth == expected else Sync.STALE

    def doubtful(self, guest: Guest) -> bool:
        """Whether the list, or what oned tells of it, allowed more than one answer when the guest may have asked."""
        cluster = self.cluster
        boots = [guest.runs[0]] + [
            run for before, run in zip(guest.runs, guest.runs[1:], strict=False) if before.ended_by == 19
        ]
        start = boots[-1].since
        settled = [line.timestamp for line in cluster.log if len(boots) == 1 and line.timestamp > start + QUICKEST]
        first, last = start + QUICKEST - 2 * BLUR, min([start + SLOWEST, *settled[:1]]) + 2 * BLUR
        going = any(other.ended and first - REMOVAL_GAP <= other.ended <= last + REMOVAL_GAP for other in cluster.ever)
        return going or len(cluster.was_told(guest, first, last)) > 1


@pytest.mark.parametrize("part", range(PARTS))
def test_the_table_says_what_every_guest_was_told(part: int) -> None:
    limits = settings(max_examples=SEQUENCES // PARTS, stateful_step_count=12, deadline=None)
    run_state_machine_as_test(Guests, settings=limits)


def test_a_reboot_inside_the_vm_is_not_seen_and_so_never_called_more_than_inferred() -> None:
    cluster = Cluster()
    cluster.create([0, 0], [1, 1], [5, 5], None)
    cluster.pass_time(500)
    cluster.lose(cluster.listed[0])
    cluster.pass_time(500)
    guest = cluster.listed[0]
    guest.got = cluster.position(guest)
    (found,) = assignments(cluster.snapshot())
    assert (found.assigned, found.source) == (Partition(1, 2), Source.INFERRED)
    assert guest.got == Partition(0, 1)


def test_what_the_guests_report_is_what_is_inferred() -> None:
    cluster = Cluster()
    cluster.create([0, 1, 1, 0], [2] * 4, [9] * 4, None)
    cluster.pass_time(300)
    cluster.scale_down([1, 2])
    cluster.pass_time(300)
    cluster.create([0, 1], [2] * 2, [9] * 2, None)
    cluster.pass_time(300)
    inferred, reported = assignments(cluster.snapshot()), assignments(cluster.snapshot(reported=True))
    assert {item.source for item in reported} == {Source.REPORTED}
    assert [(item.assigned, item.sync, item.node_config) for item in reported] == [
        (item.assigned, item.sync, item.node_config) for item in inferred
    ]
    assert [str(item.assigned) for item in inferred] == ["2 of 4", "3 of 4", "2 of 4", "3 of 4"]
    assert gaps(inferred) == (0, 1)
