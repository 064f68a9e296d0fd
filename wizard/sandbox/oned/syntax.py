"""oned's own reading of a template's text, token by token, with its error messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wizard.sandbox.oned.accounts import INTERNAL, OneError

_STARTS = {
    "COMMENT": re.compile(r"[ \t]*#[^\n]*\n"),
    "BLANKS": re.compile(r"[ \t\n]+"),
    "VARIABLE": re.compile(r"[A-Za-z0-9_]+"),
    "EQUAL_EMPTY": re.compile(r"[ \t]*=[ \t]*\n"),
    "EQUAL": re.compile(r"[ \t]*=[ \t]*"),
    "COMMA": re.compile(r"[ \t\n]*,[ \t\n]*"),
    "CBRACKET": re.compile(r"[ \t\n]*\][ \t\n]*"),
}
_VALUES = {
    "CCDATA": re.compile(r"[^\n]*\]\]>[^\n]*"),
    "OBRACKET": re.compile(r"[ \t]*\[[ \t\n]*"),
    "STRING": re.compile(r'"(?:\\"|[^"])*"'),
    "WORD": re.compile(r"[^=#\s,\[\]]+"),
}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    first: int
    last: int


def read(text: str) -> dict[str, Any]:
    """A template as a dictionary with upper-case keys; repeated vectors become a list. OneError when malformed."""
    tokens = _tokens(text)
    attributes: dict[str, Any] = {}
    while (token := next(tokens)).kind != "end of file":
        name = _wanted(token, "VARIABLE").text.upper()
        value = _value(tokens, vectors=True)
        if isinstance(value, dict) and name in attributes:
            before = attributes[name]
            value = [*before, value] if isinstance(before, list) else [before, value]
        attributes[name] = value
    return attributes


def _value(tokens: Iterator[_Token], *, vectors: bool) -> Any:
    if _wanted(next(tokens), "EQUAL", "EQUAL_EMPTY").kind == "EQUAL_EMPTY":
        return ""
    token = _wanted(next(tokens), "STRING", "OBRACKET") if vectors else _wanted(next(tokens), "STRING")
    return token.text if token.kind == "STRING" else _vector(tokens)


def _vector(tokens: Iterator[_Token]) -> dict[str, Any]:
    vector: dict[str, Any] = {}
    while True:
        name = _wanted(next(tokens), "VARIABLE").text.upper()
        vector[name] = _value(tokens, vectors=False)
        if _wanted(next(tokens), "COMMA", "CBRACKET").kind == "CBRACKET":
            return vector


def _wanted(token: _Token, *kinds: str) -> _Token:
    if token.kind not in kinds:
        where = f"at line 1, columns {token.first}:{token.last}"
        expected = " or ".join(kinds)
        raise OneError(INTERNAL, f"Parse error: syntax error, unexpected {token.kind}, expecting {expected} {where}")
    return token


def _tokens(text: str) -> Iterator[_Token]:
    place, rules = 0, _STARTS
    while place < len(text):
        found = [(kind, match) for kind, rule in rules.items() if (match := rule.match(text, place))]
        kind, match = max(found, key=lambda item: item[1].end(), default=("", None))
        if match is None:
            place += 1  # What no rule knows is passed over.
            continue
        begun, place = place + 1, match.end()
        if kind in ("COMMENT", "BLANKS"):
            continue
        rules = _VALUES if kind == "EQUAL" else _STARTS
        said = match[0][1:-1].replace('\\"', '"') if kind == "STRING" else match[0]
        yield _Token("STRING" if kind == "WORD" else kind, said, begun, place + 1)
    while True:
        yield _Token("end of file", "", place + 1, place + 1)
