"""Templates as people have them: what OneFlow takes is no error, and what it would not run is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wizard.core.opennebula.documents import NotATemplate, read_template
from wizard.core.plan.problem import Kind, Problem
from wizard.core.plan.template_check import NO_FLOWER, linted

CASES = Path(__file__).parents[2] / "cases"


def case(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


def errors(document: object) -> list[Problem]:
    return [item for item in linted(document).problems if item.kind is Kind.ERROR]


@pytest.mark.parametrize(
    "name",
    ["01-network-id-colons", "05-optional-zero", "10-reserve-default-with-size", "11-token-lowercase",
     "13-router-before-superlink", "14-body-as-text"],
)  # fmt: skip
def test_what_oneflow_takes_is_no_error(name: str) -> None:
    assert errors(case(name)) == []


def test_report_ready_is_compared_by_the_guest_and_token_by_oned() -> None:
    document = case("11-token-lowercase")
    context = document["roles"][1]["template_contents"]["CONTEXT"]
    context["REPORT_READY"] = "yes"
    (found,) = errors(document)
    assert found.path == "roles[1].template_contents.CONTEXT.REPORT_READY"
    context["REPORT_READY"], context["TOKEN"] = "YES", "no"
    (found,) = errors(document)
    assert found.path == "roles[1].template_contents.CONTEXT.TOKEN"


def test_keys_of_a_context_count_in_any_case() -> None:
    document = case("11-token-lowercase")
    for role in document["roles"]:
        contents = role["template_contents"]
        contents["CONTEXT"] = {key.lower(): value for key, value in contents["CONTEXT"].items()}
    assert linted(document).problems == linted(case("11-token-lowercase")).problems
    document["roles"][0]["template_contents"]["CONTEXT"]["token"] = "NO"
    (found,) = errors(document)
    assert found.path == "roles[0].template_contents.CONTEXT.token"


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda body: {"DOCUMENT": {"TEMPLATE": {"BODY": json.dumps(body)}}},
        lambda body: {"DOCUMENT": {"TEMPLATE": {"BODY": body}}},
        lambda body: {"TEMPLATE": {"BODY": body}},
        lambda body: {"TEMPLATE": {"BODY": json.dumps(body)}},
        lambda body: {"BODY": body},
        lambda body: {"BODY": json.dumps(body)},
    ],
)
def test_a_body_is_read_in_whatever_it_lies(wrapped: Callable[[Any], Any]) -> None:
    body = case("11-token-lowercase")
    assert read_template(wrapped(body)) == read_template(body)


def test_a_list_of_documents_is_told_what_it_is() -> None:
    with pytest.raises(NotATemplate, match="list of documents"):
        linted({"DOCUMENT_POOL": {"DOCUMENT": [{"ID": "5"}]}})


def test_another_service_is_told_in_one_sentence() -> None:
    found = linted(case("16-k8s-no-flower"))
    assert (found.valid, found.flower, found.problems) == (False, False, ())
    assert str(found) == f"{NO_FLOWER}\n"


def test_a_role_that_nothing_waits_for_still_waits_for_the_superlink() -> None:
    document = case("13-router-before-superlink")
    document["roles"].append({"name": "stray", "type": "vm", "template_id": 3, "cardinality": 1})
    assert [item.rule for item in errors(document)] == ["parents"]
