"""Coverage of the data: the shards of all SuperNodes that train, laid beside each other.

A SuperNode that was given `i of n` trains on the part of the data from i/n to (i+1)/n. With different n among them the
cuts differ, so parts overlap and parts are missing although no two have the same number. Everything is an exact
fraction of the data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from wizard.core.cluster.partitions import Assignment, Source, Sync, assignments
from wizard.core.flower.node_config import Partition
from wizard.core.opennebula.snapshot import SUPERNODE, ServiceSnapshot, VmFacts
from wizard.core.opennebula.states import VmState
from wizard.core.text import have, vms

ONCE, MISSING, UNCERTAIN, VERY_MANY = "=", ".", "?", "+"
LEGEND = "= once   2-9 + that often   . missing   ? not known"
"""What the characters of the strip mean."""

_NOT_TRAINING = ("LCM_INIT", "BOOT", "PROLOG", "EPILOG", "SHUTDOWN", "CLEANUP", "CANCEL")
_READABLE = 100
_FINEST = 10**30

Cut: TypeAlias = "int | Fraction"
"""A place in the data: in whole pieces, or as a share."""


@dataclass(frozen=True)
class Span:
    """A part of the data, and the VMs that train on it; as long as possible."""

    start: Fraction
    end: Fraction
    vm_ids: tuple[int, ...]

    @property
    def length(self) -> Fraction:
        """Its share of the data."""
        return self.end - self.start


@dataclass(frozen=True)
class Coverage:
    """The data from 0 to 1 in spans, in order.

    `unknown` are SuperNodes that train on nobody knows what, `without` those that have no partition that could be
    drawn: none at all, or one outside of its own number of partitions. `coming` is how many are listed and still start:
    what is covered changes with them.
    """

    spans: tuple[Span, ...]
    unknown: tuple[int, ...] = ()
    without: tuple[int, ...] = ()
    coming: int = 0

    @property
    def missing(self) -> Fraction:
        """The share that no SuperNode is known to train on."""
        return sum((span.length for span in self.spans if not span.vm_ids), Fraction(0))

    @property
    def overlapping(self) -> Fraction:
        """The share that more than one SuperNode trains on."""
        return sum((span.length for span in self.spans if len(span.vm_ids) > 1), Fraction(0))

    @property
    def whole(self) -> bool:
        """True if every part is trained on exactly once, and that is known."""
        return not (self.unknown or self.without) and all(len(span.vm_ids) == 1 for span in self.spans)


def coverage(snapshot: ServiceSnapshot, known: Iterable[Assignment] | None = None) -> Coverage:
    """Coverage by the SuperNodes that train now; those that are off, failed or still starting do not.

    `known` are its assignments, where they are known already.
    """
    role = snapshot.role(SUPERNODE)
    there = [node for node in role.nodes if not node.is_lost] if role else []
    training = {node.vm_id for node in there if node.vm is None or _trains(node.vm)}
    known = tuple(assignments(snapshot) if known is None else known)
    found = [item for item in known if item.vm_id in training and item.sync is not Sync.PENDING]
    seen = covered(
        [(item.vm_id, item.assigned) for item in found if item.source is not Source.UNKNOWN],
        tuple(item.vm_id for item in found if item.source is Source.UNKNOWN),
    )
    return replace(seen, coming=sum(item.sync is Sync.PENDING for item in known))


def covered(shards: Iterable[tuple[int, Partition | None]], unknown: tuple[int, ...] = ()) -> Coverage:
    """The same, from VM ids and what each was given; VMs that do not exist yet have negative ids."""
    drawn, without = [], []
    for vm_id, shard in shards:
        if shard is None or shard.count is None or not 0 <= shard.id < shard.count:
            without.append(vm_id)
        else:
            drawn.append((vm_id, shard.id, shard.count))
    pieces = _pieces({count for _, _, count in drawn})
    begins: dict[Cut, list[int]] = {}
    ends: dict[Cut, list[int]] = {}
    for vm_id, number, count in drawn:
        begins.setdefault(number * pieces // count if pieces else Fraction(number, count), []).append(vm_id)
        ends.setdefault((number + 1) * pieces // count if pieces else Fraction(number + 1, count), []).append(vm_id)
    spans, active = [], dict.fromkeys(begins.pop(0, ()))
    start = Fraction(0)
    for cut in sorted({*begins, *ends, pieces or 1}):
        end = Fraction(cut, pieces or 1)
        spans.append(Span(start, end, tuple(active)))
        for vm_id in ends.get(cut, ()):
            del active[vm_id]
        active |= dict.fromkeys(begins.get(cut, ()))
        start = end
    return Coverage(tuple(spans), unknown, tuple(without))


def _pieces(counts: Iterable[int]) -> int:
    """The number of equal pieces of the data between which all cuts lie; 0 where there would be too many.

    Whole pieces are sorted and looked up ten times as fast as fractions. Partitions that make no sense may need numbers
    of thousands of digits.
    """
    pieces = 1
    for count in counts:
        pieces = lcm(pieces, count)
        if pieces > _FINEST:
            return 0
    return pieces


def strip(found: Coverage, width: int) -> str:
    """The data as a line of characters, each an equal part of it (see LEGEND).

    A character that stands for several parts shows the worst: missing, then the most often covered. Nothing that is
    missing is ever hidden. While a SuperNode's assignment is not known, nothing is called missing.
    """
    nobody = UNCERTAIN if found.unknown else MISSING
    cells = []
    first = 0
    for cell in range(width):
        start, end = Fraction(cell, width), Fraction(cell + 1, width)
        while found.spans[first].end <= start:
            first += 1
        counts, place = [], first
        while place < len(found.spans) and found.spans[place].start < end:
            counts.append(len(found.spans[place].vm_ids))
            place += 1
        cells.append(nobody if 0 in counts else _sign(max(counts)))
    return "".join(cells)


def summary(found: Coverage) -> str:
    """The same in a sentence."""
    if found.whole:
        count = len(found.spans)
        return f"Full coverage, no overlap: {count} SuperNode{'' if count == 1 else 's'}."
    clauses = []
    if found.missing == 1:
        clauses.append("no part of the data is known to be trained on" if found.unknown else "nothing is trained on")
    elif found.missing and found.unknown:
        clauses.append(f"{share(found.missing)} of the data is trained on by no SuperNode whose partition is known")
    elif found.missing:
        clauses.append(f"{share(found.missing)} of the data is trained on by no SuperNode")
    if found.overlapping:
        it = "it" if clauses else "the data"
        clauses.append(f"{share(found.overlapping)} of {it} is trained on more than once ({_doubled(found)})")
    if not clauses:
        clauses.append("all of the data is trained on once")
    if found.without:
        clauses.append(f"{vms(found.without)} {have(found.without)} no usable partition")
    if found.unknown:
        clauses.append(f"what {vms(found.unknown)} {have(found.unknown)} is not known")
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."


def short(found: Coverage) -> str:
    """The same in a few words, beside the strip."""
    if found.whole:
        return f"full coverage now, {found.coming} more to start" if found.coming else "full coverage, no overlap"
    clauses = []
    if found.missing and not found.unknown:
        clauses.append("nothing is trained on" if found.missing == 1 else f"{share(found.missing)} not trained")
    if found.overlapping:
        clauses.append(f"{share(found.overlapping)} more than once: {_doubled(found)}")
    if found.without:
        clauses.append(f"{vms(found.without)} {have(found.without)} no partition")
    if found.unknown:
        clauses.append(f"not known: {vms(found.unknown)}")
    return ", ".join(clauses) or "full coverage"


def share(part: Fraction) -> str:
    """A share of the data: exact where that can be read, else in percent and never rounded to nothing or to all."""
    if part in (0, 1):
        return "none" if part == 0 else "all"
    if part.denominator <= _READABLE:
        return str(part)
    percent = round(part * 100)
    if percent == 0:
        return "less than 1 %"
    return "more than 99 %" if percent == 100 else f"about {percent} %"


def doubled(found: Coverage) -> tuple[int, ...]:
    """The VMs that train on something that another trains on too."""
    return tuple(sorted({vm_id for span in found.spans if len(span.vm_ids) > 1 for vm_id in span.vm_ids}))


def _doubled(found: Coverage) -> str:
    ids = doubled(found)
    old = [vm_id for vm_id in ids if vm_id >= 0]
    new = "" if len(old) == len(ids) else "new ones"
    return " and ".join(part for part in (vms(old) if old else "", new) if part)


def _trains(vm: VmFacts) -> bool:
    return vm.state == VmState.ACTIVE and not vm.failed and not vm.state_name.startswith(_NOT_TRAINING)


def _sign(count: int) -> str:
    if count == 1:
        return ONCE
    return str(count) if count < 10 else VERY_MANY
