"""Text of others, shown to people: nothing in it may drive a terminal or turn its reading direction."""

from __future__ import annotations

import unicodedata

UNKNOWN = "?"
UNSET = "…"
NOTHING = "-"
"""What stands where a value is not known, not set yet, or where there is none."""

_DIRECTIONS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")


def harmless(text: str) -> str:
    """The text with everything spelled out that could drive a terminal or turn its reading direction.

    Line breaks and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def one_line(text: str) -> str:
    """The same in one line."""
    return harmless(text).replace("\n", "\\n").replace("\t", "\\t")


def _shown(char: str) -> str:
    if char in "\n\t" or (char not in _DIRECTIONS and unicodedata.category(char) not in _UNSEEN):
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
