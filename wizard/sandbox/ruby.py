"""The words of OneFlow's Ruby where a request makes it stumble."""

from __future__ import annotations

import json
import re
from typing import Any

_CLASSES = {str: "String", list: "Array", dict: "Hash", int: "Integer", float: "Float", bool: "Boolean"}


def no_method(method: str, value: Any, line: str, mark: str) -> str:
    """The message for a method that a value does not have, with the source line and marks under the call.

    `line` is the source line as the server shows it, `mark` the part of it that is underlined.
    """
    shown = "nil" if value is None else _inspect(value)
    kind = "NilClass" if value is None else _CLASSES.get(type(value), "Object")
    under = " " * (line.rindex(mark)) + "^" * len(mark)
    return f"undefined method `{method}' for {shown}:{kind}\n\n{line}\n{under}"


def unexpected(text: str) -> str:
    """The message of Ruby's JSON parser."""
    return f"unexpected token at '{text}'"


def to_i(value: Any) -> int:
    """Ruby's `to_i`: the number that a value begins with, else 0."""
    if isinstance(value, (int, float)):
        return int(value)
    match = re.match(r"\s*-?\d+", str(value or ""))
    return int(match[0]) if match else 0


def _inspect(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_inspect(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
