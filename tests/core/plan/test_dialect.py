"""6.x and 7.x: the same model, two spellings, and the way back."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.plan.plans import valid_plans
from wizard.core.opennebula import template_text
from wizard.core.opennebula.contents_v6 import misread
from wizard.core.opennebula.documents_v6 import from_v6, is_v6, merge_to_v6, to_v6
from wizard.core.opennebula.template_text import TemplateTextError
from wizard.core.plan.dialect import Dialect, check, check_contexts
from wizard.core.plan.plan import Plan
from wizard.core.plan.plan_from_document import plan_from_template
from wizard.core.plan.preset import Preset, dumps, loads
from wizard.core.plan.problem import Kind

RECORDINGS = Path(__file__).parents[2] / "recordings"


def recorded(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was sent, and the body that the server made of it."""
    raw = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))
    return raw["request"]["body"], raw["response"]["body"]["DOCUMENT"]["TEMPLATE"]["BODY"]


@pytest.mark.parametrize(
    ("version", "dialect"),
    [
        ("6.10.0", Dialect.V6),
        ("6.8.3", Dialect.V6),
        ("5.12.0", Dialect.V6),
        ("7.0.0", Dialect.V7),
        ("7.5.80", Dialect.V7),
        ("10.0", Dialect.V7),
        ("", Dialect.V7),
        ("unknown", Dialect.V7),
        (None, Dialect.V7),
    ],
)
def test_the_dialect_follows_from_the_version(version: str | None, dialect: Dialect) -> None:
    assert Dialect.of_version(version) is dialect


@given(valid_plans())
def test_the_way_there_and_back(plan: Plan) -> None:
    template, merge = plan.template(), plan.merge_template()
    try:
        written = to_v6(template)
    except TemplateTextError:
        return
    assert from_v6(written) == template
    assert from_v6(template) == template
    assert from_v6(merge_to_v6(merge, written, {})) == merge
    assert from_v6(merge) == merge


def test_the_default_template_in_the_spelling_of_6() -> None:
    written = Dialect.V6.template(Plan().with_text("service.network", "3"))
    assert "user_inputs" not in json.dumps(written)
    assert "custom_attrs" in written
    superlink, supernode = written["roles"]
    assert [key for key in superlink if key not in supernode] == []
    assert "type" not in superlink
    assert superlink["vm_template"] == 0
    contents = template_text.read(superlink["vm_template_contents"])
    context = contents["CONTEXT"]
    assert isinstance(context, dict)
    inputs = {**written["custom_attrs"], **superlink["custom_attrs"]}
    assert {key: contents[key] for key in inputs} == {key: f"${key}" for key in inputs}
    assert context == {
        "TOKEN": "YES",
        "REPORT_READY": "YES",
        "READY_SCRIPT_PATH": "/opt/flower/scripts/health-check.sh",
        "NETWORK": "YES",
        **{key: f"${key}" for key in inputs},
    }
    assert "APPEND" not in contents
    assert contents["NIC"] == {"NETWORK_ID": "$Private"}
    assert "FL_NUM_ROUNDS" not in supernode["vm_template_contents"]


def test_the_merge_template_in_the_spelling_of_6() -> None:
    written = Dialect.V6.merge_template(Plan(), Dialect.V6.template(Plan()), {})
    assert set(written) == {"name", "custom_attrs_values", "roles"}
    assert [set(role) for role in written["roles"]] == [{"name", "cardinality", "custom_attrs_values"}] * 2


@pytest.mark.parametrize("name", ["98-v6-register", "93-template-v6-format"])
def test_what_a_server_of_7_made_of_a_document_of_6(name: str) -> None:
    """Its conversion keeps the `$KEY` lines that 7.x no longer needs; ours leaves them out."""
    sent, made = recorded(name)
    assert is_v6(sent)
    assert not is_v6(made)
    ours = from_v6(sent)
    for role, theirs in zip(ours["roles"], made["roles"], strict=True):
        kept = {key: value for key, value in theirs["template_contents"].items() if value != f"${key}"}
        mine = {key: value for key, value in role["template_contents"].items() if value != f"${key}"}
        assert {**role, "template_contents": mine} == {**theirs, "template_contents": kept}
    assert {**ours, "roles": ()} == {
        key: value if key != "roles" else ()
        for key, value in made.items()
        if key not in ("description", "registration_time")
    }


