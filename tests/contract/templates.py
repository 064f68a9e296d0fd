"""Registrations, updates, instantiations, and a template of 6.x."""

from __future__ import annotations

from typing import Any

from tests.contract.recorded_world import RECORDED
from tests.contract.replay import RECORDINGS
from tests.contract.steps import Scenario, flower, register, until, with_role

_FIRST, _LAST = "93-template-get-not-a-number", "93-template-empty-name"

REGISTRATIONS = Scenario(
    "registrations",
    RECORDED,
    (
        # Requested while no document has the id 0.
        _FIRST,
        *sorted({path.stem for path in RECORDINGS.glob("93-*.json")} - {_FIRST, _LAST}),
        _LAST,
    ),
)

_TWO_INPUTS = {"A": "M|text|Mandatory||", "B": "O|text|Optional||dflt"}
_LISTED_INPUTS = {"N": "M|number|A number||3", "L": "M|list|x|a,b|a", "R": "M|range|x|1..5|3"}


def _networks(default: str) -> dict[str, Any]:
    return flower("Flower err", networks={"Private": f"M|network|Private network| |{default}"})


def _role_inputs() -> dict[str, Any]:
    return with_role(1, "Flower err", user_inputs=_TWO_INPUTS)


UPDATES = Scenario(
    "updates and instantiations",
    RECORDED,
    (
        register(19, flower("Upd")),
        "94-update-no-roles",
        "94-update-name-in-body",
        "94-rename",
        "94-after-rename",
        "94-clone",
        "94-action-empty",
        "94-action-no-action",
        "94-action-unknown",
        *(register(number, flower("Flower err", user_inputs=_TWO_INPUTS)) for number in (21, 22, 23, 25)),
        "94-instantiate-inputs-no-values",
        "94-instantiate-inputs-empty-values",
        "94-instantiate-inputs-missing-mandatory",
        "94-instantiate-inputs-values-not-object",
        register(26, flower("Flower err", user_inputs=_LISTED_INPUTS)),
        "94-instantiate-inputs-wrong-values",
        *(register(number, _role_inputs()) for number in (28, 29, 30, 31, 33)),
        "94-instantiate-role-inputs-no-merge",
        "94-instantiate-role-inputs-no-roles",
        "94-instantiate-role-inputs-empty-roles",
        "94-instantiate-role-inputs-other-role",
        "94-instantiate-role-inputs-missing",
        *(register(number, flower("Flower err")) for number in (36, 37, 38, 39, 41, 43)),
        "94-instantiate-cardinality-below-min",
        "94-instantiate-cardinality-text",
        "94-instantiate-superlink-2",
        "94-instantiate-unknown-role-in-merge",
        "94-instantiate-unknown-field-in-merge",
        "94-instantiate-merge-not-object",
        register(45, _networks("id:")),
        "94-instantiate-networks-no-values",
        register(47, _networks("id:0")),
        "94-instantiate-networks-default-id",
        *(register(number, _networks("id:")) for number in (50, 51)),
        "94-instantiate-networks-values-not-list",
        "94-instantiate-networks-unknown-id",
        register(228, flower("put")),
        "94-update-without-deployment",
        "94-update-append",
    ),
)


LEGACY = Scenario(
    "a 6.x template",
    RECORDED,
    (
        "98-v6-register",
        "98-v6-instantiate-custom_attrs_values",
        "98-v6-instantiate-user_inputs_values",
        until(233, 1),
        "98-v6-service-user_inputs_values",
    ),
)
