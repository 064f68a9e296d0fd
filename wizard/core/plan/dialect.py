"""The two ways in which OneFlow writes the same documents, by OpenNebula's major version: see `documents`.

Inside the program there is only that of 7.x.
"""

from __future__ import annotations

import re
from enum import Enum

from wizard.core.plan.plan import Document, Plan
from wizard.core.plan.problem import Fix, Kind, Problem


class Dialect(Enum):
    """A way of writing documents, by OpenNebula's major version."""

    V6 = "6"
    V7 = "7"

    @classmethod
    def of_version(cls, version: str | None) -> Dialect:
        """The dialect of an oned that tells this version, such as `6.10.0`; 7.x where that is not known."""
        major = re.match(r"\d+", version or "")
        return cls.V6 if major and int(major.group()) < 7 else cls.V7

    def convert(self, document: Document) -> Document:
        """A service template or merge template of 7.x in this dialect. Raises TemplateTextError."""
        if self is Dialect.V7:
            return document
        from wizard.core.opennebula.documents_v6 import to_v6

        return to_v6(document)


def check(plan: Plan, dialect: Dialect) -> tuple[Problem, ...]:
    """What the rules do not forbid, and this dialect can't carry: an error each.

    OneFlow 6.x puts a value as it is into the quoted text of its role.
    """
    if dialect is Dialect.V7:
        return ()
    message = "OpenNebula 6.x would end the value at a double quote, and misread a backslash: use single quotes"
    return tuple(
        Problem(Kind.ERROR, item.path, message, "dialect", fix=Fix("Write ' for \", and no backslash.", _plain(text)))
        for item in plan.contract.fields
        for text in [plan.text(item.path)]
        if item.is_input and any(char in text for char in '"\\')
    )


def _plain(text: str) -> str:
    return text.replace('"', "'").replace("\\", "")
