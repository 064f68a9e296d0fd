"""The body of a new service, from a service template and a merge template."""

from __future__ import annotations

import copy
from typing import Any

from wizard.sandbox.oneflow.replies import BadInputs, no_method
from wizard.sandbox.oneflow.schema import validate

_MISSING = "Verify that every User Input have its corresponding value defined"
_FORMAT = "Wrong User Inputs or User Inputs Values format"


def service_body(template: dict[str, Any], merge: object, now: int) -> dict[str, Any]:
    """The body of the new service, PENDING. BadInputs or Invalid, with the server's text."""
    body = copy.deepcopy(template)
    checked = _checked_merge(merge)
    _check_inputs(body, checked)
    _check_role_inputs(body, checked)
    set_networks_values(body, checked)
    merged = _merged(body, checked or {})
    validate(merged)
    for role in merged["roles"]:
        role["state"] = 0
    merged["state"] = 0
    merged["start_time"] = now
    return merged


def _checked_merge(merge: object) -> dict[str, Any] | None:
    if merge is None:
        return None
    if not isinstance(merge, dict):
        line = "            if merge_template.key?('custom_attrs_values')"
        raise BadInputs(no_method("key?", merge, line, ".key?"))
    copied: dict[str, Any] = copy.deepcopy(merge)
    if "custom_attrs_values" in copied:
        copied["user_inputs_values"] = copied.pop("custom_attrs_values")
    return copied


def _check_inputs(body: dict[str, Any], merge: dict[str, Any] | None) -> None:
    inputs = body.get("user_inputs")
    if not inputs:
        return
    if merge is None or "user_inputs_values" not in merge:
        raise BadInputs("The Service template specifies User Inputs but no values have been found")
    _check_values(inputs, merge["user_inputs_values"])


def _check_role_inputs(body: dict[str, Any], merge: dict[str, Any] | None) -> None:
    for role in body.get("roles", []):
        if not role.get("user_inputs"):
            continue
        if merge is None or "roles" not in merge:
            raise BadInputs(
                f"The Service template specifies user inputs for the role {role['name']} but no values have been found"
            )
        if not isinstance(merge["roles"], list) or not merge["roles"]:
            raise BadInputs("The role user inputs are empty or do not have a valid format")
        for given in merge["roles"]:
            # A role that the merge template does not mention is not checked at all.
            if isinstance(given, dict) and given.get("name") == role["name"]:
                _check_values(role["user_inputs"], given.get("user_inputs_values"))


def _check_values(inputs: object, values: object) -> None:
    if not isinstance(inputs, dict) or not isinstance(values, dict):
        raise BadInputs(_FORMAT)
    if any(key not in values for key in inputs):
        raise BadInputs(_MISSING)


def set_networks_values(body: dict[str, Any], merge: dict[str, Any] | None) -> None:
    """Take the defaults of the networks where no values are given. BadInputs, with the server's text."""
    networks = body.get("networks")
    if not networks:
        return
    if merge is not None and "networks_values" in merge:
        if not isinstance(merge["networks_values"], list):
            raise BadInputs("Wrong networks_values format")
        body.pop("networks_values", None)
    elif not body.get("networks_values"):
        body["networks_values"] = [{name: _default_network(str(text))} for name, text in networks.items()]


def _default_network(definition: str) -> dict[str, str | None]:
    """The default in `M|network|text| |id:0`: {"id": "0"}; None where it is empty. What follows the id is dropped."""
    kind, value, *_ = [*definition.rpartition("|")[2].split(":"), ""]
    return {kind: value or None}


def _merged(body: dict[str, Any], merge: dict[str, Any]) -> dict[str, Any]:
    """Objects merge key by key, lists are concatenated, roles merge by name and unknown ones are dropped."""
    result = _merge_objects(body, {key: value for key, value in merge.items() if key != "roles"})
    given = {role["name"]: role for role in merge.get("roles") or [] if isinstance(role, dict) and "name" in role}
    result["roles"] = [_merge_objects(role, given.get(role["name"], {})) for role in body["roles"]]
    return result


def _merge_objects(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    result = dict(before)
    for key, value in after.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = _merge_objects(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            value = [*old, *value]
        result[key] = value
    return result
