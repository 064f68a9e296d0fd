"""Objects of a cloud by id or exact name, with a word about the nearest where there is none."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from wizard.cloud.errors import Ambiguous, NotAuthorized, NotFound
from wizard.core.plan.plan import number_or_text
from wizard.core.preflight.facts import CloudObject
from wizard.core.text import one_line


class Named(Protocol):
    """An object with an id and a name."""

    @property
    def id(self) -> int:
        """Its id."""

    @property
    def name(self) -> str:
        """Its name; several objects may have the same."""


N = TypeVar("N", bound=Named)


def find(reference: str, listed: Callable[[], Sequence[CloudObject]], kind: str) -> CloudObject:
    """An object by id or exact name; an id goes through where listing is not permitted. Raises NotFound, Ambiguous."""
    wanted = number_or_text(reference)
    try:
        known = listed()
    except NotAuthorized:
        known = ()
        if not isinstance(wanted, int):
            raise
    if isinstance(wanted, int) and not known:
        return CloudObject(wanted, "")
    return by_reference(reference, known, kind)


def by_reference(reference: str, known: Sequence[N], kind: str) -> N:
    """The one object of that id or exact name. Raises NotFound with what there is, or Ambiguous with the ids."""
    wanted = number_or_text(reference)
    if not isinstance(wanted, int):
        return by_name(reference, known, kind)
    found = next((item for item in known if item.id == wanted), None)
    if found is None:
        raise NotFound(f"there is no {kind} {wanted}", kind, "", ids_of(known))
    return found


def by_name(reference: str, known: Sequence[N], kind: str) -> N:
    """The one object of that exact name. Raises NotFound with the nearest name, or Ambiguous with the ids."""
    named = [item for item in known if item.name == reference]
    if len(named) > 1:
        ids = ", ".join(str(item.id) for item in named)
        raise Ambiguous(f"there are {len(named)} of that name", f"{kind} {reference!r}", "", f"Give an id: {ids}.")
    if not named:
        close = difflib.get_close_matches(reference, [item.name for item in known], n=1)
        hint = f"Did you mean {close[0]!r}?" if close else ids_of(known)
        raise NotFound(f"there is no {kind} of that name", f"{kind} {reference!r}", "", hint)
    return named[0]


def ids_of(known: Sequence[Named]) -> str:
    """A sentence about what there is instead."""
    if not known:
        return "None can be seen by this user."
    shown = ", ".join(f"{item.id} {one_line(item.name)}" for item in known[:5])
    return f"There are: {shown}{', …' if len(known) > 5 else ''}."
