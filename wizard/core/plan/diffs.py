"""Differences between a registered service template and the one that is about to be sent, as `git diff` shows them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from wizard.core.plan.plan import Document, Plan, to_json, without_servers_own

_CONTEXT = 3


class Change(str, Enum):
    """Kind of a line of a difference, by the sign it begins with."""

    HUNK = "@"
    ADDED = "+"
    REMOVED = "-"
    SAME = " "


@dataclass(frozen=True)
class DiffLine:
    """A line with its sign, as it is printed."""

    change: Change
    text: str


def template_diff(registered: Mapping[str, object], document: Document) -> tuple[DiffLine, ...]:
    """The lines that differ, with three around them; empty where both say the same.

    Both are compared in the names of 7.x and in the order of the new one, so that what OneFlow wrote in another way,
    and what it added by itself, is no difference.
    """
    from wizard.core.opennebula.documents import read_body

    before, after = read_body(without_servers_own(registered)).to_v7(), read_body(document).to_v7()
    old, new = to_json(_ordered(before, after)).splitlines(), to_json(after).splitlines()
    return tuple(_lines(old, new))


def _lines(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    for number, line in enumerate(difflib.unified_diff(old, new, lineterm="", n=_CONTEXT)):
        if number < 2:
            continue  # The names of the two files.
        yield DiffLine(Change(line[:1]), line)


def _ordered(document: Document, like: Document) -> Document:
    keys = [key for key in like if key in document] + [key for key in document if key not in like]
    return {key: _like(document[key], like.get(key)) for key in keys}


def _like(value: object, like: object) -> object:
    if isinstance(value, dict) and isinstance(like, dict):
        return _ordered(value, like)
    if isinstance(value, list) and isinstance(like, list):
        return [_like(item, like[place] if place < len(like) else None) for place, item in enumerate(value)]
    return value


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
    """Settings of a plan that differ from its contract's defaults: `left` is the default, `right` the plan's own."""
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
