"""6.x and 7.x: the same model, two spellings, and the way back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.plan.plans import valid_plans
from wizard.core.opennebula import template_text
from wizard.core.opennebula.documents_v6 import from_v6, is_v6, to_v6
from wizard.core.opennebula.template_text import TemplateTextError
from wizard.core.plan.plan import Dialect, Plan

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
    for document in (plan.template(), plan.merge_template()):
        try:
            written = to_v6(document)
        except TemplateTextError:
            return
        assert from_v6(written) == document
        assert from_v6(document) == document


def test_the_default_template_in_the_spelling_of_6() -> None:
    written = Dialect.V6.convert(Plan().with_text("service.network", "3").template())
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
    assert contents["APPEND"] == "CONTEXT"
    assert contents["NIC"] == {"NETWORK_ID": "$Private"}
    assert "FL_NUM_ROUNDS" not in supernode["vm_template_contents"]


def test_the_merge_template_in_the_spelling_of_6() -> None:
    written = Dialect.V6.convert(Plan().merge_template())
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
            {"name": "one", "template_id": 3, "template_contents": {"B": "x"}, "type": "vm"},
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
    template["roles"][0]["template_contents"]["CONTEXT"]["START_SCRIPT"] = "one\ntwo"
    with pytest.raises(TemplateTextError, match="START_SCRIPT"):
        to_v6(template)
