"""Folding the JSON that is shown: what lies deeper than so many levels becomes one line."""

from __future__ import annotations

import re

FOLD = re.compile(r"[\[{] (\d+ lines) [\]}],?$")
"""How a folded line ends; the group is what stands for the lines that are not shown."""

_STEP = 2
"""Columns by which each level is indented in what `plan.to_json` writes."""


def depth(text: str) -> int:
    """How many levels a JSON text has, as it is indented."""
    return max((_level(line) for line in _lines(text)), default=0)


def folded(text: str, levels: int) -> str:
    """The text with every object and list that begins at this level, or deeper, in one line: `{ 3 lines }`.

    Takes the indented text that `plan.to_json` gives. Levels count from 0, which is the whole.
    """
    lines = _lines(text)
    found: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if line.endswith(("{", "[")) and _level(line) >= levels:
            end = _end(lines, place)
            closing = lines[end].strip()
            found.append(f"{line} {end - place - 1} lines {closing}")
            place = end + 1
        else:
            found.append(line)
            place += 1
    return "\n".join(found) + "\n"


def _lines(text: str) -> list[str]:
    # Not splitlines: a value may hold other characters that it takes for the end of a line.
    return text.rstrip("\n").split("\n")


def _level(line: str) -> int:
    return (len(line) - len(line.lstrip(" "))) // _STEP


def _end(lines: list[str], start: int) -> int:
    level = _level(lines[start])
    return next(place for place in range(start + 1, len(lines)) if _level(lines[place]) == level)
