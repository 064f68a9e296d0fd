"""The networks that a service template names: which one a definition offers, and which one is chosen."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("id", "reserve_from", "template_id")
"""One that exists, one that is reserved from another, and one that is made of a template."""


@dataclass(frozen=True)
class NetworkChoice:
    """What stands last in a definition, `kind[:id[:extra]]`. `id` is empty where the operator is to be asked.

    `extra` is in OpenNebula's template syntax, such as `SIZE=5`.
    """

    kind: str
    id: str = ""
    extra: str = ""

    @classmethod
    def parse(cls, text: str) -> NetworkChoice | None:
        """The choice in a text; None where it is none. An empty text asks for one that exists."""
        kind, _, rest = text.strip().partition(":")
        number, _, extra = rest.partition(":")
        number = number.strip()
        if (kind or "id") not in KINDS or not (number == "" or (number.isascii() and number.isdigit())):
            return None
        return cls(kind or "id", number, extra.strip())

    @property
    def value(self) -> dict[str, str]:
        """The same as an entry of `networks_values`; empty where nothing is chosen."""
        if not self.id:
            return {}
        return {self.kind: self.id, **({"extra": self.extra} if self.extra else {})}
