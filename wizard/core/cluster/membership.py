"""A role's `nodes` list at any moment, worked out from the lives of all VMs that the role ever had.

OneFlow writes the VMs of one creation into the list together, when the last of them exists, in the order of creation.
It takes out a VM that was lost when that VM ends, and those of a scale-down together, when the last of them has ended;
nothing tells the two apart afterwards, so between the two moments a VM is listed perhaps. Nor can two creations that
follow each other closely be distinguished without OneFlow's log.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wizard.core.flower.node_config import Partition

BATCH_GAP = 10
"""Seconds. VMs of one deployment or scale follow each other faster."""

SOONEST = 3
"""Seconds. A new deployment or scale waits for the VMs before it to be READY, which takes the quickest so long."""

REMOVAL_GAP = 60
"""Seconds. VMs of one scale-down end within so much of each other, as far as is known."""

BLUR = 1
"""Seconds by which oned's whole seconds, and OneFlow's answer to what it hears, may be off."""


@dataclass(frozen=True)
class Life:
    """Life of a VM of the role: when it was made and when it ended (None: it lives), in Unix seconds."""

    vm_id: int
    created: int
    ended: int | None = None


_Batch = list[Life]


@dataclass(frozen=True)
class _Stay:
    """A VM's time in the list: it came at `came` at the earliest, at `entered` at the latest; it left at `left` at the
    earliest, at `lost` at the latest."""

    vm_id: int
    came: int
    entered: int
    left: float
    lost: float


@dataclass(frozen=True)
class _Listed:
    """The list at one moment: for each VM in it, how many stand before it for certain and how many perhaps."""

    places: dict[int, tuple[int, int]]
    certain: int
    perhaps: int
    doubtful: frozenset[int]

    def answers(self, vm_id: int) -> Iterator[Partition | None]:
        if vm_id not in self.places:
            yield None
            return
        before, perhaps_before = self.places[vm_id]
        itself = 0
        if vm_id in self.doubtful:
            itself = 1
            yield None
        perhaps_after = self.perhaps - perhaps_before - itself
        for place in range(perhaps_before + 1):
            for after in range(perhaps_after + 1):
                yield Partition(before + place, self.certain + itself + place + after)


class Membership:
    """The `nodes` list of one role through time."""

    def __init__(self, lives: Iterable[Life], scaled: Sequence[float] = (), logged_since: float = float("inf")) -> None:
        """`scaled` are moments at which OneFlow began to scale, as its log has them since `logged_since`: only then
        does it make VMs that are of another batch."""
        ordered = sorted(lives, key=lambda life: life.vm_id)
        last_of_run = _ends_of_runs([life.ended for life in ordered if life.ended is not None])
        chains = _chains(ordered, scaled, logged_since)
        self._next = {
            life.vm_id: after[0][0].created for chain, after in pairwise(chains) for batch in chain for life in batch
        }
        self._stays = [_stay(life, batch, chain, last_of_run) for chain in chains for batch in chain for life in batch]
        self._states = _states(self._stays)
        self._changes = [state.since for state in self._states]
        self._known: dict[int, _Listed] = {}

    def answers(self, vm_id: int, first: float, last: float) -> tuple[Partition | None, ...]:
        """Partitions that this VM may have been given if it asked between two moments; None: it was not listed.

        More than one where the list changed meanwhile. A VM that the role never had was never listed.
        """
        epochs = range(bisect_right(self._changes, first - BLUR), bisect_right(self._changes, last + BLUR) + 1)
        return tuple(dict.fromkeys(answer for epoch in epochs for answer in self._at(epoch).answers(vm_id)))

    def next_creation(self, vm_id: int) -> int | None:
        """Time at which the next VM was made that is of another batch for certain; None where there is none.

        OneFlow makes none before those of this batch are READY.
        """
        return self._next.get(vm_id)

    def _at(self, epoch: int) -> _Listed:
        """The list after so many changes."""
        if epoch not in self._known:
            # Half of the role may ask about the same epoch: it is worked out once.
            self._known[epoch] = _listed(self._stays, self._states[epoch - 1] if epoch else _BEFORE)
        return self._known[epoch]


@dataclass(frozen=True)
class _State:
    """The list from `since` on: who had entered by one moment is in it, unless lost by another; who had only come, or
    had left, is in it perhaps."""

    since: float
    came: float
    entered: float
    left: float
    lost: float


_BEFORE = _State(*(float("-inf"),) * 5)
_JUST_BEFORE = 0.5


def _states(stays: Sequence[_Stay]) -> list[_State]:
    """Every state of the list in order.

    What happens within one second happens in an order that nobody knows: where VMs go, there are two states more, in
    which each of them is listed perhaps, with and without those that come in the same second.
    """
    going = {moment for stay in stays for moment in (stay.left, stay.lost)}
    found = []
    for moment in sorted({moment for stay in stays for moment in (stay.came, stay.entered)} | going):
        if moment in going:
            earlier = moment - _JUST_BEFORE
            found.append(_State(moment, earlier, earlier, moment, earlier))
            found.append(_State(moment, moment, moment, moment, earlier))
        found.append(_State(moment, moment, moment, moment, moment))
    return found


def _listed(stays: Sequence[_Stay], state: _State) -> _Listed:
    places: dict[int, tuple[int, int]] = {}
    doubtful: set[int] = set()
    certain = 0
    for stay in stays:
        if stay.came > state.came or stay.lost <= state.lost:
            continue
        places[stay.vm_id] = (certain, len(doubtful))
        if stay.entered <= state.entered and stay.left > state.left:
            certain += 1
        else:
            doubtful.add(stay.vm_id)
    return _Listed(places, certain, len(doubtful), frozenset(doubtful))


def _stay(life: Life, batch: _Batch, chain: Sequence[_Batch], last_of_run: dict[int, int]) -> _Stay:
    came, entered = batch[-1].created, chain[-1][-1].created
    if life.ended is None:
        return _Stay(life.vm_id, came, entered, float("inf"), float("inf"))
    return _Stay(life.vm_id, came, entered, life.ended, last_of_run[life.ended])


def _chains(ordered: Sequence[Life], scaled: Sequence[float], logged_since: float) -> list[list[_Batch]]:
    """The VMs in chains of what may be one batch or several: between two chains a creation ended for certain."""
    found: list[list[_Batch]] = []
    for life in ordered:
        before = found[-1][-1][-1] if found else None
        if before is None or _apart(before.created, life.created, scaled):
            found.append([[life]])
        elif life.created - before.created < SOONEST or logged_since <= before.created:
            found[-1][-1].append(life)
        else:
            found[-1].append([life])
    return found


def _apart(earlier: int, later: int, scaled: Sequence[float]) -> bool:
    """True if VMs made at two moments are of two batches for certain."""
    return later - earlier > BATCH_GAP or any(earlier < moment <= later + BLUR for moment in scaled)


def _ends_of_runs(ends: Iterable[int]) -> dict[int, int]:
    """For each moment at which a VM ended, the last of those that follow it closely."""
    found: dict[int, int] = {}
    later: int | None = None
    for moment in sorted(set(ends), reverse=True):
        found[moment] = found[later] if later is not None and later - moment <= REMOVAL_GAP else moment
        later = moment
    return found
