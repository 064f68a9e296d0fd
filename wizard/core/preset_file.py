"""The shape of a preset file, checked by pydantic's engine.

The engine is asked directly, without a model: `render` reads a preset in a process that lives for a tenth of a second,
half of which pydantic's own modules would take.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from wizard.core.contract import Level

__all__ = ["KEYS", "ValidationError", "checked"]

_TEXT = {"type": "str", "strict": True}
_SCALAR = {"type": "union", "choices": [{"type": kind, "strict": True} for kind in ("str", "bool", "int", "float")]}
_TABLE = {"type": "dict", "keys_schema": _TEXT, "values_schema": _SCALAR}
KEYS: Mapping[str, Any] = {
    "preset": {"type": "int", "strict": True},
    **dict.fromkeys(("contract", "title", "about", "template"), _TEXT),
    **{level.value: _TABLE for level in Level},
}
"""What may stand in a preset file: three tables, one a level, and the words that introduce them."""

_FILE = SchemaValidator(
    {
        "type": "typed-dict",
        "extra_behavior": "forbid",
        "fields": {
            key: {"type": "typed-dict-field", "schema": schema, "required": key == "preset"}
            for key, schema in KEYS.items()
        },
    }
)


def checked(raw: object) -> dict[str, Any]:
    """The tables of a preset file as they stand there. Raises ValidationError."""
    found: dict[str, Any] = _FILE.validate_python(raw)
    return found
