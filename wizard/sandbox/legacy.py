"""Templates in the format of OneFlow 6.x, which a newer server converts without a word."""

from __future__ import annotations

from typing import Any

from wizard.sandbox import ruby, template_text
from wizard.sandbox.schema import Crash

_OLD_ROLE_KEYS = ("vm_template", "vm_template_contents", "custom_attrs")
_LISTS = ("NIC", "NIC_ALIAS", "DISK")


def convert(body: Any) -> dict[str, Any]:
    """The body in today's format, converted only if every role uses the old one; Crash if it is no object."""
    if not isinstance(body, dict):
        line = "            body.key?('roles') && body['roles'].all? do |role|"
        raise Crash(ruby.no_method("key?", body, line, ".key?"))
    roles = body.get("roles")
    if not isinstance(roles, list) or not all(isinstance(role, dict) and _is_old(role) for role in roles):
        return body
    converted = {key: value for key, value in body.items() if key not in ("custom_attrs", "custom_attrs_values")}
    converted["roles"] = [_role(role) for role in roles]
    for old, new in (("custom_attrs", "user_inputs"), ("custom_attrs_values", "user_inputs_values")):
        if old in body:
            converted[new] = body[old]
    return converted


def _is_old(role: dict[str, Any]) -> bool:
    return any(key in role for key in _OLD_ROLE_KEYS)


def _role(role: dict[str, Any]) -> dict[str, Any]:
    converted = {key: value for key, value in role.items() if key not in _OLD_ROLE_KEYS}
    if "vm_template" in role:
        converted["template_id"] = role["vm_template"]
    converted.setdefault("type", "vm")
    if "vm_template_contents" in role:
        contents = template_text.parse(str(role["vm_template_contents"]))
        converted["template_contents"] = {
            key: [value] if key in _LISTS and not isinstance(value, list) else value for key, value in contents.items()
        }
    if "custom_attrs" in role:
        converted["user_inputs"] = role["custom_attrs"]
    return converted
