"""How a widget says what help there is about it: F1 gathers this from the focus up to the screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar, runtime_checkable

Word = TypeVar("Word")


@dataclass(frozen=True)
class Passage:
    """A part of a help page: a heading, a text, and terms with what they mean."""

    heading: str
    text: str = ""
    terms: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Explained(Protocol):
    """A widget or a screen that has something to say when F1 is pressed in it."""

    def explained(self) -> Iterable[Passage]:
        """What it is and what its words mean."""


def terms(table: Mapping[Word, str]) -> tuple[tuple[str, str], ...]:
    """A glossary as terms: the values of an enum with numbers go by their names, as on the screen."""
    return tuple((_word(word), text) for word, text in table.items())


def _word(word: object) -> str:
    if isinstance(word, Enum):
        return word.value if isinstance(word.value, str) else word.name
    return str(word)
