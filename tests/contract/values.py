"""Awkward input values, as they arrive in the VMs."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.recorded_world import RECORDED
from tests.contract.replay import RECORDINGS
from tests.contract.steps import Scenario, Step, flower, instantiate, ready, register, until, vm, with_role

_WITH_NETWORK = {"NIC": [{"NAME": "NIC_0", "NETWORK_ID": "$Private"}]}


def _private() -> dict[str, Any]:
    template = flower(networks={"Private": "M|network|Private network| |id:0"})
    for role in template["roles"]:
        role["template_contents"] = _WITH_NETWORK
    return template


def _stored_values(service_recording: str) -> dict[str, Any]:
    """What a recorded service was given, where the request itself was not recorded."""
    body = json.loads((RECORDINGS / f"{service_recording}.json").read_text())["response"]["body"]
    return {"user_inputs_values": body["DOCUMENT"]["TEMPLATE"]["BODY"]["user_inputs_values"]}


def awkward(
    name: str, template: int, service: int, body: dict[str, Any] | None = None, merge: dict[str, Any] | None = None
) -> Scenario:
    """How some values arrive: registered, instantiated, and the VMs that came of it."""
    kinds = ("register", "instantiate", "service")
    recorded = {kind: f"96-{name}-{kind}" for kind in kinds if (RECORDINGS / f"96-{name}-{kind}.json").exists()}
    superlink, supernode = f"96-{name}-vm-superlink", f"96-{name}-vm-supernode"
    parts = ("TEMPLATE/CONTEXT", "TEMPLATE/CPU", "TEMPLATE/MEMORY", "TEMPLATE/NIC", "USER_TEMPLATE")
    steps: list[str | Step] = [
        recorded.get("register") or register(template, body or flower()),
        recorded.get("instantiate") or instantiate(template, service, merge),
        until(service, 1),
        vm(superlink, service, "superlink", 0, *parts),
        ready(service, "superlink"),
        until(service, 1, 2, 1),
        vm(supernode, service, "supernode", 0, *parts),
    ]
    if "service" in recorded:
        steps.append(recorded["service"])
    return Scenario(f"values: {name}", RECORDED, tuple(steps), frozenset({superlink, supernode}))


AWKWARD = (
    awkward("service-level", 73, 74),
    awkward("role-level", 75, 76),
    awkward(
        "same-key-both-levels",
        77,
        78,
        with_role(1, user_inputs={"ONEAPP_FL_LOG_LEVEL": "O|text|l||DEBUG"})
        | {"user_inputs": {"ONEAPP_FL_LOG_LEVEL": "O|text|l||INFO"}},
    ),
    awkward("undeclared-values", 79, 80),
    awkward("values-in-template-and-merge", 82, 83),
    awkward("undeclared-values-in-template", 84, 85),
    awkward("empty-value", 86, 87, merge={"user_inputs_values": {"ONEAPP_FL_FRAMEWORK": ""}}),
    awkward("non-string-values", 88, 89, merge=_stored_values("96-non-string-values-service")),
    awkward("special-characters", 90, 91, merge=_stored_values("96-special-characters-service")),
    awkward("double-quote", 92, 93),
    awkward("double-quote-escaped", 94, 95),
    awkward("lower-case-key", 96, 97),
    awkward("context-key-clash", 100, 101),
    awkward("template_contents", 102, 103),
    awkward("networks-id", 104, 105, _private()),
    awkward("networks-default", 106, 107),
    awkward("networks-reserve", 108, 109),
    Scenario(
        "values: those that are refused, or break the deployment",
        RECORDED,
        ("96-values-in-template-only-register", "96-odd-key-register", "96-odd-key-instantiate", until(99, 7)),
    ),
)
