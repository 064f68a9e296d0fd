"""OneFlow's documents: read whatever stands in them, and written back as they were."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.plan.plans import PLANS
from wizard.core.opennebula.documents import (
    MergeTemplate,
    NotATemplate,
    Role,
    RoleState,
    Service,
    ServiceTemplate,
    fitted,
    read_body,
    read_template,
    template_body,
)
from wizard.core.opennebula.documents_v6 import from_v6, is_v6, to_v6
from wizard.core.opennebula.service_document import DecodeError, decode_service
from wizard.core.opennebula.template_text import TemplateTextError
from wizard.core.plan.diffs import template_diff
from wizard.core.plan.plan import Plan
from wizard.core.plan.plan_from_document import plan_from_document, plan_from_template
from wizard.core.plan.template_check import linted

TESTS = Path(__file__).parents[2]
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (TESTS / "core/cases").glob("*.json")}
RECORDED = sorted([*TESTS.glob("recordings/*.json"), *TESTS.glob("recordings-6.10/*.json")])

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES_OF_6 = ("vm_template", "custom_attrs", "custom_attrs_values", "vm_template_contents")
UNKNOWN = st.dictionaries(TEXTS.map(lambda text: f"x{text}"), JSON, max_size=3)


def with_any(model: type[ServiceTemplate | Role | Service | RoleState], **more: Any) -> st.SearchStrategy[Any]:
    """Objects of a kind: any JSON at any field of theirs, or nothing, and fields that nobody knows."""
    fields = {name: JSON for name in model.model_fields if name not in more}
    known = st.fixed_dictionaries({}, optional={**fields, **more})
    return st.tuples(known, UNKNOWN).map(lambda parts: {**parts[1], **parts[0]})


CONTENTS = st.fixed_dictionaries({}, optional={"CONTEXT": JSON, "NIC": JSON, "A": JSON}) | JSON
ROLES = with_any(Role, template_contents=CONTENTS)
TEMPLATES = with_any(ServiceTemplate, roles=st.lists(ROLES, max_size=3))
MIXED = with_any(
    ServiceTemplate,
    custom_attrs=JSON,
    roles=st.lists(
        with_any(Role, vm_template_contents=JSON | st.sampled_from(['A = "1"', 'A = [ B = "$B" ]']), vm_template=JSON)
        | JSON,
        max_size=3,
    ),
)
NODES = st.fixed_dictionaries({}, optional={"deploy_id": JSON, "vm_info": JSON | st.builds(dict, VM=JSON)}) | JSON
SERVICES = with_any(
    Service,
    state=st.integers(0, 15) | JSON,
    roles=st.lists(with_any(RoleState, nodes=st.lists(NODES, max_size=3) | JSON) | JSON, max_size=3) | JSON,
)


def documents(value: Any) -> Iterator[dict[str, Any]]:
    """Every document in a recorded request or answer, and every body of a template that stands alone."""
    if isinstance(value, dict):
        template = value.get("TEMPLATE")
        if isinstance(template, dict) and "BODY" in template:
            yield {"DOCUMENT": value}
        elif isinstance(value.get("roles"), list):
            yield value
        else:
            for item in value.values():
                yield from documents(item)
    elif isinstance(value, list):
        for item in value:
            yield from documents(item)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_recorded_documents_are_read_whole(path: Path) -> None:
    for document in documents(json.loads(path.read_text(encoding="utf-8"))):
        body = template_body(document)
        template = read_template(document)
        assert template.to_v7() == from_v6(body)
        assert None not in template.roles
        if "state" in body and "DOCUMENT" in document:
            assert decode_service(document).unreadable == ()


@pytest.mark.parametrize("name", CASES)
def test_bad_templates_are_read_with_both_roles(name: str) -> None:
    template = read_template(CASES[name])
    assert {role.name for _, role in template.placed()} == {"superlink", "supernode"}
    body = template_body(CASES[name])
    if name != "04-context-as-list":
        assert template.to_v7() == from_v6(body)
    assert linted(CASES[name]).flower


def test_a_context_in_a_list_is_that_context() -> None:
    template = read_template(CASES["04-context-as-list"])
    contexts = [role.template_contents.CONTEXT for _, role in template.placed()]
    assert all(context["TOKEN"] == "YES" for context in contexts)
    written = template.to_v7()
    assert [role["template_contents"]["CONTEXT"] for role in written["roles"]] == contexts
    said = {problem.rule: problem.path for problem in linted(CASES["04-context-as-list"]).problems}
    assert "context" not in said
    broken = json.loads(json.dumps(CASES["04-context-as-list"]).replace('"TOKEN": "YES"', '"TOKEN": "NO"'))
    said = {problem.rule: problem.path for problem in linted(broken).problems}
    assert said["context"] == "roles[1].template_contents.CONTEXT[0].TOKEN"


@given(TEMPLATES)
def test_a_template_is_written_back_as_it_was(body: dict[str, Any]) -> None:
    template = read_body(body)
    again = read_body(template.to_v7())
    assert again == template
    assert again.to_v7() == template.to_v7()
    for role, written in zip(body.get("roles", ()), template.to_v7().get("roles", ()), strict=True):
        assert {**role, "template_contents": 0} == {**written, "template_contents": 0}
    assert {**body, "roles": 0} == {**template.to_v7(), "roles": 0}


@given(PLANS, UNKNOWN)
def test_both_dialects_are_read_back(plan: Plan, unknown: dict[str, Any]) -> None:
    for document in (plan.template(), plan.merge_template()):
        document |= unknown
        document["roles"][0] |= unknown
        template = read_body(document)
        assert template.to_v7() == document
        try:
            written = to_v6(document)
        except TemplateTextError:
            continue
        assert is_v6(written)
        assert read_body(written) == template
        assert {key: written[key] for key in unknown} == unknown
        assert {key: written["roles"][0][key] for key in unknown} == unknown


@given(PLANS)
def test_a_merge_template_is_read_back(plan: Plan) -> None:
    document = plan.merge_template()
    assert MergeTemplate.model_validate(document).to_v7() == document


@given(PLANS)
def test_a_written_template_is_what_the_model_says(plan: Plan) -> None:
    template, misfits = fitted(ServiceTemplate, plan.template())
    assert misfits == {}
    for part in (template, *(role for role in template.roles if role)):
        assert set(part.model_extra or {}) == set()


@given(TEMPLATES | MIXED | JSON)
def test_nothing_in_a_template_makes_a_reader_fall_over(document: Any) -> None:
    for read in (read_template, linted, plan_from_document, plan_from_template):
        with contextlib.suppress(NotATemplate, DecodeError):
            read(document)
    if isinstance(document, dict):
        template_diff(document, Plan().template())
        with contextlib.suppress(TemplateTextError):
            to_v6(document)


@given(SERVICES | JSON)
def test_nothing_in_a_service_makes_its_reader_fall_over(body: Any) -> None:
    for written in (body, json.dumps(body)):
        try:
            found = decode_service({"ID": 7, "NAME": "x", "TEMPLATE": {"BODY": written}})
        except DecodeError:
            continue
        roles = body.get("roles")
        readable = [role for role in roles if isinstance(role, dict)] if isinstance(roles, list) else []
        assert len(found.roles) == len(readable)


@given(JSON, JSON, JSON)
def test_nothing_around_a_service_makes_its_reader_fall_over(number: Any, name: Any, template: Any) -> None:
    for document in (number, {"DOCUMENT": template}, {"ID": number, "NAME": name, "TEMPLATE": {"BODY": {"state": 2}}}):
        try:
            decode_service(document)
        except DecodeError:
            continue


@given(st.lists(st.none() | st.integers(0, 99).map(str) | TEXTS | st.just({}), max_size=5))
def test_the_nodes_that_can_be_read_are_all_there(numbers: list[Any]) -> None:
    good = [number for number in numbers if isinstance(number, str) and number.isascii() and number.isdigit()]
    nodes = [{"deploy_id": number} for number in numbers]
    body = {"state": 2, "roles": [{"name": "a", "nodes": nodes}, {"name": "b", "nodes": [{"deploy_id": 7}]}]}
    found = decode_service({"ID": 7, "TEMPLATE": {"BODY": body}})
    assert set(found.vm_ids) >= {int(number) for number in good} | {7}
    assert found.roles[0].lost == tuple(place for place, number in enumerate(numbers) if number not in good)
    assert len(found.vm_ids) + len(found.roles[0].lost) == len(numbers) + 1
