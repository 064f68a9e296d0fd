"""Templates with every mechanical fix applied: fewer errors, none that is new, and OneFlow makes a service of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.core.plan.test_fixes import TEMPLATES, TEMPLATES_OF_6, applied
from tests.sandbox.cloud import Cloud
from wizard.core.opennebula.documents_v6 import from_v6
from wizard.core.plan.problem import Kind, Problem
from wizard.core.plan.template_rules import check_template

MANY_STEPS = 60


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """A cloud on a clock that stands still."""
    with Cloud() as running:
        yield running


def errors(body: dict[str, Any]) -> set[Problem]:
    return {problem for problem in check_template(body) if problem.kind is Kind.ERROR}


def fixed(body: dict[str, Any]) -> dict[str, Any]:
    """The template with one fix after the other applied, the errors first; none makes another error."""
    for _ in range(MANY_STEPS):
        found = sorted(check_template(body), key=lambda problem: problem.kind is not Kind.ERROR)
        fixable = [problem for problem in found if problem.fix.mechanical]
        if not fixable:
            return body
        changed = applied(body, fixable[0].place, fixable[0].fix)
        before, after = errors(body), errors(changed)
        assert len(after) <= len(before) - (fixable[0] in before), (fixable[0], after - before)
        body = changed
    raise AssertionError(fixable)


@pytest.mark.parametrize("place", range(len(TEMPLATES) + len(TEMPLATES_OF_6)))
def test_a_fixed_template_is_deployed(cloud: Cloud, place: int) -> None:
    body = fixed([*TEMPLATES, *TEMPLATES_OF_6][place])
    if errors(body):
        pytest.skip("a person has to fix the rest")
    body = from_v6(body)
    merge: dict[str, Any] = {"user_inputs_values": defaults(body)}
    merge["roles"] = [{"name": role["name"], "user_inputs_values": defaults(role)} for role in body["roles"]]
    service = cloud.instantiate(body, merge)
    for _ in range(60):
        cloud.clock.advance(1)
        states = {role["name"]: role["state"] for role in cloud.body(service)["roles"]}
        if states["supernode"] == 2:
            break
    assert (states["superlink"], states["supernode"]) == (2, 2), states
    cloud.recover(service, delete=True)
    cloud.until(service, None)


def defaults(part: dict[str, Any]) -> dict[str, str]:
    return {key: definition.split("|")[-1] for key, definition in (part.get("user_inputs") or {}).items()}
