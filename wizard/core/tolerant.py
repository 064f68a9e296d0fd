"""A JSON value read into a pydantic model, without the values in it that do not fit, and those values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from wizard.core.errors import WizardError

Path: TypeAlias = tuple[str | int, ...]

_EXPECTED = {"string": "a text", "dict": "an object", "model": "an object", "list": "a list", "bool": "true or false"}
_SHOWN = 60

P = TypeVar("P", bound=BaseModel)


class DocumentError(WizardError, ValueError):
    """A document is not what it is read as; the text says why."""

    exit_status = 2


@dataclass(frozen=True)
class Misfit:
    """A value of a document that does not fit, and what was expected there."""

    path: Path
    value: object
    expected: str

    def __str__(self) -> str:
        shown = repr(self.value)
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).lstrip(".")
        return f"{where} is {shown if len(shown) <= _SHOWN else f'{shown[:_SHOWN]}…'}, not {self.expected}"


def fitted(model: type[P], raw: object) -> tuple[P, dict[Path, Misfit]]:
    """The model of a JSON object, and what had to be taken out of it to read the rest, by the path of that.

    An entry of a list gives way to a null. Where something is missing that an object must have, the whole object is
    taken out. Raises DocumentError where nothing is left.
    """
    misfits: dict[Path, Misfit] = {}
    while True:
        try:
            return model.model_validate(raw), misfits
        except ValidationError as error:
            taken: dict[Path, Misfit] = {}
            for item in error.errors(include_url=False, include_context=False, include_input=False):
                path, value = _existing(raw, item["loc"])
                expected = _EXPECTED.get(item["type"].partition("_")[0], "a whole number")
                misfit = Misfit(path, value, expected)
                if item["type"] == "missing":
                    misfit = misfits.pop(item["loc"], Misfit(item["loc"], None, expected))
                if value is None and path and isinstance(path[-1], int):
                    path = path[:-1]  # A null in the place of an entry does not fit either: the list is taken out.
                if not path:
                    raise DocumentError(str(misfit)) from None
                taken.setdefault(path, misfit)
            for path in sorted(taken, key=len):
                if any(path[:depth] in taken for depth in range(len(path))):
                    continue
                raw = _without(raw, path)
                misfits[path] = taken[path]


def _without(raw: object, path: Path) -> object:
    """A JSON value without what is at a path; an entry of a list becomes null."""
    if not path:
        return None
    step, rest = path[0], path[1:]
    if isinstance(raw, list) and isinstance(step, int):
        return [*raw[:step], _without(raw[step], rest), *raw[step + 1 :]]
    if not isinstance(raw, Mapping):
        return raw
    if not rest:
        return {key: item for key, item in raw.items() if key != step}
    return {**raw, str(step): _without(raw[str(step)], rest)}


def _existing(raw: object, place: Path) -> tuple[Path, object]:
    """As much of a path as leads somewhere in a JSON value, and the value there."""
    path: list[str | int] = []
    for step in place:
        if isinstance(raw, Mapping) and step in raw:
            raw = raw[str(step)]
        elif isinstance(raw, list) and isinstance(step, int):
            raw = raw[step]
        else:
            break
        path.append(step)
    return tuple(path), raw
