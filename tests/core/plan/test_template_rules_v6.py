"""Templates that are written as 6.x wants them: what is wrong with them alone, and the rules of every template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.core.plan.test_dialect import recorded
from wizard.core.opennebula.contents_v6 import with_context
from wizard.core.opennebula.documents import read_template
from wizard.core.opennebula.documents_v6 import to_v6
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Kind, Problem
from wizard.core.plan.template_rules import check_template, plan_of

CASES = Path(__file__).parents[1] / "cases"
RULES_OF_6 = ("contents are readable", "context replaces", "values are handed on")


def ours() -> dict[str, Any]:
    return to_v6(Plan().template())


def whole() -> dict[str, Any]:
    """Ours, with the SSH keys that a VM template would add."""
    document = ours()
    for role in document["roles"]:
        role["vm_template_contents"] = (
            with_context(role["vm_template_contents"], {"SSH_PUBLIC_KEY": "$USER[SSH_PUBLIC_KEY]"})
            .replace('SSH_PUBLIC_KEY = "$USER[SSH_PUBLIC_KEY]", ', "")
            .replace(" ]", ', SSH_PUBLIC_KEY = "$USER[SSH_PUBLIC_KEY]" ]')
        )
    return document


def found_of_6(document: dict[str, Any]) -> list[Problem]:
    return [item for item in check_template(document) if item.rule in RULES_OF_6]


def test_our_own_template_is_in_order() -> None:
    """But for what only a cloud can tell: what the CONTEXT of its VM templates has."""
    assert [(item.kind, item.field) for item in found_of_6(ours())] == [
        (Kind.WARNING, f"roles[{place}].vm_template_contents") for place in (0, 1)
    ]
    others = [item for item in check_template(ours()) if item.rule not in RULES_OF_6]
    assert others == [*check_template(Plan().template())]


def test_a_template_of_7_is_not_looked_at() -> None:
    assert [*found_of_6(Plan().template())] == []


def test_a_context_that_replaces_that_of_the_vm_template() -> None:
    document = whole()
    assert found_of_6(document) == []
    text = document["roles"][0]["vm_template_contents"]
    document["roles"][0]["vm_template_contents"] = text.replace(', SSH_PUBLIC_KEY = "$USER[SSH_PUBLIC_KEY]"', "")
    (found,) = found_of_6(document)
    assert (found.kind, found.field) == (Kind.WARNING, "roles[0].vm_template_contents")
    assert "SSH keys" in found.message
    document["roles"][0]["vm_template_contents"] = found.fix.value
    assert found_of_6(document) == []


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('APPEND = "CONTEXT"', Kind.WARNING),
        ('APPEND="CONTEXT"', Kind.ERROR),
        ("  APPEND=CONTEXT  ", Kind.ERROR),
    ],
)
def test_no_spelling_of_append_merges(line: str, kind: Kind) -> None:
    document = whole()
    document["roles"][0]["vm_template_contents"] += f"\n{line}"
    (found,) = [item for item in found_of_6(document) if item.rule == "context replaces"]
    assert (found.kind, found.field) == (kind, "roles[0].vm_template_contents")
    document["roles"][0]["vm_template_contents"] = found.fix.value
    assert found_of_6(document) == []


def test_a_value_that_never_reaches_the_guest() -> None:
    document = whole()
    text = document["roles"][1]["vm_template_contents"]
    document["roles"][1]["vm_template_contents"] = text.replace(', FL_NODE_CONFIG = "$FL_NODE_CONFIG"', "")
    (found,) = found_of_6(document)
    assert found.field == "roles[1].vm_template_contents"
    assert "FL_NODE_CONFIG" in found.message


def test_a_text_that_can_t_be_read() -> None:
    document = ours()
    document["roles"][1]["vm_template_contents"] = "CONTEXT = [ TOKEN = "
    first, found, *others = check_template(document)
    assert "can't be read: line 1" in found.message
    assert [first, *others] == [item for item in check_template(ours()) if "roles[1]" not in item.path]


def test_the_recorded_template_hands_on_too_little() -> None:
    sent, _ = recorded("98-v6-register")
    assert {found.rule for found in found_of_6(sent)} == {"values are handed on"}


def test_a_plan_is_read_back_from_6() -> None:
    plan = Plan().with_texts({"FL_NUM_ROUNDS": "9", "supernode.cardinality": "5", "superlink.vm_template": "7"})
    assert plan_of(read_template(to_v6(plan.template()))) == plan_of(read_template(plan.template()))


def test_values_that_the_context_of_the_vm_template_may_hand_on() -> None:
    body = case("02-v6-values-as-vm-attributes")
    assert {item.kind for item in check_template(body)} == {Kind.WARNING}
    handed_on = {item.path: item.message for item in found_of_6(body)}
    assert "A_FRAMEWORK only if the CONTEXT of its VM template" in handed_on["roles[1].vm_template_contents"]
    told = [item.message for item in found_of_6(body) if item.path.startswith("roles[0]")]
    assert not any("A_FRAMEWORK" in message for message in told), "it is meant for the other role"


def test_a_context_with_everything_needs_no_append() -> None:
    assert check_template(case("03-v6-context-complete-without-append")) == ()


def test_a_value_that_no_role_takes() -> None:
    body = case("02-v6-values-as-vm-attributes")
    body["custom_attrs"]["NOWHERE"] = "O|text|x||"
    found = [item for item in found_of_6(body) if "NOWHERE" in item.message]
    assert [(item.kind, item.path) for item in found] == [
        (Kind.ERROR, f"roles[{place}].vm_template_contents") for place in (0, 1)
    ]
    assert 'CONTEXT = ["' not in str(found[0].fix.value), "a CONTEXT here would take the place of the VM template's"


def test_what_both_roles_need_is_no_matter_of_one_of_them() -> None:
    document = whole()
    text = document["roles"][0]["vm_template_contents"]
    document["roles"][0]["vm_template_contents"] = text.replace('FL_TLS_ENABLED = "$FL_TLS_ENABLED"', "X = 1")
    assert ["FL_TLS_ENABLED" in item.message for item in found_of_6(document)] == [True]


def test_a_value_may_reach_the_guest_under_another_name() -> None:
    document = whole()
    text = document["roles"][1]["vm_template_contents"]
    changed = text.replace(', FL_NODE_CONFIG = "$FL_NODE_CONFIG"', ', node_config = "x=1 $FL_NODE_CONFIG"')
    document["roles"][1]["vm_template_contents"] = changed
    assert found_of_6(document) == []


def test_a_server_of_7_hands_values_on_by_itself() -> None:
    body = case("02-v6-values-as-vm-attributes")
    for role in body["roles"]:
        role |= {"template_id": role.pop("vm_template"), "type": "vm", "vm_template_contents": 'CPU = "1"'}
    assert found_of_6(body) == []


def test_a_fix_of_context_is_written_as_6_writes_it() -> None:
    document = whole()
    text = document["roles"][0]["vm_template_contents"]
    document["roles"][0]["vm_template_contents"] = text.replace('TOKEN = "YES"', 'TOKEN = "NO"')
    (found,) = [item for item in check_template(document) if item.rule == "context"]
    assert found.fix.said == 'Write TOKEN = "YES" into CONTEXT.'
    assert found.fix.value == text


def case(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    return body
