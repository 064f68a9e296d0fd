"""What differs between a registered service template and the one that is about to be sent, as `git diff` shows it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from wizard.core.dialect import from_v6
from wizard.core.plan import Document, to_json, without_servers_own
from wizard.core.template_text import TemplateTextError

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


def template_diff(registered: Mapping[str, Any], document: Document) -> tuple[DiffLine, ...]:
    """The lines that differ, with three around them; empty where both say the same.

    Both are compared in the names of 7.x and in the order of the new one, so that what OneFlow wrote in another way,
    and what it added by itself, is no difference.
    """
    before, after = _readable(without_servers_own(registered)), _readable(document)
    old, new = to_json(_ordered(before, after)).splitlines(), to_json(after).splitlines()
    return tuple(_lines(old, new))


def _lines(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    for number, line in enumerate(difflib.unified_diff(old, new, lineterm="", n=_CONTEXT)):
        if number < 2:
            continue  # The names of the two files.
        yield DiffLine(Change(line[:1]), line)


def _readable(document: Mapping[str, Any]) -> Document:
    try:
        return from_v6(document)
    except TemplateTextError:
        return dict(document)


def _ordered(value: Any, like: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(like, Mapping):
        keys = [key for key in like if key in value] + [key for key in value if key not in like]
        return {key: _ordered(value[key], like.get(key)) for key in keys}
    if isinstance(value, list) and isinstance(like, list):
        return [_ordered(item, like[place] if place < len(like) else None) for place, item in enumerate(value)]
    return value
