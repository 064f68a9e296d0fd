"""Templates that are written as 6.x wants them: what is wrong with them alone, and the rules of every template."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.test_dialect import recorded
from wizard.core.dialect import to_v6
from wizard.core.plan import Plan
from wizard.core.problem import Kind
from wizard.core.structure import NotATemplate, body_of, check_template
from wizard.core.structure_v6 import check_v6
from wizard.core.structure_values import plan_of


def ours() -> dict[str, Any]:
    return to_v6(Plan().template())


def test_our_own_template_is_in_order() -> None:
    assert [*check_v6(ours())] == []
    assert check_template(ours()) == check_template(Plan().template())


def test_a_template_of_7_is_not_looked_at() -> None:
    assert [*check_v6(Plan().template())] == []


def test_a_context_that_replaces_that_of_the_vm_template() -> None:
    document = ours()
    text = document["roles"][0]["vm_template_contents"]
    document["roles"][0]["vm_template_contents"] = text.replace('\nAPPEND = "CONTEXT"', "")
    (found,) = check_v6(document)
    assert (found.kind, found.field) == (Kind.ERROR, "roles[0].vm_template_contents")
    assert "APPEND" in found.message
    assert found in check_template(document)


def test_a_value_that_never_reaches_the_guest() -> None:
    document = ours()
    text = document["roles"][1]["vm_template_contents"]
    document["roles"][1]["vm_template_contents"] = text.replace(', FL_NODE_CONFIG = "$FL_NODE_CONFIG"', "")
    (found,) = check_v6(document)
    assert found.field == "roles[1].vm_template_contents"
    assert "FL_NODE_CONFIG" in found.message


def test_a_text_that_can_t_be_read() -> None:
    document = ours()
    document["roles"][1]["vm_template_contents"] = "CONTEXT = [ TOKEN = "
    (found,) = check_template(document)
    assert "can't be read: line 1" in found.message
    with pytest.raises(NotATemplate, match="line 1"):
        body_of(document)


def test_the_recorded_template_hands_on_too_little() -> None:
    sent, _ = recorded("98-v6-register")
    assert {found.rule for found in check_v6(sent)} == {"values are handed on"}


def test_a_plan_is_read_back_from_6() -> None:
    plan = Plan().with_texts({"FL_NUM_ROUNDS": "9", "supernode.cardinality": "5", "superlink.vm_template": "7"})
    assert plan_of(body_of(to_v6(plan.template()))) == plan_of(plan.template())
