"""A case for the checks of the preflight, and what they find in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TypeAlias, TypeVar

from wizard.core.plan.contract import Level, Meaning
from wizard.core.plan.plan import Plan, number_or_text
from wizard.core.plan.rules import whole_number
from wizard.core.preflight.facts import (
    Access,
    CloudFacts,
    CloudObject,
    Image,
    Network,
    Pool,
    Reference,
    Seen,
    Unseen,
    VmTemplate,
    Why,
)


class Result(str, Enum):
    """Result of a check. What may not be seen, or could not be asked, is unknown and never ok."""

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


Object = TypeVar("Object", bound=CloudObject)


@dataclass(frozen=True)
class Missing:
    """An object that the deployment needs and does not get: why, and what to do."""

    reason: str
    hint: str


Found: TypeAlias = Object | Missing | Unseen

TITLES = {Level.SUPERLINK: "SuperLink", Level.SUPERNODE: "SuperNodes"}


@dataclass(frozen=True)
class Case:
    """Input of the checks."""

    plan: Plan
    facts: CloudFacts

    @property
    def levels(self) -> tuple[Level, ...]:
        """The roles of the plan, in order."""
        return tuple(role.level for role in self.plan.contract.roles)

    def count(self, level: Level) -> int | None:
        """Number of VMs of a role, None where its cardinality is no number."""
        return whole_number(self.plan.meant(Meaning.CARDINALITY, level))

    @cached_property
    def total(self) -> int | None:
        """Number of VMs in all, None where a cardinality is no number."""
        counts = [self.count(level) for level in self.levels]
        return None if None in counts else sum(count or 0 for count in counts)

    @cached_property
    def templates(self) -> dict[Level, Found[VmTemplate]]:
        """The VM template of each role; where none is chosen, the one that the contract names."""
        return {
            role.level: self._chosen(
                Pool.VM_TEMPLATE,
                self.plan.meant(Meaning.VM_TEMPLATE, role.level).strip() or role.vm_template_name,
                self.facts.vm_templates,
            )
            for role in self.plan.contract.roles
        }

    @cached_property
    def network(self) -> Found[Network] | None:
        """The network that is chosen; None where none is."""
        wanted = self.plan.meant(Meaning.NETWORK).strip()
        return self._chosen(Pool.NETWORK, wanted, self.facts.networks) if wanted else None

    @cached_property
    def resolved(self) -> Plan | None:
        """The plan with ids in the place of names, None where one of them is not known."""
        texts: dict[str, str] = {}
        for level, template in self.templates.items():
            item = self.plan.contract.meaning(Meaning.VM_TEMPLATE, level)
            if isinstance(template, (Missing, Unseen)):
                return None
            if item is not None:
                texts[item.path] = str(template.id)
        item = self.plan.contract.meaning(Meaning.NETWORK)
        if item is not None and self.network is not None:
            if isinstance(self.network, (Missing, Unseen)):
                return None
            texts[item.path] = str(self.network.id)
        return self.plan.with_texts(texts)

    def image(self, reference: Reference) -> Found[Image]:
        """The image that a disk names."""
        return self._named(Pool.IMAGE, reference, self.facts.images)

    def nic_network(self, reference: Reference) -> Found[Network]:
        """The network that a NIC names."""
        return self._named(Pool.NETWORK, reference, self.facts.networks)

    def _chosen(self, pool: Pool, text: str, seen: Seen[tuple[Object, ...]]) -> Found[Object]:
        wanted = number_or_text(text)
        if isinstance(wanted, int):
            return self._by_id(pool, wanted, seen)
        return self._by_name(pool, text, "", seen, ())

    def _named(self, pool: Pool, reference: Reference, seen: Seen[tuple[Object, ...]]) -> Found[Object]:
        """oned takes the id; by name alone it means the user's own."""
        if reference.id is not None:
            return self._by_id(pool, reference.id, seen)
        if isinstance(seen, Unseen):
            return seen
        user = self.facts.user
        if reference.owner_id is not None:
            owned = [item.owner_id == reference.owner_id for item in seen]
            whose = f" of user {reference.owner_id}"
        elif reference.owner:
            owned = [item.owner == reference.owner for item in seen]
            whose = f" of {reference.owner}"
        elif isinstance(user, Unseen):
            return user
        else:
            owned = [item.owner_id == user.id for item in seen]
            whose = f" of {user.name}"
        return self._by_name(pool, reference.name, whose, seen, owned)

    def _by_id(self, pool: Pool, wanted: int, seen: Seen[tuple[Object, ...]]) -> Found[Object]:
        if isinstance(seen, Unseen):
            return seen
        for item in seen:
            if item.id == wanted:
                return item if item.usable else Missing(f"no USE right on {pool.value} {item.id} {item.name}", _RIGHT)
        access = self.facts.access.get((pool, wanted))
        if access is Access.DENIED:
            return Missing(f"no USE right on {pool.value} {wanted}", _RIGHT)
        if access is Access.ABSENT:
            return Missing(f"there is no {pool.value} {wanted}", _OTHER)
        return Unseen(Why.FAILED, f"{pool.value} {wanted} is not listed, and could not be asked for", "Try again.")

    def _by_name(
        self, pool: Pool, name: str, whose: str, seen: Seen[tuple[Object, ...]], owned: Sequence[bool]
    ) -> Found[Object]:
        if isinstance(seen, Unseen):
            return seen
        mine = owned or [True] * len(seen)
        named = [item for item, holds in zip(seen, mine, strict=True) if holds and item.name == name]
        if not named:
            return Missing(f"no {pool.value}{whose} that this user may use is named {name!r}", _OTHER)
        if len(named) > 1:
            ids = ", ".join(str(item.id) for item in named)
            return Missing(f"{len(named)} are named {name!r}", f"Enter the id of one: {ids}.")
        return self._by_id(pool, named[0].id, seen)


_RIGHT = "Ask its owner or oneadmin for the USE right, or choose another."
_OTHER = "Choose one that exists, or ask oneadmin for the USE right."
