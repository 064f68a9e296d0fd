"""OpenNebula's own template syntax: `KEY = "value"` lines and `KEY = [ A = "x", B = "y" ]` vectors.

OneFlow 6.x takes what a role adds to its VMs in this syntax. Between double quotes everything stands for itself, line
breaks and backslashes too, but for `\\"`, which is a quote. What can't be written so that oned reads it back the same
is refused: a backslash before a quote or at the end, and `]]>`, at which its parser stumbles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias
from unicodedata import category

from wizard.core.errors import WizardError

Vector: TypeAlias = dict[str, str]
Attribute: TypeAlias = "str | Vector | list[Vector]"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_BETWEEN = r"(?:\s|\#[^\n]*(?:\n|\Z))*"
_TOKEN = re.compile(rf'{_BETWEEN}(?:(?P<word>[A-Za-z_][\w-]*)|(?P<mark>[=\[\],])|"(?P<text>(?:\\"|[^"])*)")')
_BARE = re.compile(r'[ \t]*(?P<text>[^\s=#,\[\]"]+)')
_STUMBLES = re.compile(r'\\(?:"|\Z)|\]\]>')
_LONGEST_SHOWN = 40


class TemplateTextError(WizardError, ValueError):
    """A text is not in this syntax, or a value can't be written in it; the message says where and why."""

    exit_status = 2


def write(attributes: Mapping[str, Attribute]) -> str:
    """The attributes, a line each, vectors in one line; a list of vectors is written one below the other.

    Raises TemplateTextError for a name or a value that can't be written safely.
    """
    return "\n".join(
        _pair(name, item) if isinstance(item, str) else f"{_name(name)} = [ {_vector(item)} ]"
        for name, value in attributes.items()
        for item in (value if isinstance(value, list) else [value])
    )


def read(text: str) -> dict[str, Attribute]:
    """The attributes of a text; a vector that comes more than once becomes a list, of a value the last one counts.

    Raises TemplateTextError.
    """
    found: dict[str, Attribute] = {}
    tokens = _Tokens(text)
    while not tokens.at_end:
        name = tokens.word()
        tokens.mark("=")
        if not tokens.sees("["):
            found[name] = tokens.text()
            continue
        vector = _read_vector(tokens)
        before = found.get(name)
        if isinstance(before, list):
            before.append(vector)
        else:
            found[name] = [before, vector] if isinstance(before, dict) else vector
    return found


def _read_vector(tokens: _Tokens) -> Vector:
    tokens.mark("[")
    vector: Vector = {}
    while not tokens.sees("]"):
        if vector:
            tokens.mark(",")
        key = tokens.word()
        tokens.mark("=")
        vector[key] = tokens.text()
    tokens.mark("]")
    return vector


def _vector(items: Mapping[str, str]) -> str:
    return ", ".join(_pair(name, value) for name, value in items.items())


def _pair(name: str, value: str) -> str:
    if _STUMBLES.search(value) or any(category(char) in ("Cc", "Cs") and char not in "\t\n" for char in value):
        shown = repr(value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…")
        what = "a backslash at its end or before a quote, ]]>, or a control character in it"
        raise TemplateTextError(f"{name}: {shown} has {what}")
    quoted = value.replace('"', '\\"')
    return f'{_name(name)} = "{quoted}"'


def _name(name: str) -> str:
    if not _NAME.match(name):
        raise TemplateTextError(f"{name!r} is no name of an attribute")
    return name


def texts(values: Mapping[str, object]) -> dict[str, str]:
    """The values of inputs as the guests get them: null is empty."""
    return {key: "" if value is None else str(value) for key, value in values.items()}


class _Tokens:
    """A reading head over names, marks and texts; a text of one word needs no quotes."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def sees(self, mark: str) -> bool:
        match = _TOKEN.match(self._text, self._at)
        return match is not None and match["mark"] == mark

    def word(self) -> str:
        return self._take("word", "a name")

    def text(self) -> str:
        if bare := _BARE.match(self._text, self._at):
            self._at = bare.end()
            return bare["text"]
        return self._take("text", "a value in double quotes").replace('\\"', '"')

    def mark(self, wanted: str) -> None:
        if not self.sees(wanted):
            raise self._unexpected(f"'{wanted}'")
        self._take("mark", wanted)

    def _take(self, kind: str, wanted: str) -> str:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match[kind] is None:
            raise self._unexpected(wanted)
        self._at = match.end()
        return str(match[kind])

    def _unexpected(self, wanted: str) -> TemplateTextError:
        rest = self._text[self._at :].strip()
        line = self._text.count("\n", 0, len(self._text) - len(rest)) + 1
        return TemplateTextError(f"line {line}: expected {wanted}, found {rest[:_LONGEST_SHOWN]!r}")
