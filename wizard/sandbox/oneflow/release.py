"""What differs between the OneFlow of OpenNebula 7.x, which is this one, and that of 6.x, in `release_6`."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.sandbox.oneflow.instantiation import service_body
from wizard.sandbox.oneflow.schema import convert, validate
from wizard.sandbox.oneflow.service import Role, Service


@dataclass(frozen=True)
class VmRequest:
    """What OneFlow asks oned to merge over a VM template, and which attributes of that give way whole."""

    contents: dict[str, Any]
    replaced: tuple[str, ...] = ()


class Release:
    """OneFlow 7.x: documents in its names, values by themselves in each VM and its CONTEXT."""

    def template(self, body: object) -> dict[str, Any]:
        """A service template as it is stored. Invalid or Crash, with the server's text."""
        return validate(convert(body))

    def of_world(self, template: Mapping[str, Any]) -> dict[str, Any]:
        """A service template of a world's description, which is written for 7.x, as it is stored."""
        return self.template(copy.deepcopy(dict(template)))

    def changed_template(self, before: dict[str, Any], body: object) -> dict[str, Any]:
        """The same in place of another one, whose registration time it keeps."""
        return self.template({**convert(body), "registration_time": before["registration_time"]})

    def service(self, template: dict[str, Any], merge: object, now: int) -> dict[str, Any]:
        """The body of a new service, PENDING. BadInputs, Invalid or Crash, with the server's text."""
        return service_body(template, merge, now)

    def set_network(self, role: Role, name: str, number: object) -> None:
        """Put the id of a network in the place of its name."""
        if "template_contents" in role.body:
            role.body["template_contents"] = _substituted(role.body["template_contents"], f"${name}", number)

    def set_values(self, service: Service, role: Role) -> None:
        """Set each input value in the VM as KEY, and in its CONTEXT as $KEY. The role's value wins."""
        contents: dict[str, Any] = role.body.setdefault("template_contents", {})
        values = {**(service.body.get("user_inputs_values") or {}), **(role.body.get("user_inputs_values") or {})}
        if not values:
            return
        context = contents.setdefault("CONTEXT", {})
        for key, value in values.items():
            context[key] = f"${key}"
            contents[key] = value

    def vm_request(self, role: Role) -> VmRequest:
        """The next VM of a role. OneError where oned can't read its contents."""
        contents = dict(role.body.get("template_contents", {}))
        context = contents.get("CONTEXT")
        if isinstance(context, list) and len(context) == 1:
            # One of a list is the same in oned's syntax; so a 7.x keeps what was a text of 6.x.
            contents["CONTEXT"] = context[0]
        return VmRequest(contents)

    def template_id(self, role: Role) -> int:
        """The VM template of a role."""
        return int(role.body["template_id"])


def _substituted(contents: object, variable: str, value: object) -> object:
    if isinstance(contents, dict):
        return {key: _substituted(item, variable, value) for key, item in contents.items()}
    if isinstance(contents, list):
        return [_substituted(item, variable, value) for item in contents]
    if contents == variable:
        return "" if value is None else value
    return contents
