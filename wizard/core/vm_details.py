"""What a VM was given and what it published, fit to be shown: secrets hidden, long values cut."""

from __future__ import annotations

from collections.abc import Mapping

_SECRET = ("PASSWORD", "TOKEN_", "SECRET", "PRIVATE_KEY")
_LONGEST = 120


def details(values: Mapping[str, str] | None) -> dict[str, str]:
    """Each pair by name; empty where nothing is known."""
    return {key: _shown(key, value) for key, value in sorted((values or {}).items())}


def _shown(key: str, value: str) -> str:
    if any(word in key.upper() for word in _SECRET):
        return "***"
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… ({len(value)} characters)"
