"""OneFlow's checks of a service template, in the server's words, and the defaults that they set."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from wizard.sandbox.blueprint import User
from wizard.sandbox.http import Request, Response
from wizard.sandbox.oned.accounts import OneError

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
_ROLE: dict[str, dict[str, Any]] = {
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
_SERVICE: dict[str, dict[str, Any]] = {
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


class Invalid(Exception):
    """A template that OneFlow does not take; the text is the server's."""


class Crash(Exception):
    """A request that makes OneFlow itself fail; the text is the `reason` of its JSON."""


def validate(body: dict[str, Any]) -> dict[str, Any]:
    """Check a service template and set the defaults in it; Invalid in the server's words."""
    _properties(body, _SERVICE)
    for role in body["roles"]:
        if isinstance(role, dict) and "type" in role and "name" in role and role["type"] not in ("vm", "vr"):
            raise Invalid(f"Unsupported role type {json.dumps(role['type'])}")
        _value(role, {"type": "object", "properties": _ROLE}, "roles")
    _across_roles(body["roles"])
    return body


def _properties(body: dict[str, Any], schema: Mapping[str, dict[str, Any]]) -> None:
    for key, rule in schema.items():
        value = body.get(key)
        # Ruby: false is as good as missing.
        if value is not None and value is not False:
            body[key] = _value(value, rule, key)
        elif rule.get("required"):
            dumped = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
            raise Invalid(f"Mandatory document key '{key} ({rule['type']})' is missing from {dumped}")
        elif "default" in rule:
            body[key] = rule["default"]


def _value(value: Any, rule: Mapping[str, Any], key: str) -> Any:
    kind = rule["type"]
    if kind == "integer":
        return _integer(value, rule, key)
    if kind == "string":
        _text(value, rule, key)
    elif kind == "array":
        if not isinstance(value, list):
            raise Invalid(f"KEY: '{key}' must be an Array;")
        if "items" in rule:
            value[:] = [_value(item, rule["items"], key) for item in value]
    elif kind == "object":
        if not isinstance(value, dict):
            raise Invalid(f"KEY: '{key}' must be an Object;")
        _properties(value, rule.get("properties", {}))
    elif not isinstance(value, bool):
        raise Invalid(f"KEY: '{key}' is not allowed in {{:type=>:boolean, :required=>false}};")
    return value


def _integer(value: Any, rule: Mapping[str, Any], key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Crash(f"can't convert {type(value).__name__} into Integer")
    try:
        number = int(value)
    except ValueError:
        raise Invalid(f"KEY: '{key}' must be an Integer;") from None
    if "minimum" in rule and number < rule["minimum"]:
        raise Invalid(f"KEY: '{key}' must be greater than or equal to {rule['minimum']};")
    return number


def _text(value: Any, rule: Mapping[str, Any], key: str) -> None:
    if not isinstance(value, str):
        raise Invalid(f"KEY: '{key}' must be a String;")
    if "enum" in rule and value not in rule["enum"]:
        raise Invalid(f"KEY: '{key}' must be one of {', '.join(rule['enum'])};")
    if rule.get("name") and not _NAME.fullmatch(value):
        raise Invalid(f"KEY: '{key}' must match regexp /^\\w+$/;")


def _across_roles(roles: list[dict[str, Any]]) -> None:
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


_CLASSES = {str: "String", list: "Array", dict: "Hash", int: "Integer", float: "Float", bool: "Boolean"}


def no_method(method: str, value: Any, line: str, mark: str) -> str:
    """The message for a method that a value does not have, with the source line and marks under the call.

    `line` is the source line as the server shows it, `mark` the part of it that is underlined.
    """
    shown = "nil" if value is None else _inspect(value)
    kind = "NilClass" if value is None else _CLASSES.get(type(value), "Object")
    under = " " * (line.rindex(mark)) + "^" * len(mark)
    return f"undefined method `{method}' for {shown}:{kind}\n\n{line}\n{under}"


def unexpected(text: str) -> str:
    """The message of Ruby's JSON parser."""
    return f"unexpected token at '{text}'"


def to_i(value: Any) -> int:
    """Ruby's `to_i`: the number that a value begins with, else 0."""
    if isinstance(value, (int, float)):
        return int(value)
    match = re.match(r"\s*-?\d+", str(value or ""))
    return int(match[0]) if match else 0


def _inspect(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_inspect(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Ask:
    """A request with its user, and the parts of its path that vary."""

    user: User
    request: Request
    path: tuple[str, ...]


def text(status: int, body: str) -> Response:
    """A plain answer; its Content-Type says text/html, as all of OneFlow's do."""
    return Response(status, body.encode())


def crash(reason: str) -> Response:
    """OneFlow's answer when it fails itself."""
    return Response(
        500, json.dumps({"message": "Internal server error", "reason": reason}, ensure_ascii=False).encode()
    )


def answer(status: int, body: Any) -> Response:
    """A JSON answer."""
    return Response(status, json.dumps(body, ensure_ascii=False).encode())


NOTHING = Response(204, b"", None)


def read_json(request: Request) -> Any:
    """The body as JSON; Crash when it is none."""
    words = request.body.decode(errors="replace")
    try:
        return json.loads(words)
    except ValueError:
        raise Crash(unexpected(words)) from None


def document_id(segment: str) -> int:
    """Ruby's `to_i`: what is no number is 0."""
    match = re.match(r"\d+", segment)
    return int(match[0]) if match else 0


def read_action(request: Request, needs_params: bool = False) -> tuple[str, dict[str, Any]]:
    """The name of an action and its parameters; Crash where the server stumbles over their absence."""
    body = read_json(request)
    action = body.get("action") if isinstance(body, dict) else None
    if not isinstance(action, dict):
        raise Crash(no_method("[]", action, "    opts   = action['params']", "['params']"))
    params = action.get("params")
    if params is None and needs_params:
        raise Crash(no_method("[]", None, "    if opts['period'].nil? ^ opts['number'].nil?", "['period']"))
    return str(action.get("perform") or ""), params if isinstance(params, dict) else {}


def pool(documents: list[Any]) -> dict[str, Any]:
    """A list of documents; an empty one has no DOCUMENT."""
    return {"DOCUMENT_POOL": {"DOCUMENT": documents} if documents else {}}


_Made = TypeVar("_Made")


def from_oned(call: str, act: Callable[[], _Made]) -> _Made:
    """Do something in oned; its refusal gets the name of the call in front."""
    try:
        return act()
    except OneError as error:
        raise OneError(error.code, f"[{call}] {error.message}") from None
