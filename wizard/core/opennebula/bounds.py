"""Bounds of what others send: how deep JSON may be, which numbers and moments are believed."""

from __future__ import annotations

import json
import re

DEEPEST = 64
"""Levels of JSON. A service template has eight."""

LATEST = 253_402_214_400
"""A day before the end of the year 9999, in Unix seconds: no calendar goes further, in no time zone."""

MOST_VMS = 1_000_000
"""VMs of a role. OpenNebula is not run with as many."""

_MOST = 2**53
# One that does not end goes to the end of the text: else each quote in it would be tried as a begin.
_STRINGS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")


class OutOfBounds(ValueError):
    """A value is beyond what is believed; the text says which."""


def read_json(text: str) -> object:
    """The JSON in a text of others. Raises OutOfBounds where it is nested too deep, ValueError where it is none."""
    if text.count("[") + text.count("{") > DEEPEST and _is_deep(text):
        raise OutOfBounds(f"it is nested more than {DEEPEST} deep")
    return json.loads(text, parse_constant=_refuse)


def number(text: str | None) -> int:
    """The whole number in a text of the server's; 0 where there is none, or none that can be meant."""
    try:
        value = int(text or "0")
    except ValueError:
        return 0
    return value if -_MOST < value < _MOST else 0


def moment(seconds: int) -> int:
    """A moment in Unix seconds; 0, which stands for never, where it is in no calendar."""
    return seconds if 0 <= seconds <= LATEST else 0


def _is_deep(text: str) -> bool:
    # Each round takes away the innermost pairs, at the speed of C; what is left after all rounds lies deeper.
    brackets = _NO_BRACKETS.sub("", _STRINGS.sub("", text))
    for _ in range(DEEPEST):
        if not brackets:
            return False
        brackets = brackets.replace("[]", "").replace("{}", "")
    opened = brackets.count("[") + brackets.count("{")
    # A text that was cut off has some open ones left, and is no JSON either way.
    return opened > DEEPEST or (opened > 0 and opened == brackets.count("]") + brackets.count("}"))


def _refuse(constant: str) -> float:
    raise OutOfBounds(f"{constant} is no number of JSON")
