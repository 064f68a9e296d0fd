"""OneFlow 6.x: documents in its names, and the contents of a role as a text into which it puts the values."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from wizard.sandbox.oned import syntax
from wizard.sandbox.oneflow import schema
from wizard.sandbox.oneflow.instantiation import set_networks_values
from wizard.sandbox.oneflow.release import Release, VmRequest
from wizard.sandbox.oneflow.replies import BadInputs, Crash, Invalid, Refusal, no_method
from wizard.sandbox.oneflow.service import Role, Service

_NEW_IN_7 = ("type", "template_id", "template_contents", "user_inputs", "on_hold")
_ROLE = {
    **{key: rule for key, rule in schema.ROLE.items() if key not in _NEW_IN_7},
    "vm_template": {"type": "integer", "required": True},
    "vm_template_contents": {"type": "string"},
    "custom_attrs": {"type": "object"},
    "custom_attrs_values": {"type": "object"},
}
_SERVICE = {
    **{key: rule for key, rule in schema.SERVICE.items() if key not in _NEW_IN_7},
    "custom_attrs": {"type": "object"},
    "custom_attrs_values": {"type": "object"},
    "roles": {"type": "array", "required": True, "items": {"type": "object", "properties": _ROLE}},
}

_NO_VALUES = "The Service template specifies custom attributes but no values have been found"
_MISSING = "Verify that every custom attribute have its corresponding value defined"
_FORMAT = "Wrong custom_attrs or custom_attrs_values format"
_ROLE_FORMAT = "The role custom attributes are empty or do not have a valid format"

_VARIABLE = re.compile(r"\$([A-Za-z0-9_]+)")
_APPENDED = re.compile(r"^\s*APPEND=\"?(.*?)\"?\s*$", re.MULTILINE)
_IN_REPLACEMENT = re.compile(r"\\([0-9&`'\\])")
_RUBY = {type(None): "nil", int: "Integer", float: "Float", list: "Array", dict: "Hash"}


class Release6(Release):
    """OneFlow 6.x."""

    def template(self, body: object) -> dict[str, Any]:
        """A service template as it is stored: what 6.x does not know stays in it. Invalid, with the server's text."""
        found: dict[str, Any] = _checked(body, {"type": "object", "properties": _SERVICE}, "")
        schema.check_across_roles(found["roles"])
        return found

    def of_world(self, template: Mapping[str, Any]) -> dict[str, Any]:
        """A service template of a world's description, which is written for 7.x, as it is stored."""
        return self.template(
            {**copy.deepcopy(dict(template)), "roles": [_role_of_world(item) for item in template["roles"]]}
        )

    def changed_template(self, before: dict[str, Any], body: object) -> dict[str, Any]:
        """The same in place of another one. Refusal where it names another registration time."""
        if (
            isinstance(body, dict)
            and body.get("registration_time", before["registration_time"]) != (before["registration_time"])
        ):
            raise Refusal("Immutable value: `service_template/registration_time` can not be changed")
        return {**self.template(body), "registration_time": before["registration_time"]}

    def service(self, template: dict[str, Any], merge: object, now: int) -> dict[str, Any]:
        """The body of a new service: roles are merged by their place, and the values put into their texts."""
        body = copy.deepcopy(template)
        given = copy.deepcopy(merge) if isinstance(merge, dict) else None
        if body.get("custom_attrs"):
            _check_values(body["custom_attrs"], None if given is None else given.get("custom_attrs_values"))
        _check_roles(body, given)
        set_networks_values(body, given)
        merged = self.template(_merged(body, given or {}))
        for role in merged["roles"]:
            _put_values(role, merged)
            role["state"] = 0
        merged["state"] = 0
        merged["start_time"] = now
        return merged

    def set_network(self, role: Role, name: str, number: object) -> None:
        """Put the id of a network in the place of its name."""
        text = role.body.get("vm_template_contents")
        if isinstance(text, str) and name in _VARIABLE.findall(text):
            role.body["vm_template_contents"] = text.replace(f"${name}", "" if number is None else str(number))

    def set_values(self, service: Service, role: Role) -> None:
        """Nothing: they are in the text since the service was made."""

    def vm_request(self, role: Role) -> VmRequest:
        """The next VM of a role. Its CONTEXT takes the place of the VM template's, or, with APPEND, is dropped."""
        text = str(role.body.get("vm_template_contents") or "")
        contents = syntax.read(text)
        if any(name == "CONTEXT" for name in _APPENDED.findall(text)):
            return VmRequest({key: value for key, value in contents.items() if key != "CONTEXT"})
        return VmRequest(contents, ("CONTEXT",) if "CONTEXT" in contents else ())

    def template_id(self, role: Role) -> int:
        """The VM template of a role."""
        return int(role.body["vm_template"])


