"""What a check of the preflight found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Result(str, Enum):
    """How a check ended. What may not be seen, or could not be asked, is unknown and never ok."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"


_WORST_FIRST = (Result.ERROR, Result.WARNING, Result.UNKNOWN, Result.OK)


@dataclass(frozen=True)
class Finding:
    """One line of the preflight: which check about what, how it ended, what was found, and what to do."""

    check: str
    title: str
    result: Result
    found: str
    todo: str = ""

    def __str__(self) -> str:
        said = f"{self.result.value}: {self.title}: {self.found}"
        return f"{said}. {self.todo}" if self.todo else said


def summed_up(check: str, title: str, parts: list[Finding]) -> Finding:
    """Several findings about one thing in one: the worst result, and all that was found at that degree."""
    worst = min((part.result for part in parts), key=_WORST_FIRST.index)
    meant = [part for part in parts if part.result is worst]
    found = "; ".join(dict.fromkeys(part.found for part in meant))
    return Finding(check, title, worst, found, " ".join(dict.fromkeys(part.todo for part in meant if part.todo)))
