"""A service template, from a file or registered, held against the contract that it was made for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wizard.core.contract import ROLES, Contract, Level
from wizard.core.contracts import CONTRACTS
from wizard.core.display import one_line
from wizard.core.problem import Problem
from wizard.core.rules import blocking
from wizard.core.structure import NotATemplate, Template, body_of, check_template

NO_FLOWER = "This is no Flower service: it has neither a role superlink nor a role supernode."


@dataclass(frozen=True)
class Lint:
    """What was found in a template, in which contract's words; `flower`: whether it has a role of a Flower cluster."""

    contract: Contract
    flower: bool
    problems: tuple[Problem, ...]

    @property
    def valid(self) -> bool:
        """Whether nothing stands against it."""
        return not blocking(self.problems)

    def __str__(self) -> str:
        said = as_text(self.problems) or "no problems\n"
        return said if self.flower else f"{NO_FLOWER}\n{said}"


def linted(document: object) -> Lint:
    """Hold a template against its contract. Takes a body, or a DOCUMENT as OneFlow prints it; raises NotATemplate."""
    try:
        body: Template = body_of(document)
    except NotATemplate:
        # A text of 6.x that can't be read is a finding of its own; where the whole is none, this raises again.
        return Lint(CONTRACTS["seed"], True, check_template(document))
    names = {role.get("name") for role in body["roles"] if isinstance(role.get("name"), str)}
    contract = contract_of(body)
    flower = any(level.value in names for level in ROLES)
    return Lint(contract, flower, check_template(document, contract))


def contract_of(body: Template, contracts: Mapping[str, Contract] = CONTRACTS) -> Contract:
    """The contract that knows most of a template's inputs; the first one where none knows more than another."""
    return max(contracts.values(), key=lambda contract: _known(body, contract))


def as_text(problems: Iterable[Problem]) -> str:
    """A line a problem, `severity: where: what`, and under it what to write instead."""
    return "".join(
        f"{one_line(f'{item.kind.value}: {item.place}: {item.message}')}\n  fix: {one_line(item.fix.said)}\n"
        for item in problems
    )


def _known(body: Template, contract: Contract) -> int:
    parts = [(Level.SERVICE, body)]
    parts += [(level, role) for level in ROLES for role in body["roles"] if role.get("name") == level.value]
    return sum(
        item.key in declared
        for level, part in parts
        for declared in [part.get("user_inputs")]
        if isinstance(declared, Mapping)
        for item in contract.inputs(level)
    )
