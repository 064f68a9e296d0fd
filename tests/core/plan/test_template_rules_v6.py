"""Templates that are written as 6.x wants them: what is wrong with them alone, and the rules of every template."""

from __future__ import annotations

from typing import Any

from tests.core.plan.test_dialect import recorded
from wizard.core.opennebula.documents import read_template
from wizard.core.opennebula.documents_v6 import to_v6
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Kind, Problem
from wizard.core.plan.template_rules import check_template, plan_of

RULES_OF_6 = ("contents are readable", "context is appended", "values are handed on")


def ours() -> dict[str, Any]:
    return to_v6(Plan().template())


def found_of_6(document: dict[str, Any]) -> list[Problem]:
    return [item for item in check_template(document) if item.rule in RULES_OF_6]


def test_our_own_template_is_in_order() -> None:
    assert [*found_of_6(ours())] == []
    assert check_template(ours()) == check_template(Plan().template())


def test_a_template_of_7_is_not_looked_at() -> None:
    assert [*found_of_6(Plan().template())] == []


def test_a_context_that_replaces_that_of_the_vm_template() -> None:
    document = ours()
    text = document["roles"][0]["vm_template_contents"]
    document["roles"][0]["vm_template_contents"] = text.replace('\nAPPEND = "CONTEXT"', "")
    (found,) = found_of_6(document)
    assert (found.kind, found.field) == (Kind.ERROR, "roles[0].vm_template_contents")
    assert "APPEND" in found.message
    assert found in check_template(document)


def test_a_value_that_never_reaches_the_guest() -> None:
    document = ours()
    text = document["roles"][1]["vm_template_contents"]
    document["roles"][1]["vm_template_contents"] = text.replace(', FL_NODE_CONFIG = "$FL_NODE_CONFIG"', "")
    (found,) = found_of_6(document)
    assert found.field == "roles[1].vm_template_contents"
    assert "FL_NODE_CONFIG" in found.message


def test_a_text_that_can_t_be_read() -> None:
    document = ours()
    document["roles"][1]["vm_template_contents"] = "CONTEXT = [ TOKEN = "
    found, *others = check_template(document)
    assert "can't be read: line 1" in found.message
    assert others == [*check_template(ours())]


def test_the_recorded_template_hands_on_too_little() -> None:
    sent, _ = recorded("98-v6-register")
    assert {found.rule for found in found_of_6(sent)} == {"values are handed on"}


def test_a_plan_is_read_back_from_6() -> None:
    plan = Plan().with_texts({"FL_NUM_ROUNDS": "9", "supernode.cardinality": "5", "superlink.vm_template": "7"})
    assert plan_of(read_template(to_v6(plan.template()))) == plan_of(read_template(plan.template()))