def test_our_6_has_the_names_that_a_server_was_seen_to_take() -> None:
    sent, _ = recorded("98-v6-register")
    written = to_v6(Plan().with_text("service.network", "0").template())
    assert set(sent) <= set(written)
    for ours, theirs in zip(written["roles"], sent["roles"], strict=True):
        assert set(theirs) <= set(ours)
        assert template_text.read(theirs["vm_template_contents"])["NIC"] == {"NETWORK_ID": "$Private"}
        assert template_text.read(ours["vm_template_contents"])["NIC"] == {"NETWORK_ID": "$Private"}


def test_both_spellings_in_one_document() -> None:
    mixed = {
        "custom_attrs": {"A": "O|text|a||1"},
        "user_inputs": {"A": "O|text|a||2"},
        "roles": [
            {"name": "one", "vm_template": 3, "vm_template_contents": 'A = "$A"\nB = "x"\nAPPEND = "CONTEXT"'},
            {
                "name": "two",
                "template_id": 4,
                "vm_template": 9,
                "template_contents": {},
                "vm_template_contents": 'B = "y"',
            },
        ],
    }
    assert from_v6(mixed) == {
        "user_inputs": {"A": "O|text|a||2"},
        "roles": [
            {"name": "one", "template_id": 3, "template_contents": {"B": "x", "APPEND": "CONTEXT"}, "type": "vm"},
            {"name": "two", "template_id": 4, "template_contents": {}, "type": "vm"},
        ],
    }


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=6
    )
)
def test_strange_documents_are_left_as_they_are(value: object) -> None:
    assert from_v6({"roles": value, "name": value}) == {"roles": value, "name": value}
    assert is_v6({"roles": value}) is False


def test_what_can_t_be_written_is_refused_by_name() -> None:
    template = Plan().template()
    template["roles"][0]["template_contents"]["CONTEXT"]["START_SCRIPT"] = "one\\"
    with pytest.raises(TemplateTextError, match="START_SCRIPT"):
        to_v6(template)


CONTEXT = {"SSH_PUBLIC_KEY": "$USER[SSH_PUBLIC_KEY]", "TOKEN": "NO", "START_SCRIPT": 'echo "hello" > /dev/null\nid\n'}


def test_what_the_vm_template_has_is_put_into_the_instantiation_and_ours_wins() -> None:
    template = Dialect.V6.template(Plan())
    merge = Dialect.V6.merge_template(Plan(), template, {0: CONTEXT})
    superlink, supernode = merge["roles"]
    assert "vm_template_contents" not in supernode
    contents = template_text.read(superlink["vm_template_contents"])
    context = contents["CONTEXT"]
    assert isinstance(context, dict)
    assert {key: context[key] for key in CONTEXT} == {**CONTEXT, "TOKEN": "YES"}
    assert {key: value for key, value in contents.items() if key != "CONTEXT"} == {
        key: value
        for key, value in template_text.read(template["roles"][0]["vm_template_contents"]).items()
        if key != "CONTEXT"
    }
    assert context["FLOWER_VERSION"] == "$FLOWER_VERSION"


def test_a_vm_template_with_nothing_of_its_own_needs_nothing() -> None:
    template = Dialect.V6.template(Plan())
    merge = Dialect.V6.merge_template(Plan(), template, {0: {"TOKEN": "YES", "network": "YES"}, 1: {}})
    assert not any("vm_template_contents" in role for role in merge["roles"])


