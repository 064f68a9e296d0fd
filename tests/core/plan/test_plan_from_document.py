"""Templates and services as settings: what is taken over, and what is told instead."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.core.plan.plans import valid_plans
from wizard.core.opennebula.documents import NotATemplate
from wizard.core.plan.contract import Level
from wizard.core.plan.contracts import SEED
from wizard.core.plan.plan import Plan
from wizard.core.plan.plan_from_document import ImportedPlan, plan_from_document

RECORDINGS = Path(__file__).parents[2] / "recordings"


def recorded(name: str) -> Any:
    """The answer of a recording."""
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))["response"]["body"]


def as_ids(plan: Plan) -> Plan:
    """The plan as its template says it: a VM template that is not chosen stands there as its placeholder."""
    texts = {"service.network": ""}
    for role in SEED.roles:
        path = f"{role.level.value}.vm_template"
        texts[path] = plan.text(path).strip() or str(role.vm_template_id)
    return plan.with_texts(texts)


def document_of(body: Any, name: str = "") -> dict[str, Any]:
    return {"DOCUMENT": {"ID": "7", "NAME": name or body["name"], "TEMPLATE": {"BODY": body}}}


def service_of(plan: Plan) -> dict[str, Any]:
    """A service as OneFlow makes it of both documents of a plan."""
    body, merged = plan.template(), plan.merge_template()
    roles = [
        {**role, "state": 2, "cardinality": said["cardinality"], "user_inputs_values": said["user_inputs_values"]}
        for role, said in zip(body["roles"], merged["roles"], strict=True)
    ]
    more = {key: merged[key] for key in ("user_inputs_values", "networks_values") if key in merged}
    return {**body, **more, "roles": roles, "state": 2}


@given(valid_plans())
def test_a_template_of_ours_comes_back_as_the_plan_it_was_made_of(plan: Plan) -> None:
    found = plan_from_document(plan.template())
    assert found.left_out == ()
    assert found.plan.template() == as_ids(plan).template()


@given(valid_plans())
def test_a_service_of_ours_comes_back_with_its_network(plan: Plan) -> None:
    plan = as_ids(plan).with_text("service.network", "12")
    found = plan_from_document(document_of(service_of(plan)))
    assert found.left_out == ()
    assert found.plan.merge_template() == plan.merge_template()
    assert found.plan.template() == plan.template()


def test_the_body_may_be_a_text_and_stand_alone() -> None:
    plan = Plan().with_texts({"FL_NUM_ROUNDS": "8"})
    body = service_of(plan)
    for document in (document_of(body), document_of(json.dumps(body), plan.name), body):
        assert plan_from_document(document).plan == as_ids(plan)


def test_of_a_service_the_values_in_force_win() -> None:
    body = service_of(Plan())
    body["user_inputs_values"]["FLOWER_VERSION"] = "1.30.0"
    body["roles"][0]["user_inputs_values"]["FL_NUM_ROUNDS"] = "9"
    del body["roles"][1]["user_inputs_values"]["FL_NODE_CONFIG"]
    body["user_inputs_values"]["FL_NODE_CONFIG"] = "x=1"
    body["roles"][1]["cardinality"] = 5
    found = plan_from_document(document_of(body, "renamed"))
    assert {path: text for path, text in found.plan.chosen.items() if not path.endswith("vm_template")} == {
        "service.name": "renamed",
        "FLOWER_VERSION": "1.30.0",
        "FL_NUM_ROUNDS": "9",
        "supernode.cardinality": "5",
        "FL_NODE_CONFIG": "x=1",
    }


def test_a_recorded_service_of_the_appliance() -> None:
    found = plan_from_document(recorded("96-networks-id-service"))
    assert found.plan.name == "Flower rec"
    assert found.plan.text("service.network") == "0"
    assert found.plan.text("supernode.cooldown") == "5"


def test_a_recorded_service_of_the_other_contract() -> None:
    found = plan_from_document(recorded("96-service-level-service"))
    assert found.plan.contract.name == "marketplace"
    assert found.plan.text("ONEAPP_FL_FRAMEWORK") == "tensorflow"


def told(change: dict[str, Any], role: dict[str, Any] | None = None) -> ImportedPlan:
    """The import of the default template with something changed in it."""
    body = Plan().template() | change
    body["roles"][1] |= role or {}
    return plan_from_document(body)


@pytest.mark.parametrize(
    ("networks", "network", "sentence"),
    [
        ({"Private": "M|network|x||id:"}, "", ""),
        ({"Private": "M|network|x| |id:4"}, "4", ""),
        ({"Private": "M|network|x||reserve_from:4"}, "", "reserve_from:4 makes a network"),
        ({"A": "M|network|x||id:1", "B": "M|network|x||id:2"}, "", "the networks A, B"),
        ([], "", ""),
    ],
)
def test_networks(networks: Any, network: str, sentence: str) -> None:
    found = told({"networks": networks})
    assert found.plan.text("service.network") == network
    assert (sentence in " ".join(found.left_out)) if sentence else found.left_out == ()


@pytest.mark.parametrize(
    ("change", "role", "sentence"),
    [
        ({"user_inputs": {"CHEESE": "O|text|x||"}}, {}, "the input CHEESE of the service"),
        ({}, {"user_inputs": {"CHEESE": "O|text|x||"}}, "the input CHEESE of the role supernode"),
        ({}, {"elasticity_policies": [{"type": "CHANGE"}]}, "role supernode scales by itself"),
        ({}, {"cardinality": "many"}, "supernode.cardinality 'many': it is no whole number, so it has its default 2"),
        ({}, {"cardinality": None}, "supernode.cardinality 'None'"),
    ],
)
def test_what_no_setting_holds_is_told(change: dict[str, Any], role: dict[str, Any], sentence: str) -> None:
    assert any(sentence in item for item in told(change, role).left_out)


def test_what_is_not_said_has_its_default() -> None:
    body = Plan().template()
    del body["roles"][1]["max_vms"]
    found = plan_from_document(body)
    assert found.left_out == ("supernode.max_vms: it is not said, so it has its default 10",)
    assert found.plan.text("supernode.max_vms") == "10"


def test_a_second_superlink_is_not_taken_over() -> None:
    body = Plan().template()
    body["roles"][0]["cardinality"] = 2
    found = plan_from_document(body)
    assert found.plan.text("superlink.cardinality") == "1"
    assert "superlink.cardinality 2: it is 1." in found.left_out[0]


def test_another_role_is_told() -> None:
    body = Plan().template()
    body["roles"].append({"name": "monitor", "type": "vm", "template_id": 3, "cardinality": 1})
    assert "the role monitor" in plan_from_document(body).left_out[0]


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"roles": []},
        {"roles": [{"name": "superlink"}]},
        {"roles": [{"name": "web"}]},
        {"DOCUMENT": {"TEMPLATE": {"BODY": "not JSON"}}},
        {"DOCUMENT": {"TEMPLATE": {}}},
        {"DOCUMENT": 3},
    ],
)
def test_what_is_no_flower_cluster(document: object) -> None:
    with pytest.raises(NotATemplate):
        plan_from_document(document)


def test_the_contract_is_the_one_that_knows_its_inputs() -> None:
    inputs = [replace(item, input=replace(item.input, key=f"X_{item.key}")) for item in SEED.inputs(Level.SERVICE)]
    other = replace(SEED, name="other", fields=(*(item for item in SEED.fields if not item.is_input), *inputs))
    both = {SEED.name: SEED, "other": other}
    assert plan_from_document(Plan().template(), both).plan.contract is SEED
    assert plan_from_document(Plan(other).template(), both).plan.contract is other


def test_the_values_of_a_service_of_6_stand_under_two_names() -> None:
    """Sunstone 6.10 writes the inputs of a VM template as user_inputs_values, beside custom_attrs_values."""
    role = {
        "name": "supernode",
        "vm_template": 1,
        "cardinality": 2,
        "custom_attrs": {"FL_USE_CASE": "O|text|x||"},
        "custom_attrs_values": {"FL_USE_CASE": "image-classification"},
        "user_inputs_values": {"FL_NODE_CONFIG": "a=1", "FL_USE_CASE": "none"},
    }
    body = {"name": "x", "state": 2, "roles": [{"name": "superlink", "vm_template": 0, "cardinality": 1}, role]}
    plan = plan_from_document({"DOCUMENT": {"ID": "7", "NAME": "x", "TEMPLATE": {"BODY": body}}}).plan
    assert plan.text("FL_NODE_CONFIG") == "a=1"
    assert plan.text("FL_USE_CASE") == "image-classification"
