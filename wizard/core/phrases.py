"""Small pieces of sentences that name VMs and count things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_NAMED_MOST = 6


def listed(items: Iterable[str]) -> str:
    """`a, b, c`; of very many the first, and how many more."""
    named = list(items)
    more = len(named) - _NAMED_MOST
    return ", ".join(named) if more <= 0 else f"{', '.join(named[:_NAMED_MOST])} and {more} more"


def vms(ids: Sequence[int]) -> str:
    """`VM 3`, `VMs 3, 4`."""
    return f"VM{'' if len(ids) == 1 else 's'} {listed(map(str, ids))}"


def counted(number: int, what: str) -> str:
    """`1 SuperNode`, `2 SuperNodes`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def have(ids: Sequence[int]) -> str:
    """`has` or `have`, for so many."""
    return "has" if len(ids) == 1 else "have"
