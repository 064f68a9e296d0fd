"""`check` and a server say the same of a template: what is refused there is an error here, and nothing else is."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.cloud import Cloud
from wizard.core.opennebula.documents import NotATemplate
from wizard.core.opennebula.documents_v6 import to_v6
from wizard.core.plan.plan import Plan
from wizard.core.plan.problem import Kind, Problem
from wizard.core.plan.server_rules import REFUSED
from wizard.core.plan.template_check import linted
from wizard.sandbox.server import Sandbox

CASES = Path(__file__).parents[2] / "cases"


def errors(document: object) -> list[Problem]:
    return [item for item in linted(document).problems if item.kind is Kind.ERROR]


@pytest.mark.parametrize("path", sorted((CASES / "refused").glob("*.json")), ids=lambda path: path.stem)
def test_what_oneflow_refused_is_an_error(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    assert errors(document)
    assert all(item.fix.said for item in errors(document))
    with Cloud() as cloud:
        assert cloud.ask("POST", "/service_template", document)[0] in (400, 500)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("06-input-key-with-dash", "user_inputs.A-X"),
        ("07-nic-names-no-network", "roles[1].template_contents.NIC"),
        ("15-on-hold", "on_hold"),
    ],
)
def test_what_it_takes_and_can_t_run_is_an_error(name: str, path: str) -> None:
    document = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    assert [item.path for item in errors(document)] == [path]


def test_a_superlink_that_is_a_router_and_a_network_that_is_an_object() -> None:
    document = Plan().with_text("service.network", "3").template()
    document["roles"][0]["type"] = "vr"
    document["networks"] = {"Private": {"id": 3}}
    assert {item.path for item in errors(document)} >= {"roles[0].type", "networks.Private"}


WRONG: tuple[Any, ...] = (None, "x", "3", 3, -1, 2.5, True, [], ["x"], {}, {"a": "b"})
SERVICE_KEYS = {
    False: ("description", "ready_status_gate", "networks", "networks_values", "user_inputs", "user_inputs_values",
            "shutdown_action", "on_hold", "name", "automatic_deletion", "registration_time"),
    True: ("description", "ready_status_gate", "networks", "networks_values", "custom_attrs", "custom_attrs_values",
           "shutdown_action", "name", "automatic_deletion", "registration_time"),
}  # fmt: skip
ROLE_KEYS = {
    False: ("type", "template_id", "cardinality", "min_vms", "max_vms", "cooldown", "parents", "user_inputs",
            "template_contents", "shutdown_action", "on_hold", "elasticity_policies", "scheduled_policies"),
    True: ("vm_template", "cardinality", "min_vms", "max_vms", "cooldown", "parents", "custom_attrs",
           "vm_template_contents", "shutdown_action", "elasticity_policies", "scheduled_policies"),
}  # fmt: skip


def changed(old: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Our own template with every value of a wrong kind in every place, and without it."""
    whole = to_v6(Plan().template()) if old else Plan().template()
    for place, keys in ((None, SERVICE_KEYS[old]), (1, ROLE_KEYS[old])):
        for key in keys:
            for value in (*WRONG, ...):
                document = copy.deepcopy(whole)
                part = document if place is None else document["roles"][place]
                if value is ...:
                    part.pop(key, None)
                else:
                    part[key] = value
                yield f"{key} = {value!r}", document


@pytest.mark.parametrize("old", [False, True], ids=["7.5", "6.10"])
def test_the_verdict_is_that_of_the_server(old: bool) -> None:
    sandbox = Sandbox(latency=0, version="6.10" if old else None)
    differing = []
    with Cloud(sandbox=sandbox) as cloud:
        for name, document in changed(old):
            taken = cloud.ask("POST", "/service_template", document)[0] == 201
            try:
                found = errors(document)
            except NotATemplate:
                found = [Problem(Kind.ERROR, "", "", REFUSED)]
            if (not taken and not found) or (taken and any(item.rule == REFUSED for item in found)):
                differing.append((name, taken, [str(item) for item in found]))
    assert differing == []
