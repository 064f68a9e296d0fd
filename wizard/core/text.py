"""Text of others: made safe to be shown, or taken for an address only where it is one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

UNKNOWN = "?"
UNSET = "…"
NOTHING = "-"
"""What stands where a value is not known, not set yet, or where there is none."""

_CHARACTERS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, but for line breaks and tabs
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the reading direction
    "\u2028\u2029"  # line breaks of another kind
)
_ESCAPED = re.compile(f"[{_CHARACTERS}]")
_HARMFUL = re.compile(f"[{_CHARACTERS}\ud800-\udfff]")
"""With the halves of characters, which no output can encode: whoever encodes JSON or TOML sees to those."""
_OURS = re.compile(r"(\x1b\[[0-9;]*m)")


def harmless(text: str) -> str:
    """The text with everything spelled out that could drive a terminal or turn its reading direction.

    Line breaks and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HARMFUL.sub(_spelled, text)


def escaped(text: str) -> str:
    """JSON or TOML with everything escaped that `harmless` spells out: it says the same, and drives no terminal."""
    if text.isascii() and text.isprintable():
        return text
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def drawn(text: str) -> str:
    """The same as `harmless` for what is drawn already: colours stay, every other control does not."""
    return "".join(part if place % 2 else harmless(part) for place, part in enumerate(_OURS.split(text)))


def without_controls(text: str) -> str:
    """The text without what is harmful, for a place where nothing may take more room than it takes."""
    if text.isascii() and text.isprintable():
        return text
    return _HARMFUL.sub("", text)


def ip_address(text: str) -> str:
    """The IP address that a text is, in its usual form; empty for every other text, also for one with a zone."""
    text = text.strip()
    return _address(text) if len(text) <= _LONGEST_ADDRESS and "%" not in text else ""


_LONGEST_ADDRESS = 45


@lru_cache(maxsize=32_768)
def _address(text: str) -> str:
    # The same addresses come with each refresh: to parse those of 1,000 VMs took a third of what reading them takes.
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def one_line(text: str) -> str:
    """The same in one line."""
    return harmless(text).replace("\n", "\\n").replace("\t", "\\t")


def _spelled(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


_NAMED_MOST = 6
_SPAN = 4


def listed(items: Iterable[str]) -> str:
    """`a, b, c`; of very many the first, and how many more."""
    named = list(items)
    more = len(named) - _NAMED_MOST
    return ", ".join(named) if more <= 0 else f"{', '.join(named[:_NAMED_MOST])} and {more} more"


def spans(ids: Sequence[int]) -> str:
    """`1, 2, 5 to 9, 12`: of four numbers or more that follow one another the first and the last."""
    runs: list[list[int]] = []
    for number in ids:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [[f"{run[0]} to {run[-1]}"] if len(run) >= _SPAN else [str(number) for number in run] for run in runs]
    return ", ".join(word for part in parts for word in part)


def vms(ids: Sequence[int]) -> str:
    """`VM 3`, `VMs 3, 4`."""
    return f"VM{'' if len(ids) == 1 else 's'} {listed(map(str, ids))}"


def counted(number: int, what: str) -> str:
    """`1 SuperNode`, `2 SuperNodes`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def have(ids: Sequence[int]) -> str:
    """`has` or `have`, for so many."""
    return "has" if len(ids) == 1 else "have"


def duration(seconds: float) -> str:
    """A length of time: `00:41`, `1:02:03`, `3d 04h`; a dash where it is negative."""
    total = int(seconds)
    if total < 0:
        return NOTHING
    minutes, second = divmod(total, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days}d {hour:02d}h"
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute:02d}:{second:02d}"
