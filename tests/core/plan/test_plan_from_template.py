"""A registered template as a contract of its own: nothing of it is lost, nothing about it is made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.plan.schema_checker import complaints
from wizard.core.opennebula.documents import NotATemplate
from wizard.core.plan.contract import Level, Meaning
from wizard.core.plan.contracts import MARKETPLACE, SEED
from wizard.core.plan.plan import Plan
from wizard.core.plan.plan_from_document import plan_from_template
from wizard.core.plan.preset import Preset, PresetError, dumps, loads
from wizard.core.plan.preset_schema import schema
from wizard.core.plan.problem import Kind
from wizard.operations.prepare import check

RECORDINGS = Path(__file__).parents[2] / "recordings"
OWN_INPUTS = {
    "SITE": "O|text|Where it runs||lab",
    "OFFSET": "O|number|May be below zero||-3",
    "DROPOUT": "M|range-float|Share that is left out|0..0.9|0.5",
    "GPUS": "O|list-multiple|Which ones|a,b,c|a,b",
    "BUILD": "O|fixed|Of the image||77",
    "MOTD": "O|text64|Greeting||aGk=",
}


def body(**changes: Any) -> dict[str, Any]:
    """The template of the seed contract, with inputs of its own and something that no setting can hold."""
    found = Plan().with_text("service.network", "7").template()
    found["user_inputs"] |= OWN_INPUTS
    found["roles"][1]["template_contents"]["GRAPHICS"] = {"TYPE": "VNC"}
    found["roles"].append({"name": "monitor", "type": "vm", "template_id": 5, "parents": ["superlink"]})
    return found | changes


def errors(plan: Plan) -> list[str]:
    return [f"{problem.field}: {problem.message}" for problem in check(plan) if problem.kind is Kind.ERROR]


def test_its_inputs_are_the_settings_and_what_is_known_of_one_stays_known() -> None:
    contract = plan_from_template(body()).contract
    assert [item.key for item in contract.inputs(Level.SERVICE)] == [*Plan().template()["user_inputs"], *OWN_INPUTS]
    for level in Level:
        for item in SEED.inputs(level):
            assert contract.by_path[item.path] == item
    site = contract.by_path["SITE"]
    assert (site.label, site.is_foreign, site.meaning) == ("Where it runs", True, None)
    assert contract.by_path["BUILD"].fixed_because
    assert "0 to 0.9" in contract.by_path["DROPOUT"].help
    assert "a, b, c" in contract.by_path["GPUS"].help


def test_the_template_is_sent_as_it_is_and_values_go_with_the_instantiation() -> None:
    plan = plan_from_template(body(registration_time=1)).with_texts(
        {"service.name": "mine", "SITE": "moon", "FL_NUM_ROUNDS": "7", "supernode.cardinality": "4"}
    )
    assert plan.template() == body()
    merged = plan.merge_template()
    assert merged["name"] == "mine"
    assert merged["user_inputs_values"]["SITE"] == "moon"
    assert merged["user_inputs_values"]["OFFSET"] == "-3"
    assert [role["cardinality"] for role in merged["roles"]] == [1, 4]
    assert merged["roles"][0]["user_inputs_values"]["FL_NUM_ROUNDS"] == "7"


def test_attributes_are_changed_where_the_template_says_them() -> None:
    plan = plan_from_template(body()).with_texts(
        {"supernode.max_vms": "20", "superlink.vm_template": "9", "service.shutdown_action": "terminate"}
    )
    wanted = body(shutdown_action="terminate")
    wanted["roles"][1]["max_vms"] = 20
    wanted["roles"][0]["template_id"] = 9
    assert plan.template() == wanted


def test_only_the_grammar_is_held_against_an_input_that_nobody_knows() -> None:
    plan = plan_from_template(body()).with_text("service.network", "7")
    assert not [text for text in errors(plan) if text.split(":")[0] in OWN_INPUTS]
    wrong = [("OFFSET", "x"), ("DROPOUT", "1"), ("DROPOUT", ""), ("GPUS", "d"), ("MOTD", "?"), ("SITE", "a|b")]
    for key, value in wrong:
        assert [text for text in errors(plan.with_text(key, value)) if text.startswith(f"{key}:")], (key, value)


def test_how_it_is_built_is_held_against_the_rules() -> None:
    plan = plan_from_template(body(deployment="none"))
    assert any(text.startswith("deployment:") for text in errors(plan))
    assert not any(text.startswith("deployment:") for text in errors(plan_from_template(body())))


@pytest.mark.parametrize(
    ("networks", "fields", "values"),
    [
        ({}, {}, None),
        ({"Private": "M|network|x||id:"}, {"service.network": ""}, None),
        ({"Lan": "O|network|x||id:4"}, {"service.network": "4"}, [{"Lan": {"id": "4"}}]),
        ({"New": "M|network|x||reserve_from:0"}, {"service.network": ""}, [{"New": {"reserve_from": "0"}}]),
        (
            {"A": "M|network|x||id:1", "B": "M|network|x||id:2"},
            {"service.network_A": "1", "service.network_B": "2"},
            [{"A": {"id": "1"}}, {"B": {"id": "2"}}],
        ),
    ],
)
def test_its_networks(networks: dict[str, str], fields: dict[str, str], values: Any) -> None:
    plan = plan_from_template(body(networks=networks))
    found = {item.path: item.input.default for item in plan.contract.fields if item.meaning is Meaning.NETWORK}
    assert found == fields
    assert plan.merge_template().get("networks_values") == values
    missing = [text for text in errors(plan) if text.startswith("service.network")]
    assert bool(missing) is (networks == {"Private": "M|network|x||id:"})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"roles": []}, "no roles superlink"),
        ({"roles": Plan().template()["roles"] * 2}, "2 roles superlink"),
        ({"user_inputs": {"TOKEN_OF_MINE": "M|password|x"}}, "is a password"),
        ({"user_inputs": {"BROKEN": "x"}}, "can't be read"),
        ({"user_inputs": {"FL_NUM_ROUNDS": "O|number|x||1"}}, "FL_NUM_ROUNDS is there twice"),
        ({"user_inputs": {"network": "O|text|x||1"}}, "network is there twice"),
        ({"networks": {"N": "x"}}, "a network of it can't be read"),
    ],
)
def test_what_is_no_contract(change: dict[str, Any], told: str) -> None:
    with pytest.raises(NotATemplate, match=told):
        plan_from_template(body(**change))


@given(st.dictionaries(st.sampled_from(sorted(plan_from_template(body()).contract.by_path)), st.text(max_size=8)))
def test_a_preset_carries_the_template(texts: dict[str, str]) -> None:
    plan = plan_from_template(body()).with_texts(texts)
    written = dumps(Preset(plan, "t"), unfinished=True)
    assert loads(written, unfinished=True) == Preset(plan, "t")


def test_the_schema_accepts_such_a_preset() -> None:
    plan = plan_from_template(body()).with_texts({"SITE": "moon", "service.network": "3"})
    document = {"preset": 1, "contract": "registered", "template": json.dumps(body()), "service": {"SITE": "moon"}}
    assert complaints(document, schema()) == []
    assert "template" in "".join(complaints({**document, "template": 3}, schema()))
    assert loads(dumps(Preset(plan))).plan == plan


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('contract = "registered"', 2, "belong together"),
        ('template = "{}"', 2, "belong together"),
        ('contract = "registered"\ntemplate = "{"', 3, "can't be used"),
        ('contract = "registered"\ntemplate = "[]"', 3, "a service template is a JSON object"),
        ('contract = "registerd"', 2, "did you mean 'registered'"),
    ],
)
def test_a_preset_whose_template_is_none(text: str, line: int, told: str) -> None:
    with pytest.raises(PresetError, match=told) as caught:
        loads(f"preset = 1\n{text}\n")
    assert caught.value.line == line


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("9[68]*register*.json")), ids=lambda path: path.stem)
def test_recorded_templates_are_opened_whole(path: Path) -> None:
    sent = json.loads(path.read_text(encoding="utf-8"))["request"]["body"]
    plan = plan_from_template(sent)
    if "v6" not in path.stem:
        assert plan.template() == sent
    else:
        assert [item.key for item in plan.contract.inputs(Level.SERVICE)] == [
            item.key for item in MARKETPLACE.inputs(Level.SERVICE)
        ]
