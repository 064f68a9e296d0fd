"""The rules about how many: VMs of a role, clients of a round, and what a scale-down leaves."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.core.plan.contract import Field, Level, Meaning
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Fix, Kind, Problem

SMALLEST_FEDERATION = 2
LARGEST_NUMBER = 999_999_999
_MINIMUMS = (Meaning.MIN_FIT, Meaning.MIN_EVALUATE, Meaning.MIN_AVAILABLE)

Found = Iterator[Problem]


def whole_number(text: str) -> int | None:
    """The positive whole number that a text is, or None."""
    stripped = text.strip()
    if not (stripped.isascii() and stripped.isdigit()):
        return None
    number = int(stripped) if len(stripped) <= 10 else LARGEST_NUMBER + 1
    return number if 1 <= number <= LARGEST_NUMBER else None


def number_of(plan: Plan, meaning: Meaning, level: Level | None = None) -> int | None:
    """The number that the field of this meaning holds; None where it holds none, or the contract has no such field."""
    return whole_number(plan.meant(meaning, level))


def federation_has_two(plan: Plan) -> Found:
    """Flower's own minimum is 2: a single node waits for ever."""
    for meaning in _MINIMUMS:
        item = plan.contract.meaning(meaning)
        if item and whole_number(plan.text(item.path)) == 1:
            message = "1 is below Flower's own minimum of 2: a single client is local training"
            yield _error(item, message, "minimum", Fix("Write 2 or more.", "2"))
    item = plan.contract.meaning(Meaning.CARDINALITY, Level.SUPERNODE)
    if item and whole_number(plan.text(item.path)) == 1:
        message = "1 SuperNode waits for ever: Flower wants at least 2 clients"
        yield _error(item, message, "minimum", Fix("Write 2 or more.", "2"))


def rounds_get_their_clients(plan: Plan) -> Found:
    """No minimum of clients is above the number of SuperNodes, or above what the run starts with."""
    count = number_of(plan, Meaning.CARDINALITY, Level.SUPERNODE)
    available = number_of(plan, Meaning.MIN_AVAILABLE)
    for meaning in _MINIMUMS:
        item = plan.contract.meaning(meaning)
        wanted = whole_number(plan.text(item.path)) if item else None
        if item is None or wanted is None:
            continue
        if count is not None and wanted > count:
            message = f"{wanted} clients are wanted of {count} SuperNodes: rounds would wait for ever"
            fix = Fix(f"Write {count} or less, or raise supernode.cardinality to {wanted}.", str(count))
            yield _error(item, message, "clients", fix)
        if meaning is not Meaning.MIN_AVAILABLE and available is not None and wanted > available:
            start = plan.contract.meaning(Meaning.MIN_AVAILABLE)
            named = start.path if start else ""
            message = f"{wanted} is above {named}={available}: a run may start with too few"
            fix = Fix(f"Write {available} or less, or raise {named} to {wanted}.", str(available))
            yield Problem(Kind.WARNING, item.path, message, "clients-at-start", fix=fix)


def scale_down_keeps_clients(plan: Plan) -> Found:
    """A scale-down to min_vms still leaves the clients that a run needs."""
    item = plan.contract.meaning(Meaning.MIN_AVAILABLE)
    wanted = number_of(plan, Meaning.MIN_AVAILABLE)
    smallest = number_of(plan, Meaning.MIN_VMS, Level.SUPERNODE)
    if item and wanted is not None and smallest is not None and wanted > smallest:
        message = f"{wanted} is above supernode.min_vms={smallest}: a scale-down could stall the training"
        fix = Fix(f"Raise supernode.min_vms to {wanted}, or write {smallest} here.", str(smallest))
        yield Problem(Kind.WARNING, item.path, message, "clients-after-scale", fix=fix)


def supernodes_are_in_range(plan: Plan) -> Found:
    """min_vms ≤ cardinality ≤ max_vms, and min_vms at least 2."""
    contract = plan.contract
    cardinality = contract.meaning(Meaning.CARDINALITY, Level.SUPERNODE)
    minimum = contract.meaning(Meaning.MIN_VMS, Level.SUPERNODE)
    maximum = contract.meaning(Meaning.MAX_VMS, Level.SUPERNODE)
    if cardinality is None or minimum is None or maximum is None:
        return
    count, low, high = (whole_number(plan.text(item.path)) for item in (cardinality, minimum, maximum))
    # Between limits that leave no number there is none to write: they come first.
    room = low is None or high is None or low <= high
    if low is not None and low < SMALLEST_FEDERATION:
        yield _error(minimum, f"{low} is below 2, the smallest federation", "range", Fix("Write 2 or more.", "2"))
    if count is not None and low is not None and count < low:
        fix = Fix(f"Write {low} or more, or lower {minimum.path} to {count}.", str(low) if room else None)
        yield _error(cardinality, f"{count} is below min_vms={low}", "range", fix)
    if count is not None and high is not None and count > high:
        fix = Fix(f"Write {high} or less, or raise {maximum.path} to {count}.", str(high) if room else None)
        yield _error(cardinality, f"{count} is above max_vms={high}; raise max_vms", "range", fix)
    if low is not None and high is not None and low > high:
        fix = Fix(f"Write {low} or more, or lower {minimum.path} to {high}.", str(low))
        yield _error(maximum, f"{high} is below min_vms={low}", "range", fix)


def superlink_is_single(plan: Plan) -> Found:
    """Cardinality, min_vms and max_vms of the SuperLink are 1: a second one is a split brain."""
    for meaning in (Meaning.CARDINALITY, Meaning.MIN_VMS, Meaning.MAX_VMS):
        item = plan.contract.meaning(meaning, Level.SUPERLINK)
        if item and whole_number(plan.text(item.path)) not in (None, 1):
            message = f"{plan.text(item.path)} is not 1: a second SuperLink is a split brain"
            yield _error(item, message, "singleton", Fix("Write 1.", "1"))


def _error(item: Field, message: str, rule: str, fix: Fix) -> Problem:
    return Problem(Kind.ERROR, item.path, message, rule, fix=fix)
