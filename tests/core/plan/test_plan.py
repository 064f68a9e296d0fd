"""The two documents of a plan, field by field, and whether a server takes them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.plan.plans import ANY_TEXTS, PLANS, valid_plans
from wizard.core.plan.contract import Level, Meaning
from wizard.core.plan.contracts import SEED
from wizard.core.plan.plan import Plan, UnknownField, number_or_text, to_json
from wizard.core.plan.rules import whole_number

CONTEXT = {
    "TOKEN": "YES",
    "REPORT_READY": "YES",
    "READY_SCRIPT_PATH": "/opt/flower/scripts/health-check.sh",
    "NETWORK": "YES",
}

TEMPLATE = {
    "name": "Flower Federated Learning",
    "description": "Flower federated learning cluster",
    "deployment": "straight",
    "ready_status_gate": True,
    "shutdown_action": "shutdown",
    "user_inputs": {
        "FLOWER_VERSION": "O|text|Flower Docker image version tag||1.25.0",
        "FL_TLS_ENABLED": "O|boolean|Enable TLS encryption||NO",
        "FL_LOG_LEVEL": "O|list|Log verbosity|DEBUG,INFO,WARNING,ERROR|INFO",
    },
    "roles": [
        {
            "name": "superlink",
            "type": "vm",
            "template_id": 0,
            "cardinality": 1,
            "min_vms": 1,
            "max_vms": 1,
            "shutdown_action": "shutdown",
            "cooldown": 60,
            "user_inputs": {
                "FL_NUM_ROUNDS": "O|number|Number of federated learning rounds||3",
                "FL_STRATEGY": "O|list|Aggregation strategy|FedAvg,FedProx,FedAdam|FedAvg",
                "FL_MIN_FIT_CLIENTS": "O|number|Minimum clients for training round||2",
                "FL_MIN_EVALUATE_CLIENTS": "O|number|Minimum clients for evaluation||2",
                "FL_MIN_AVAILABLE_CLIENTS": "O|number|Minimum available clients to start||2",
            },
            "template_contents": {"CONTEXT": CONTEXT},
        },
        {
            "name": "supernode",
            "type": "vm",
            "template_id": 1,
            "cardinality": 2,
            "min_vms": 2,
            "max_vms": 10,
            "parents": ["superlink"],
            "shutdown_action": "shutdown",
            "cooldown": 30,
            "user_inputs": {
                "ML_FRAMEWORK": "O|list|ML framework|pytorch,tensorflow,sklearn|pytorch",
                "FL_USE_CASE": (
                    "O|list|Pre-built use case|none,image-classification,anomaly-detection,llm-fine-tuning|none"
                ),
                "FL_NODE_CONFIG": "O|text|Space-separated key=value node config||",
            },
            "template_contents": {"CONTEXT": CONTEXT},
        },
    ],
}

MERGE_TEMPLATE = {
    "name": "Flower Federated Learning",
    "user_inputs_values": {"FLOWER_VERSION": "1.25.0", "FL_TLS_ENABLED": "NO", "FL_LOG_LEVEL": "INFO"},
    "roles": [
        {
            "name": "superlink",
            "cardinality": 1,
            "user_inputs_values": {
                "FL_NUM_ROUNDS": "3",
                "FL_STRATEGY": "FedAvg",
                "FL_MIN_FIT_CLIENTS": "2",
                "FL_MIN_EVALUATE_CLIENTS": "2",
                "FL_MIN_AVAILABLE_CLIENTS": "2",
            },
        },
        {
            "name": "supernode",
            "cardinality": 2,
            "user_inputs_values": {"ML_FRAMEWORK": "pytorch", "FL_USE_CASE": "none", "FL_NODE_CONFIG": ""},
        },
    ],
}


def test_template_of_the_defaults() -> None:
    assert Plan().template() == TEMPLATE


def test_merge_template_of_the_defaults() -> None:
    assert Plan().merge_template() == MERGE_TEMPLATE


def _at(document: Any, path: str) -> Any:
    for part in path.split("/"):
        document = document[int(part) if part.isdigit() else part]
    return document


@pytest.mark.parametrize(
    ("field", "text", "template_path", "template_value"),
    [
        ("service.name", "prod & more", "name", "prod & more"),
        ("service.description", "", "description", ""),
        ("service.shutdown_action", "terminate", "shutdown_action", "terminate"),
        ("service.shutdown_action", "terminate", "roles/0/shutdown_action", "terminate"),
        ("service.shutdown_action", "terminate", "roles/1/shutdown_action", "terminate"),
        ("FLOWER_VERSION", "1.31.0", "user_inputs/FLOWER_VERSION", "O|text|Flower Docker image version tag||1.31.0"),
        ("FL_TLS_ENABLED", "YES", "user_inputs/FL_TLS_ENABLED", "O|boolean|Enable TLS encryption||YES"),
        ("superlink.vm_template", "12", "roles/0/template_id", 12),
        ("superlink.vm_template", "Flower SuperLink", "roles/0/template_id", "Flower SuperLink"),
        ("supernode.vm_template", " 7 ", "roles/1/template_id", 7),
        ("supernode.vm_template", "  ", "roles/1/template_id", 1),
        ("superlink.cooldown", "5", "roles/0/cooldown", 5),
        ("supernode.cardinality", "4", "roles/1/cardinality", 4),
        ("supernode.cardinality", "four", "roles/1/cardinality", "four"),
        ("supernode.min_vms", "3", "roles/1/min_vms", 3),
        ("supernode.max_vms", "99", "roles/1/max_vms", 99),
        (
            "FL_NODE_CONFIG",
            "site='a b'",
            "roles/1/user_inputs/FL_NODE_CONFIG",
            "O|text|Space-separated key=value node config||site='a b'",
        ),
        (
            "FL_NUM_ROUNDS",
            " 08",
            "roles/0/user_inputs/FL_NUM_ROUNDS",
            "O|number|Number of federated learning rounds||8",
        ),
    ],
)
def test_a_choice_stands_in_the_template(field: str, text: str, template_path: str, template_value: object) -> None:
    assert _at(Plan().with_text(field, text).template(), template_path) == template_value


@pytest.mark.parametrize(
    ("field", "text", "path", "value"),
    [
        ("service.name", "prod", "name", "prod"),
        ("FLOWER_VERSION", "1.31.0", "user_inputs_values/FLOWER_VERSION", "1.31.0"),
        ("FL_NUM_ROUNDS", "10", "roles/0/user_inputs_values/FL_NUM_ROUNDS", "10"),
        ("FL_NUM_ROUNDS", " 010 ", "roles/0/user_inputs_values/FL_NUM_ROUNDS", "10"),
        ("FL_NUM_ROUNDS", "ten", "roles/0/user_inputs_values/FL_NUM_ROUNDS", "ten"),
        ("FL_USE_CASE", "llm-fine-tuning", "roles/1/user_inputs_values/FL_USE_CASE", "llm-fine-tuning"),
        ("FL_NODE_CONFIG", "a=1", "roles/1/user_inputs_values/FL_NODE_CONFIG", "a=1"),
        ("supernode.cardinality", "4", "roles/1/cardinality", 4),
    ],
)
def test_a_choice_stands_in_the_merge_template(field: str, text: str, path: str, value: object) -> None:
    assert _at(Plan().with_text(field, text).merge_template(), path) == value


def test_a_network_is_declared_joined_and_given() -> None:
    plan = Plan().with_text("service.network", "3")
    template, merge = plan.template(), plan.merge_template()
    assert template["networks"] == {"Private": "M|network|Network shared by all cluster VMs||id:"}
    assert [role["template_contents"]["NIC"] for role in template["roles"]] == [[{"NETWORK_ID": "$Private"}]] * 2
    assert merge["networks_values"] == [{"Private": {"id": "3"}}]
    assert {**template, "networks": None, "roles": None} == {**TEMPLATE, "networks": None, "roles": None}


@pytest.mark.parametrize("text", ["", "   "])
def test_without_a_network_nothing_is_said_of_it(text: str) -> None:
    plan = Plan().with_text("service.network", text)
    assert plan.template() == TEMPLATE
    assert plan.merge_template() == MERGE_TEMPLATE


def test_a_plan_keeps_only_what_differs() -> None:
    plan = Plan().with_texts({"FL_NUM_ROUNDS": "5", "FL_STRATEGY": "FedAvg"})
    assert plan.chosen == {"FL_NUM_ROUNDS": "5"}
    assert plan.with_text("FL_NUM_ROUNDS", "3") == Plan()
    assert Plan().chosen == {}


def test_a_plan_is_never_changed() -> None:
    plan, chosen = Plan(), {"FL_NUM_ROUNDS": "5"}
    other = Plan(SEED, chosen)
    chosen["FL_NUM_ROUNDS"] = "6"
    assert plan.with_text("FL_NUM_ROUNDS", "7").text("FL_NUM_ROUNDS") == "7"
    assert plan.text("FL_NUM_ROUNDS") == "3"
    assert other.text("FL_NUM_ROUNDS") == "5"
    other.template()["roles"][0]["template_contents"]["CONTEXT"]["TOKEN"] = "NO"
    assert Plan().template() == TEMPLATE


@pytest.mark.parametrize("path", ["FL_ROUNDS", "cardinality", "superlink.FL_NUM_ROUNDS", "", "service.cardinality"])
def test_a_field_that_no_contract_has(path: str) -> None:
    with pytest.raises(UnknownField):
        Plan().text(path)
    with pytest.raises(UnknownField):
        Plan().with_text(path, "")
    with pytest.raises(UnknownField):
        Plan(SEED, {path: "x"})


def test_text_by_meaning() -> None:
    plan = Plan().with_text("supernode.cardinality", "5")
    assert plan.meant(Meaning.CARDINALITY, Level.SUPERNODE) == "5"
    assert plan.meant(Meaning.CARDINALITY, Level.SERVICE) == ""
    assert plan.name == "Flower Federated Learning"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        (" 3\t", 3),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, "9" * 19),
        ("-1", "-1"),
        ("1.0", "1.0"),
        ("٣", "٣"),
        ("²", "²"),
        ("", ""),
        ("1_0", "1_0"),
    ],
)
def test_a_number_or_what_was_typed(text: str, value: int | str) -> None:
    assert number_or_text(text) == value
    assert type(number_or_text(text)) is type(value)


@given(ANY_TEXTS)
def test_any_text_is_json_and_reads_back_equal(texts: dict[str, str]) -> None:
    plan = Plan(SEED, texts)
    for document in (plan.template(), plan.merge_template()):
        assert json.loads(to_json(document).encode()) == document


@given(PLANS)
def test_every_input_has_a_value_at_its_own_level(plan: Plan) -> None:
    template, merge = plan.template(), plan.merge_template()
    assert merge["user_inputs_values"].keys() == template["user_inputs"].keys()
    for declared, given_values in zip(template["roles"], merge["roles"], strict=True):
        assert declared["name"] == given_values["name"]
        assert declared["cardinality"] == given_values["cardinality"]
        assert declared["user_inputs"].keys() == given_values["user_inputs_values"].keys()
        for key, value in given_values["user_inputs_values"].items():
            assert declared["user_inputs"][key].split("|", 4)[4] == value


# What the recorded server checks when a template is registered and instantiated; anything else it accepts.

NUMBERS = ("template_id", "cardinality", "min_vms", "max_vms", "cooldown")
SHUTDOWN_ACTIONS = ("shutdown", "shutdown-hard", "terminate", "terminate-hard")


def registration_refusals(template: dict[str, Any]) -> list[str]:
    """What a 7.5.80 would answer 400 or 500 to."""
    found = []
    name = template.get("name")
    if not isinstance(name, str) or len(name) > 128 or re.search("[&<]", name):
        found.append("name")
    if template.get("deployment") not in ("straight", "none"):
        found.append("deployment")
    if not isinstance(template.get("ready_status_gate"), bool):
        found.append("ready_status_gate")
    if not isinstance(template.get("user_inputs", {}), dict):
        found.append("user_inputs")
    if any(part.get("shutdown_action") not in SHUTDOWN_ACTIONS for part in (template, *template["roles"])):
        found.append("shutdown_action")
    names = [role.get("name") for role in template["roles"]]
    if len(set(names)) != len(names):
        found.append("role name is repeated")
    for role in template["roles"]:
        found += _role_refusals(role)
    return found


def _role_refusals(role: dict[str, Any]) -> list[str]:
    found = []
    if not re.fullmatch(r"\w+", role.get("name", ""), re.ASCII):
        found.append("role name")
    if role.get("type") != "vm":
        found.append("type")
    if any(type(role.get(key)) is not int for key in NUMBERS):
        found.append("numbers")
    elif not 0 <= role["min_vms"] <= role["cardinality"] <= role["max_vms"]:
        found.append("cardinality")
    if not isinstance(role.get("parents", []), list):
        found.append("parents")
    contents = role.get("template_contents")
    if not isinstance(contents, dict) or not isinstance(contents.get("CONTEXT"), dict):
        found.append("template_contents")
    return found


def instantiation_refusals(template: dict[str, Any], merge: dict[str, Any]) -> list[str]:
    """What a 7.5.80 would answer 400 or 500 to, given a template that it registered."""
    found = []
    values = merge.get("user_inputs_values", {})
    if template["user_inputs"] and not (isinstance(values, dict) and template["user_inputs"].keys() <= values.keys()):
        found.append("user_inputs_values")
    if "networks" in template:
        given_networks = merge.get("networks_values")
        if not isinstance(given_networks, list) or [set(item) for item in given_networks] != [{"Private"}]:
            found.append("networks_values")
    by_name = {role["name"]: role for role in merge.get("roles", [])}
    for role in template["roles"]:
        given_values = by_name.get(role["name"], {})
        if not role["user_inputs"].keys() <= given_values.get("user_inputs_values", {}).keys():
            found.append(f"user_inputs_values of {role['name']}")
        if not role["min_vms"] <= given_values.get("cardinality", role["cardinality"]) <= role["max_vms"]:
            found.append(f"cardinality of {role['name']}")
        if not all(isinstance(value, str) for value in given_values.get("user_inputs_values", {}).values()):
            found.append(f"values of {role['name']}")
    return found


@given(valid_plans())
def test_a_server_takes_both_documents_of_a_valid_plan(plan: Plan) -> None:
    named = [
        path for path in ("superlink.vm_template", "supernode.vm_template") if whole_number(plan.text(path)) is None
    ]
    plan = plan.with_texts(dict.fromkeys(named, "7"))
    template, merge = plan.template(), plan.merge_template()
    assert registration_refusals(template) == []
    assert instantiation_refusals(template, merge) == []


@pytest.mark.parametrize(
    ("field", "text", "refusal"),
    [
        ("service.name", "a<b", "name"),
        ("service.name", "a" * 129, "name"),
        ("supernode.cardinality", "x", "numbers"),
        ("supernode.cardinality", "11", "cardinality"),
        ("supernode.vm_template", "Flower SuperNode", "numbers"),
        ("service.shutdown_action", "off", "shutdown_action"),
    ],
)
def test_the_checks_of_a_registration_can_fail(field: str, text: str, refusal: str) -> None:
    assert refusal in registration_refusals(Plan().with_text(field, text).template())


@pytest.mark.parametrize(
    ("left_out", "refusal"),
    [
        ("user_inputs_values", "user_inputs_values"),
        ("networks_values", "networks_values"),
        ("roles", "user_inputs_values of supernode"),
    ],
)
def test_the_checks_of_an_instantiation_can_fail(left_out: str, refusal: str) -> None:
    plan = Plan().with_text("service.network", "3")
    merge = {key: value for key, value in plan.merge_template().items() if key != left_out}
    assert refusal in instantiation_refusals(plan.template(), merge)


@given(st.sampled_from(sorted(SEED.by_path)), st.text())
def test_a_text_is_kept_as_it_was_typed(path: str, text: str) -> None:
    assert Plan().with_text(path, text).text(path) == text
