"""A finding about a plan or a template: which field, what is wrong, how bad it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """An error blocks deployment; a warning must be acknowledged; a note is only said."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Problem:
    """One finding.

    `field` is a path of the contract (`FL_NUM_ROUNDS`, `supernode.cardinality`), or, in a template that someone else
    wrote, the path into its JSON. `grave` marks the warnings that must be seen (they are drawn in red).
    """

    kind: Kind
    field: str
    message: str
    rule: str
    grave: bool = False

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.field}: {self.message}"
