"""In which settings two plans differ, and by how much a plan differs from its defaults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wizard.core.plan import Plan

EMPTY = "(empty)"
ABSENT = "(no such setting)"


@dataclass(frozen=True)
class Difference:
    """One setting that differs. `left` and `right` are None where the contract of that plan has no such setting.

    `default` is that of the left contract, or of the right one where only it has the setting.
    """

    path: str
    label: str
    left: str | None
    right: str | None
    default: str


def differences(left: Plan, right: Plan) -> tuple[Difference, ...]:
    """The settings in which two plans differ, in the order of the left contract, then those that only the right has."""
    ours, theirs = left.contract.by_path, right.contract.by_path
    found = []
    for path in (*ours, *(path for path in theirs if path not in ours)):
        item = ours.get(path) or theirs[path]
        one = left.text(path) if path in ours else None
        other = right.text(path) if path in theirs else None
        if one != other:
            found.append(Difference(path, item.label, one, other, item.input.default))
    return tuple(found)


def from_defaults(plan: Plan) -> tuple[Difference, ...]:
    """What a plan says that is not its contract's default: `left` is the default, `right` the plan's own."""
    return differences(Plan(plan.contract), plan)


def in_words(value: str | None) -> str:
    """A value as it is shown: nothing, and no setting at all, are words."""
    if value is None:
        return ABSENT
    return value or EMPTY


def as_lines(found: Iterable[Difference], width: int) -> str:
    """Each difference as `setting  left → right`, and the default where neither of them is it.

    What is longer than `width` has its values on a line below.
    """
    rows = []
    for item in found:
        values = f"{in_words(item.left)} → {in_words(item.right)}"
        if item.default not in (item.left, item.right):
            values += f"  (default {in_words(item.default)})"
        rows.append((item.path, values))
    return in_columns(rows, width)


def in_columns(rows: Sequence[tuple[str, str]], width: int) -> str:
    """Two columns; a row that is longer than `width` has its second text on a line below, indented."""
    first = max((len(path) for path, _ in rows), default=0) + 2
    return "\n".join(
        f"{path:<{first}}{values}" if first + len(values) <= width else f"{path}\n  {values}" for path, values in rows
    )
