"""OpenNebula's template syntax: `KEY = "value"`, `KEY = [ A = "x" ]`, or XML."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from wizard.sandbox.errors import INTERNAL, OneError

_KEY = r"\s*(?:\#[^\n]*\n\s*)*(?P<key>[\w-]+)\s*=[ \t]*"
_QUOTED = r'"(?P<quoted>(?:\\.|[^"\\])*)"'
_VECTOR = r'\[(?P<vector>(?:"(?:\\.|[^"\\])*"|[^\]"])*)\]'
# At the top a bare value goes to the end of the line, in a vector to the next comma.
_ATTRIBUTE = re.compile(rf'{_KEY}(?:{_QUOTED}|{_VECTOR}|(?P<bare>[^\n"\[][^\n]*|))\s*', re.DOTALL)
_IN_VECTOR = re.compile(rf'{_KEY}(?:{_QUOTED}|(?P<bare>[^\n,"]*))\s*,?(?P<vector>(?!))?', re.DOTALL)


def parse(text: str) -> dict[str, Any]:
    """Read a template into a dictionary with upper-case keys; repeated vectors become a list."""
    return _read(text, _ATTRIBUTE)


def _read(text: str, attribute: re.Pattern[str]) -> dict[str, Any]:
    if text.lstrip().startswith("<"):
        try:
            return _children(ElementTree.fromstring(text))  # noqa: S314 - loopback only, from our own client
        except ElementTree.ParseError as error:
            raise OneError(INTERNAL, "Parse error: XML Template malformed.") from error
    found: dict[str, Any] = {}
    position = 0
    while position < len(text.rstrip()):
        match = attribute.match(text, position)
        if match is None or match.end() == position:
            raise OneError(INTERNAL, "Parse error: syntax error, unexpected VARIABLE, expecting EQUAL")
        value: Any
        if match["vector"] is not None:
            value = _read(match["vector"], _IN_VECTOR)
        elif match["quoted"] is not None:
            value = re.sub(r'\\(["\\])', r"\1", match["quoted"])
        else:
            value = (match["bare"] or "").strip()
        _add(found, match["key"].upper(), value)
        position = match.end()
    return found


def _add(found: dict[str, Any], key: str, value: Any) -> None:
    if isinstance(value, dict) and key in found:
        before = found[key]
        found[key] = [*before, value] if isinstance(before, list) else [before, value]
    else:
        found[key] = value


def _children(node: ElementTree.Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in node:
        _add(found, child.tag.upper(), _children(child) if len(child) else (child.text or ""))
    return found