def foreign(*roles: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A registered template of 6.x: SuperNodes first, a role between, and texts as people write them."""
    fixed = {"cardinality": 1, "min_vms": 1, "max_vms": 1}
    return {
        "name": "by hand",
        "deployment": "straight",
        "ready_status_gate": True,
        "roles": [
            {
                "name": "supernode",
                "vm_template": 1,
                "parents": ["superlink"],
                **fixed,
                "vm_template_contents": '# mine\nFL_X="$FL_X"\nCONTEXT=[ TOKEN=YES,\n FL_X="$FL_X", REPORT_READY=YES ]',
            },
            {
                "name": "logger",
                "vm_template": 2,
                "parents": ["superlink"],
                "custom_attrs": {"LOG_LEVEL": "O|text|How much||warn"},
                "vm_template_contents": 'LOG_LEVEL = "$LOG_LEVEL"',
                **fixed,
            },
            {"name": "superlink", "vm_template": 0, "vm_template_contents": 'CONTEXT = [ TOKEN = "YES" ]', **fixed},
            *roles,
        ],
        "custom_attrs": {"FL_X": "O|text|x||", "FL_XY": "O|text|y||"},
        **more,
    }


def test_roles_of_a_merge_template_stand_in_the_order_of_the_service_template() -> None:
    plan = plan_from_template(foreign())
    template = Dialect.V6.template(plan)
    merge = Dialect.V6.merge_template(plan, template, {})
    assert [role["name"] for role in merge["roles"]] == ["supernode", "logger", "superlink"]
    assert merge["roles"][1] == {"name": "logger", "custom_attrs_values": {"LOG_LEVEL": "warn"}}
    assert [role.get("cardinality") for role in merge["roles"]] == [1, None, 1]


def test_contents_are_kept_to_the_letter_and_in_a_preset_too() -> None:
    document = foreign()
    plan = plan_from_template(document).with_text("service.shutdown_action", "terminate-hard")
    for again in (plan, loads(dumps(Preset(plan))).plan):
        written = Dialect.V6.template(again)
        assert [role["vm_template_contents"] for role in written["roles"]] == [
            role["vm_template_contents"] for role in document["roles"]
        ]
        assert written["shutdown_action"] == "terminate-hard"
        assert "vm_template_contents" not in json.dumps(Dialect.V7.template(again))


def arrives(value: str) -> bool:
    plan = Plan().with_text("FL_NODE_CONFIG", value)
    return not any(item.field == "FL_NODE_CONFIG" for item in check(plan, Dialect.V6))


AWKWARD = {
    "amp": "a & b < c",
    "backslash": "a\\b",
    "double-quote": 'name="alice"',
    "semicolons": "k=v; x=[1, 2] # c, 'q' ==",
    "utf8": "ä €",
    "newline": "a\nb",
}
"""Values that a 6.10 was seen to hand on as they are: the double quote as `\\"`."""


@pytest.mark.parametrize("name", AWKWARD)
def test_what_was_seen_to_arrive_is_sent_so_that_it_does(name: str) -> None:
    seen = "double-quote-escaped" if name == "double-quote" else name
    folder = RECORDINGS.parent / "recordings-6.10"
    vm = ElementTree.parse(folder / f"96-{seen}-vm-superlink.xml").getroot()
    assert vm.findtext("TEMPLATE/CONTEXT/FL_NODE_CONFIG") == AWKWARD[name]
    assert arrives(AWKWARD[name])
    sent = json.loads((folder / f"96-{seen}-instantiate.json").read_text("utf-8"))["request"]["body"]["action"]
    merge = Dialect.V6.merge_template(
        Plan().with_text("FL_NODE_CONFIG", AWKWARD[name]), Dialect.V6.template(Plan()), {}
    )
    ours = merge["roles"][1]["custom_attrs_values"]["FL_NODE_CONFIG"]
    # In what OneFlow puts in, two backslashes stand for one.
    theirs = sent["params"]["merge_template"]["custom_attrs_values"]["FL_NODE_CONFIG"]
    assert ours == (theirs.replace("\\", "\\\\") if name == "backslash" else theirs)
    assert from_v6(merge) == Plan().with_text("FL_NODE_CONFIG", AWKWARD[name]).merge_template()


@pytest.mark.parametrize("value", ["abc\\", 'a\\"b', "a $FL_LOG_LEVEL b", "a $HOME b", "a ${x} b", "$", "a]]>b"])
def test_what_would_not_arrive_is_refused_beforehand(value: str) -> None:
    assert not arrives(value)


@given(st.text(st.characters(codec="utf-8", exclude_characters="$"), max_size=12))
def test_what_is_not_refused_arrives(value: str) -> None:
    if not arrives(value):
        return
    written = Dialect.V6.merge_template(Plan().with_text("FL_NODE_CONFIG", value), Dialect.V6.template(Plan()), {})[
        "roles"
    ][1]["custom_attrs_values"]["FL_NODE_CONFIG"]
    # What Ruby makes of it in a replacement, and oned between quotes.
    put_in = re.sub(r"\\\\", lambda _: "\\", written)
    assert template_text.read(f'KEY = "{put_in}"\nEND = "x"') == {"KEY": value, "END": "x"}


def test_a_key_that_begins_another_comes_after_it() -> None:
    document = {"roles": [{"name": "one", "template_id": 0, "template_contents": {}}]}
    keys = {"FL_A": "O|text|a||", "FL_AB": "O|text|b||", "FL_ABC": "O|text|c||", "FL_B": "O|text|d||"}
    text = to_v6({**document, "user_inputs": keys})["roles"][0]["vm_template_contents"]
    values = {key: f"value {place}" for place, key in enumerate(keys)}
    assert misread(text, values) == {}
    assert misread('CONTEXT = [ A = "$FL_A", B = "$FL_AB" ]', values) == {"B": "value 0B"}


def test_a_text_of_others_that_puts_the_shorter_key_first_is_refused() -> None:
    text = 'CONTEXT = [ TOKEN = "YES", FL_X = "$FL_X", FL_XY = "$FL_XY" ]'
    document = foreign()
    document["roles"][2]["vm_template_contents"] = text
    problems = check(plan_from_template(document), Dialect.V6)
    assert [(item.kind, item.field) for item in problems] == [(Kind.ERROR, "FL_XY")]
    document["roles"][2]["vm_template_contents"] = 'CONTEXT = [ TOKEN = "YES", FL_XY = "$FL_XY", FL_X = "$FL_X" ]'
    assert check(plan_from_template(document), Dialect.V6) == ()


def test_without_a_cloud_it_is_said_that_the_documents_are_not_whole() -> None:
    template = Dialect.V6.template(Plan())
    found = check_contexts(Plan(), Dialect.V6, template, None)
    assert [(item.kind, item.field) for item in found] == [
        (Kind.WARNING, "superlink.vm_template"),
        (Kind.WARNING, "supernode.vm_template"),
    ]
    assert "no cloud was asked" in found[0].message
    assert check_contexts(Plan(), Dialect.V7, Plan().template(), None) == ()
    (unseen,) = check_contexts(Plan(), Dialect.V6, template, {0: CONTEXT})
    assert "VM template 1" in unseen.message
    assert check_contexts(Plan(), Dialect.V6, template, {0: CONTEXT, 1: {}}) == ()


@pytest.mark.parametrize("value", ['say \\"hi\\"', "C:\\", "$FLOWER_VERSIONS"])
def test_a_pair_of_the_vm_template_that_would_not_arrive_is_an_error(value: str) -> None:
    template = Dialect.V6.template(Plan())
    (found,) = check_contexts(Plan(), Dialect.V6, template, {0: {"MINE": value}, 1: {}})
    assert (found.kind, found.field) == (Kind.ERROR, "superlink.vm_template")
    assert "MINE" in found.message
    merge = Dialect.V6.merge_template(Plan(), template, {0: {"MINE": "C:\\"}})
    assert "vm_template_contents" not in merge["roles"][0]