def _role_of_world(role: Mapping[str, Any]) -> dict[str, Any]:
    contents = role.get("template_contents", {})
    lines = [f"{key} = {_written(value)}" for key, value in contents.items()]
    kept = {key: value for key, value in copy.deepcopy(dict(role)).items() if key not in _NEW_IN_7}
    return {**kept, "vm_template": role["template_id"], **({"vm_template_contents": "\n".join(lines)} if lines else {})}


def _written(value: object) -> str:
    if isinstance(value, dict):
        return "[ " + ", ".join(f"{key} = {_written(item)}" for key, item in value.items()) + " ]"
    return '"' + str(value).replace('"', '\\"') + '"'


def _checked(value: Any, rule: Mapping[str, Any], key: str) -> Any:
    if rule["type"] == "object":
        if not isinstance(value, dict):
            raise Invalid(f"KEY: {key} must be a Hash; SCHEMA:")
        for name, inner in rule.get("properties", {}).items():
            # Ruby: false counts as missing.
            if value.get(name) is not None and value[name] is not False:
                value[name] = _checked(value[name], inner, name)
            elif inner.get("required"):
                raise Invalid(f"KEY: '{name}' is required;")
            elif "default" in inner:
                value[name] = inner["default"]
        return value
    if rule["type"] == "array" and isinstance(value, list):
        return [_checked(item, rule["items"], key) for item in value] if "items" in rule else value
    return schema.checked_value(value, rule, key)


def _check_values(inputs: object, values: object) -> None:
    if values is None:
        raise BadInputs(_NO_VALUES)
    if not isinstance(inputs, dict) or not isinstance(values, dict):
        raise BadInputs(_FORMAT)
    if any(key not in values for key in inputs):
        raise BadInputs(_MISSING)


def _check_roles(body: dict[str, Any], merge: dict[str, Any] | None) -> None:
    for role in body["roles"]:
        if not role.get("custom_attrs"):
            continue
        if merge is None or "roles" not in merge:
            raise BadInputs(_NO_VALUES)
        if not isinstance(merge["roles"], list) or not merge["roles"]:
            raise BadInputs(_ROLE_FORMAT)
        named = [item for item in merge["roles"] if isinstance(item, dict) and item.get("name") == role["name"]]
        if not named:
            line = "                role_custom_attrs_values = merge_role['custom_attrs_values']"
            raise BadInputs(no_method("[]", None, line, "['custom_attrs_values']"))
        _check_values(role["custom_attrs"], named[0].get("custom_attrs_values"))


def _merged(before: Any, after: Any) -> Any:
    """Objects merge key by key, and lists of objects place by place."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {**before, **{key: _merged(before[key], item) if key in before else item for key, item in after.items()}}
    if isinstance(before, list) and isinstance(after, list):
        pairs = zip(before, after, strict=False)
        return [*(_merged(one, other) for one, other in pairs), *before[len(after) :], *after[len(before) :]]
    return after


def _put_values(role: dict[str, Any], service: dict[str, Any]) -> None:
    for key in _VARIABLE.findall(role.get("vm_template_contents") or ""):
        for part in (role, service):
            values = part.get("custom_attrs_values")
            if isinstance(values, dict) and key in values:
                role["vm_template_contents"] = _replaced(role["vm_template_contents"], f"${key}", values[key])
                break
    for key, value in (role.get("user_inputs_values") or {}).items():
        role["vm_template_contents"] = f'{role.get("vm_template_contents") or ""}\n{key}="{value}"'


def _replaced(text: str, variable: str, value: object) -> str:
    """Ruby's `gsub`: in a replacement a backslash has a meaning."""
    if not isinstance(value, str):
        kind = str(value).lower() if isinstance(value, bool) else _RUBY[type(value)]
        raise Crash(f"no implicit conversion of {kind} into String")

    def put(match: re.Match[str]) -> str:
        special = {
            "0": match[0],
            "&": match[0],
            "\\": "\\",
            "`": text[: match.start()],
            "'": text[match.end() :],
        }
        return _IN_REPLACEMENT.sub(lambda found: special.get(found[1], ""), value)

    return re.sub(re.escape(variable), put, text)
