"""Networks of templates that others wrote: an empty id asks, and a size is sent, since the server drops it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.cloud import Cloud
from wizard.core.opennebula.networks import NetworkChoice
from wizard.core.plan import rules
from wizard.core.plan.plan_from_document import plan_from_document, plan_from_template

CASES = Path(__file__).parents[2] / "cases"


def case(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return document


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("id:3", NetworkChoice("id", "3")),
        ("id:", NetworkChoice("id")),
        ("id::", NetworkChoice("id")),
        ("", NetworkChoice("id")),
        (" id:3 ", NetworkChoice("id", "3")),
        ("reserve_from:0:SIZE=5", NetworkChoice("reserve_from", "0", "SIZE=5")),
        ("reserve_from:0", NetworkChoice("reserve_from", "0")),
        ("reserve_from::", NetworkChoice("reserve_from")),
        ("template_id:2:AR=[ TYPE=IP4, SIZE=4 ]", NetworkChoice("template_id", "2", "AR=[ TYPE=IP4, SIZE=4 ]")),
        ("id:x", None),
        ("vnet:3", None),
    ],
)
def test_what_a_definition_offers(text: str, choice: NetworkChoice | None) -> None:
    assert NetworkChoice.parse(text) == choice


def test_the_published_template_asks_for_its_network() -> None:
    document = case("01-network-id-colons")
    assert plan_from_document(document).left_out == ()
    plan = plan_from_template(document)
    (asked,) = [problem for problem in rules.check(plan) if problem.rule == "mandatory"]
    assert asked.field == "service.network"
    assert "networks_values" not in plan.merge_template()
    assert plan.with_text("service.network", "7").merge_template()["networks_values"] == [{"Net": {"id": "7"}}]


def test_a_default_with_a_size_is_sent_with_it() -> None:
    plan = plan_from_template(case("10-reserve-default-with-size"))
    wanted = [{"Net": {"reserve_from": "0", "extra": "SIZE=5"}}]
    assert plan.merge_template()["networks_values"] == wanted
    assert not rules.blocking(rules.check(plan))
    with Cloud() as cloud:
        service = cloud.instantiate(plan.template(), plan.merge_template())
        cloud.clock.advance(5)
        (values,) = cloud.body(service)["networks_values"]
        assert "SIZE=5" in values["Net"]["extra"]
        network = cloud.sandbox.world.networks.get(int(values["Net"]["id"]))
        assert network.plan.size == 5


def test_of_several_networks_each_is_sent() -> None:
    document = case("10-reserve-default-with-size")
    document["networks"] = {
        "Net": "M|network|n||reserve_from:0:SIZE=5",
        "Other": "O|network|o||id:2",
        "No": "O|network|x||id::",
    }
    plan = plan_from_template(document).with_text("service.network_No", "1")
    assert plan.merge_template()["networks_values"] == [
        {"Net": {"reserve_from": "0", "extra": "SIZE=5"}},
        {"Other": {"id": "2"}},
        {"No": {"id": "1"}},
    ]
