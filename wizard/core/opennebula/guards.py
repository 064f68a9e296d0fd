"""Switches in CONTEXT: who reads them, and what counts as on."""

from __future__ import annotations

from collections.abc import Mapping

_READ_BY_ONED = ("TOKEN", "NETWORK")
"""oned takes `yes` in any case; the guest's own scripts compare REPORT_READY with `YES`."""


def is_on(key: str, value: object) -> bool:
    """True if a switch of CONTEXT is on with that value."""
    text = str(value).strip()
    return (text.upper() if key in _READ_BY_ONED else text) == "YES"


def value_of(context: Mapping[str, object], key: str) -> object | None:
    """The value of a key, in whatever case it is written: oned writes all in capitals. None where there is none."""
    return next((value for name, value in context.items() if name.upper() == key), None)
