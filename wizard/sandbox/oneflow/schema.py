"""Service templates: the server's checks and defaults, and the conversion of the 6.x format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from wizard.sandbox.oned import templates
from wizard.sandbox.oneflow.replies import Crash, Invalid, no_method

_SHUTDOWN = ("terminate", "terminate-hard", "shutdown", "shutdown-hard")
_NAME = re.compile(r"\w+", re.ASCII)
_COMPARISON = re.compile(
    r"""\s*!?\(*\s*[A-Za-z_]\w*\s*(?:==|!=|>=|<=|>|<)\s*(?P<value>-?\d+(?:\.\d+)?|["'][^"']*["'])?"""
)

_POLICY: dict[str, dict[str, Any]] = {
    "type": {"type": "string", "enum": ("CHANGE", "CARDINALITY", "PERCENTAGE_CHANGE"), "required": True},
    "adjust": {"type": "integer", "required": True},
    "min_adjust_step": {"type": "integer", "minimum": 1},
}
_ELASTICITY: dict[str, dict[str, Any]] = {
    **_POLICY,
    "period_number": {"type": "integer", "minimum": 0},
    "period": {"type": "integer", "minimum": 0},
    "expression": {"type": "string", "required": True},
    "cooldown": {"type": "integer", "minimum": 0},
}
ROLE: dict[str, dict[str, Any]] = {
    "name": {"type": "string", "required": True, "name": True},
    "type": {"type": "string", "required": True},
    "cardinality": {"type": "integer", "default": 0, "minimum": 0},
    "template_id": {"type": "integer", "required": True},
    "parents": {"type": "array", "items": {"type": "string"}},
    "user_inputs": {"type": "object"},
    "user_inputs_values": {"type": "object"},
    "template_contents": {"type": "object"},
    "on_hold": {"type": "boolean"},
    "shutdown_action": {"type": "string", "enum": _SHUTDOWN},
    "min_vms": {"type": "integer", "minimum": 0},
    "max_vms": {"type": "integer", "minimum": 0},
    "cooldown": {"type": "integer", "minimum": 0},
    "elasticity_policies": {"type": "array", "items": {"type": "object", "properties": _ELASTICITY}},
    "scheduled_policies": {"type": "array", "items": {"type": "object", "properties": _POLICY}},
}
SERVICE: dict[str, dict[str, Any]] = {
    "name": {"type": "string", "required": True},
    "deployment": {"type": "string", "enum": ("none", "straight"), "default": "none"},
    "description": {"type": "string", "default": ""},
    "shutdown_action": {"type": "string", "enum": _SHUTDOWN},
    "roles": {"type": "array", "required": True},
    "user_inputs": {"type": "object"},
    "user_inputs_values": {"type": "object"},
    "ready_status_gate": {"type": "boolean"},
    "on_hold": {"type": "boolean"},
    "networks": {"type": "object"},
    "networks_values": {"type": "array"},
    "automatic_deletion": {"type": "boolean"},
    "registration_time": {"type": "integer"},
}


def validate(body: dict[str, Any]) -> dict[str, Any]:
    """Check a service template and set the defaults in it; Invalid with the server's text."""
    _properties(body, SERVICE)
    for role in body["roles"]:
        if isinstance(role, dict) and "type" in role and "name" in role and role["type"] not in ("vm", "vr"):
            raise Invalid(f"Unsupported role type {json.dumps(role['type'])}")
        checked_value(role, {"type": "object", "properties": ROLE}, "roles")
    check_across_roles(body["roles"])
    return body


def _properties(body: dict[str, Any], schema: Mapping[str, dict[str, Any]]) -> None:
    for key, rule in schema.items():
        value = body.get(key)
        # Ruby: false counts as missing.
        if value is not None and value is not False:
            body[key] = checked_value(value, rule, key)
        elif rule.get("required"):
            dumped = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
            raise Invalid(f"Mandatory document key '{key} ({rule['type']})' is missing from {dumped}")
        elif "default" in rule:
            body[key] = rule["default"]


def checked_value(value: Any, rule: Mapping[str, Any], key: str) -> Any:
    """A value that fits a rule, as it is stored. Invalid or Crash, with the server's text."""
    kind = rule["type"]
    if kind == "integer":
        return _integer(value, rule, key)
    if kind == "string":
        _text(value, rule, key)
    elif kind == "array":
        if not isinstance(value, list):
            raise Invalid(f"KEY: '{key}' must be an Array;")
        if "items" in rule:
            value[:] = [checked_value(item, rule["items"], key) for item in value]
    elif kind == "object":
        if not isinstance(value, dict):
            raise Invalid(f"KEY: '{key}' must be an Object;")
        _properties(value, rule.get("properties", {}))
    elif not isinstance(value, bool):
        raise Invalid(f"KEY: '{key}' is not allowed in {{:type=>:boolean, :required=>false}};")
    return value


def _integer(value: object, rule: Mapping[str, Any], key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Crash(f"can't convert {type(value).__name__} into Integer")
    try:
        number = int(value)
    except ValueError:
        raise Invalid(f"KEY: '{key}' must be an Integer;") from None
    if "minimum" in rule and number < rule["minimum"]:
        raise Invalid(f"KEY: '{key}' must be greater than or equal to {rule['minimum']};")
    return number


def _text(value: object, rule: Mapping[str, Any], key: str) -> None:
    if not isinstance(value, str):
        raise Invalid(f"KEY: '{key}' must be a String;")
    if "enum" in rule and value not in rule["enum"]:
        raise Invalid(f"KEY: '{key}' must be one of {', '.join(rule['enum'])};")
    if rule.get("name") and not _NAME.fullmatch(value):
        raise Invalid(f"KEY: '{key}' must match regexp /^\\w+$/;")


def check_across_roles(roles: list[dict[str, Any]]) -> None:
    """Check what no role shows by itself: names and limits. Invalid, with the server's text."""
    names: set[str] = set()
    for role in roles:
        if role["name"] in names:
            raise Invalid(f"Role name '{role['name']}' is repeated")
        names.add(role["name"])
    for role in roles:
        cardinality, low, high = role["cardinality"], role.get("min_vms"), role.get("max_vms")
        if low is not None and low > cardinality:
            raise Invalid(f"Role '{role['name']}' 'cardinality' must be greater than or equal to 'min_vms'")
        if high is not None and high < cardinality:
            raise Invalid(f"Role '{role['name']}' 'cardinality' must be lower than or equal to 'max_vms'")
        elastic = role.get("elasticity_policies") or []
        if (elastic or role.get("scheduled_policies")) and (low is None or high is None):
            # The missing and the doubled blanks are the server's.
            raise Invalid(
                f"Role '{role['name']}' with  'elasticity_policies' or "
                "'scheduled_policies'must define both 'min_vms' and 'max_vms'"
            )
        for number, policy in enumerate(elastic):
            _expression(role["name"], number, policy["expression"])


def _expression(role: str, number: int, expression: str) -> None:
    where = f"Role '{role}', elasticity policy #{number} 'expression'"
    if not expression:
        raise Invalid(f"{where} cannot be empty")
    match = _COMPARISON.match(expression)
    if match is None or match["value"] is None:
        end = 0 if match is None else match.end()
        raise Invalid(
            f"{where} parse error: Expected one of ' ', '-', [0-9], '\"', '\\'', [a-zA-Z] "
            f"at line 1, column {end + 1} (byte {end + 1}) after {expression[:end].rstrip()}"
        )


_OLD_ROLE_KEYS = ("vm_template", "vm_template_contents", "custom_attrs")
_LISTS = ("NIC", "NIC_ALIAS", "DISK")


def convert(body: object) -> dict[str, Any]:
    """The body in the 7.x format, converted only if every role uses the 6.x one; Crash if it is no object."""
    if not isinstance(body, dict):
        line = "            body.key?('roles') && body['roles'].all? do |role|"
        raise Crash(no_method("key?", body, line, ".key?"))
    roles = body.get("roles")
    if not isinstance(roles, list) or not all(isinstance(role, dict) and _is_old(role) for role in roles):
        return body
    converted = {key: value for key, value in body.items() if key not in ("custom_attrs", "custom_attrs_values")}
    converted["roles"] = [_converted_role(role) for role in roles]
    for old, new in (("custom_attrs", "user_inputs"), ("custom_attrs_values", "user_inputs_values")):
        if old in body:
            converted[new] = body[old]
    return converted


def _is_old(role: dict[str, Any]) -> bool:
    return any(key in role for key in _OLD_ROLE_KEYS)


def _converted_role(role: dict[str, Any]) -> dict[str, Any]:
    converted = {key: value for key, value in role.items() if key not in _OLD_ROLE_KEYS}
    if "vm_template" in role:
        converted["template_id"] = role["vm_template"]
    converted.setdefault("type", "vm")
    if "vm_template_contents" in role:
        contents = templates.parse(str(role["vm_template_contents"]))
        converted["template_contents"] = {
            key: [value] if key in _LISTS and not isinstance(value, list) else value for key, value in contents.items()
        }
    if "custom_attrs" in role:
        converted["user_inputs"] = role["custom_attrs"]
    return converted
