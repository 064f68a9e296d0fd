"""OneFlow's document of a service, read into a snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wizard.core.errors import WizardError
from wizard.core.snapshot import LogLine, Node, Role, ServiceSnapshot


class DecodeError(WizardError, ValueError):
    """A document is not a OneFlow service; the text says what is missing."""

    exit_status = 2


def decode_service(document: object) -> ServiceSnapshot:
    """Read OneFlow's answer about one service.

    Takes the parsed JSON of `GET /service/ID`, of an instantiation, or one entry of a pool: with or without the
    outer `DOCUMENT`. The body may be an object (OneFlow) or a JSON string (oned). Lenient where servers differ:
    missing `nodes`, a null `vm_info`, numbers as text. The input names of 6.x count as well.

    Raises DecodeError where it is no service at all.
    """
    outer = _mapping(document, "the answer")
    doc = _mapping(outer.get("DOCUMENT", outer), "DOCUMENT")
    body = _mapping(doc.get("TEMPLATE"), "DOCUMENT.TEMPLATE").get("BODY")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError as error:
            raise DecodeError(f"DOCUMENT.TEMPLATE.BODY is not JSON: {error}") from None
    body = _mapping(body, "DOCUMENT.TEMPLATE.BODY")
    if "state" not in body:
        raise DecodeError("the document has no state: it is a service template, not a service")
    return ServiceSnapshot(
        id=_int(doc.get("ID"), "DOCUMENT.ID"),
        name=str(doc.get("NAME", "")),
        state=_int(body["state"], "state"),
        owner=str(doc.get("UNAME", "")),
        group=str(doc.get("GNAME", "")),
        start_time=_int(body.get("start_time") or 0, "start_time"),
        roles=tuple(_role(role) for role in _sequence(body.get("roles"))),
        log=tuple(_log_line(line) for line in _sequence(body.get("log"))),
        values=_values(body),
    )


def _role(raw: object) -> Role:
    role = _mapping(raw, "a role")
    return Role(
        name=str(role.get("name", "")),
        state=_int(role.get("state") or 0, "a role's state"),
        cardinality=_int(role.get("cardinality") or 0, "a role's cardinality"),
        min_vms=_optional_int(role.get("min_vms")),
        max_vms=_optional_int(role.get("max_vms")),
        cooldown=_optional_int(role.get("cooldown")),
        parents=tuple(str(parent) for parent in _sequence(role.get("parents"))),
        template_id=_optional_int(role.get("template_id", role.get("vm_template"))),
        values=_values(role),
        nodes=tuple(_node(node) for node in _sequence(role.get("nodes"))),
        last_vmname=_int(role.get("last_vmname") or 0, "last_vmname"),
    )


def _node(raw: object) -> Node:
    node = _mapping(raw, "a node")
    info = node.get("vm_info")
    vm = info.get("VM") if isinstance(info, Mapping) else None
    name = vm.get("NAME", "") if isinstance(vm, Mapping) else ""
    return Node(vm_id=_int(node.get("deploy_id"), "deploy_id"), name=str(name))


def _log_line(raw: object) -> LogLine:
    line = _mapping(raw, "a log line")
    return LogLine(
        _int(line.get("timestamp") or 0, "a log line's timestamp"),
        str(line.get("severity", "")),
        str(line.get("message", "")),
    )


def _values(raw: Mapping[str, Any]) -> Mapping[str, str]:
    for key in ("user_inputs_values", "custom_attrs_values"):
        found = raw.get(key)
        if isinstance(found, Mapping) and found:
            return {str(name): "" if value is None else str(value) for name, value in found.items()}
    return {}


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DecodeError(f"{what} is not an object")
    return value


def _sequence(value: object) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else ()


def _int(value: object, what: str) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise DecodeError(f"{what} is {value!r}, not a whole number") from None


def _optional_int(value: object) -> int | None:
    try:
        return None if value is None else int(str(value))
    except ValueError:
        return None
