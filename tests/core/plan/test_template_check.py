"""A template held against the contract that it was made for."""

from __future__ import annotations

import pytest

from tests.core.plan.test_template_rules import drop, put, template
from wizard.core.opennebula.documents import NotATemplate, read_template
from wizard.core.plan.contracts import MARKETPLACE, SEED
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Fix, Kind, Problem
from wizard.core.plan.template_check import NO_FLOWER, as_text, contract_of, linted


@pytest.mark.parametrize("contract", [SEED, MARKETPLACE])
def test_our_own_templates_are_held_against_their_own_contract(contract: object) -> None:
    found = linted(Plan(contract).template())  # type: ignore[arg-type]
    assert found.contract is contract
    assert found.flower
    assert found.valid


def test_the_first_contract_where_none_is_known_better() -> None:
    assert contract_of(read_template({"roles": []})) is SEED
    assert contract_of(read_template({"roles": [{"name": "superlink", "user_inputs": []}], "user_inputs": 3})) is SEED


@pytest.mark.parametrize(("name", "flower"), [("superlink", True), ("supernode", True), ("web", False)])
def test_a_role_of_flower_makes_it_a_flower_service(name: object, flower: bool) -> None:
    found = linted({"name": "x", "roles": [{"name": name}]})
    assert found.flower is flower
    assert str(found).startswith(NO_FLOWER) is not flower
    assert not found.valid


def test_names_that_are_none() -> None:
    assert not linted({"roles": [{"name": ["superlink"]}]}).flower


def test_what_is_no_template_is_refused() -> None:
    with pytest.raises(NotATemplate, match="list of roles"):
        linted({})


def test_contents_of_6_that_can_t_be_read_are_a_finding() -> None:
    found = linted(
        {"name": "x", "roles": [{"name": "superlink", "vm_template": 0, "vm_template_contents": "CONTEXT = ["}]}
    )
    assert [problem.rule for problem in found.problems] == [
        "contents are readable",
        "deployment",
        "ready-gate",
        "roles",
    ]


def test_as_words() -> None:
    bad = Problem(Kind.ERROR, "a", "wrong\x1b[31m\nmore", "r", fix=Fix("Do it."), path="roles[0].x\n")
    assert as_text([bad]) == "error: roles[0].x\\n: wrong\\x1b[31m\\nmore\n  fix: Do it.\n"
    assert str(linted(template(put("ready_status_gate", False), drop("description")))).splitlines()[:2] == [
        "error: ready_status_gate: False: expected true, or SuperNodes start before the SuperLink listens",
        "  fix: Write true, without quotes.",
    ]
