"""Whether a VM template's own CONTEXT already asks for what the guests of a cluster need."""

from __future__ import annotations

from collections.abc import Mapping

_ON = "YES"


def lacking(wanted: Mapping[str, str], context: Mapping[str, str]) -> tuple[str, ...]:
    """What a contract's CONTEXT switches on and a VM template's does not: `no KEY`, or `KEY=value` where it is off.

    oned takes `yes` in any case. What the contract gives a value of its own (a path) no VM template can have.
    """
    keys = [key for key, value in wanted.items() if value == _ON]
    off = [key for key in keys if context.get(key, "").strip().upper() != _ON]
    return tuple(f"{key}={context[key]}" if key in context else f"no {key}" for key in off)
