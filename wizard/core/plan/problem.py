"""A finding about a plan or a template: which field, what is wrong, how bad it is, and what to write instead."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """An error blocks deployment; a warning must be acknowledged; a note is only said."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Fix:
    """A correction, in words. Where it is mechanical, `value` stands in the field afterwards, as text in a
    plan and as JSON in a template; or the field is to be removed.
    """

    said: str
    value: object = None
    remove: bool = False

    @property
    def mechanical(self) -> bool:
        """True if it can be done without a decision of the operator's."""
        return self.remove or self.value is not None


@dataclass(frozen=True)
class Problem:
    """One finding.

    `field` is a path of the contract (`FL_NUM_ROUNDS`, `supernode.cardinality`), or, in a template that someone else
    wrote, the path into its JSON. `grave` marks the warnings that must be seen (they are drawn in red). `path` is where
    a finding about a template stands in its JSON, counted from the template's body; empty where there is no template.
    Two findings are equal where they say the same of the same field.
    """

    kind: Kind
    field: str
    message: str
    rule: str
    grave: bool = False
    fix: Fix = dataclasses.field(default=Fix(""), compare=False)
    path: str = dataclasses.field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.field}: {self.message}"

    @property
    def place(self) -> str:
        """Place where it is corrected: the path into the JSON, or the setting."""
        return self.path or self.field
