"""What differs between a registered service template and the one that is about to be sent, as `git diff` shows it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from wizard.core.opennebula.documents import read_body
from wizard.core.opennebula.documents_v6 import Json
from wizard.core.plan import to_json, without_servers_own

_CONTEXT = 3


class Change(str, Enum):
    """What a line of a difference is, by the sign it begins with."""

    HUNK = "@"
    ADDED = "+"
    REMOVED = "-"
    SAME = " "


@dataclass(frozen=True)
class DiffLine:
    """A line with its sign, as it is printed."""

    change: Change
    text: str


def template_diff(registered: Mapping[str, object], document: Json) -> tuple[DiffLine, ...]:
    """The lines that differ, with three around them; empty where both say the same.

    Both are compared in the names of 7.x and in the order of the new one, so that what OneFlow wrote in another way,
    and what it added by itself, is no difference.
    """
    before, after = read_body(without_servers_own(registered)).to_v7(), read_body(document).to_v7()
    old, new = to_json(_ordered(before, after)).splitlines(), to_json(after).splitlines()
    return tuple(_lines(old, new))


def _lines(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    for number, line in enumerate(difflib.unified_diff(old, new, lineterm="", n=_CONTEXT)):
        if number < 2:
            continue  # The names of the two files.
        yield DiffLine(Change(line[:1]), line)


def _ordered(document: Json, like: Json) -> Json:
    keys = [key for key in like if key in document] + [key for key in document if key not in like]
    return {key: _like(document[key], like.get(key)) for key in keys}


def _like(value: object, like: object) -> object:
    if isinstance(value, dict) and isinstance(like, dict):
        return _ordered(value, like)
    if isinstance(value, list) and isinstance(like, list):
        return [_like(item, like[place] if place < len(like) else None) for place, item in enumerate(value)]
    return value
