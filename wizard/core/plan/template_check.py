"""A service template, from a file or registered, held against the contract that it was made for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wizard.core.opennebula.documents import ServiceTemplate, read_template, template_body
from wizard.core.opennebula.documents_v6 import is_v6
from wizard.core.plan.contract import ROLES, Contract
from wizard.core.plan.contracts import CONTRACTS
from wizard.core.plan.dialect import check_server
from wizard.core.plan.problem import Problem
from wizard.core.plan.rules import blocking
from wizard.core.plan.template_rules import check_template, parts_of
from wizard.core.text import one_line

NO_FLOWER = "Not a Flower service: it has no role superlink and no role supernode."


@dataclass(frozen=True)
class Lint:
    """Problems of a template, in which contract's words; `flower`: it has a role of a Flower cluster."""

    contract: Contract
    flower: bool
    problems: tuple[Problem, ...]

    @property
    def valid(self) -> bool:
        """True if it is a Flower service, and nothing stands against it."""
        return self.flower and not blocking(self.problems)

    def __str__(self) -> str:
        return (as_text(self.problems) or "no problems\n") if self.flower else f"{NO_FLOWER}\n"


def linted(document: object, version: str | None = None) -> Lint:
    """Hold a template against its contract, and against an OpenNebula of that version; None is any that may have it.

    Takes a body, or a DOCUMENT as OneFlow prints it; raises NotATemplate.
    """
    body = template_body(document)
    template = read_template(body)
    contract = contract_of(template)
    flower = any(template.placed(level.value) for level in ROLES)
    if not flower:
        # What the rules say of a Flower service means nothing for another one.
        return Lint(contract, False, ())
    # The list that a 7.x makes of a CONTEXT is found nowhere else.
    suits = check_server(dict(body), version) if version or not is_v6(body) else ()
    return Lint(contract, flower, (*suits, *check_template(document, contract)))


def contract_of(template: ServiceTemplate, contracts: Mapping[str, Contract] = CONTRACTS) -> Contract:
    """The contract that knows most of a template's inputs; the first one where none knows more than another."""
    return max(contracts.values(), key=lambda contract: _known(template, contract))


def as_text(problems: Iterable[Problem]) -> str:
    """A line a problem, `severity: where: what`, and under it what to write instead."""
    return "".join(
        f"{one_line(f'{item.kind.value}: {item.place}: {item.message}')}\n  fix: {one_line(item.fix.said)}\n"
        for item in problems
    )


def _known(template: ServiceTemplate, contract: Contract) -> int:
    parts = parts_of(template).items()
    return sum(item.key in part.user_inputs for level, part in parts for item in contract.inputs(level))
