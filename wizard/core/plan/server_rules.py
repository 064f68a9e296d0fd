"""What OneFlow itself refuses in a service template, and what it takes and then can't run.

The schema is that of OneFlow's own validator, in the names of 7.x and of 6.x. An OpenNebula answers with one sentence
about the first fault; here each has its place and a fix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from wizard.core.opennebula.documents import Role, ServiceTemplate
from wizard.core.opennebula.documents_v6 import is_v6
from wizard.core.opennebula.networks import NetworkChoice
from wizard.core.plan.contract import ROLES
from wizard.core.plan.problem import Fix, Kind, Problem

REFUSED, NOT_RUN = "refused by OneFlow", "not run by OneFlow"
"""The two rules."""

_SHUTDOWN = ("terminate", "terminate-hard", "shutdown", "shutdown-hard")
_WORDS = {
    "number": "a whole number",
    "id": "a whole number",
    "kind": "vm or vr",
    "text": "a text",
    "object": "an object",
    "list": "a list",
    "switch": "true or false",
}
_POLICIES: dict[str, str] = {"elasticity_policies": "list", "scheduled_policies": "list"}
_SHARED: dict[str, str] = {
    **_POLICIES,
    "min_vms": "number",
    "max_vms": "number",
    "cooldown": "number",
    "cardinality": "number",
}
_ROLES: dict[bool, dict[str, str]] = {
    False: {
        **_SHARED,
        "type": "kind",
        "template_id": "id",
        "parents": "list",
        "user_inputs": "object",
        "user_inputs_values": "object",
        "template_contents": "object",
        "on_hold": "switch",
    },
    True: {
        **_SHARED,
        "vm_template": "id",
        "parents": "list",
        "custom_attrs": "object",
        "custom_attrs_values": "object",
        "vm_template_contents": "text",
    },
}
"""The attributes of a role by their kinds, in the names of 7.x and (True) of 6.x."""
_REQUIRED = {False: ("type", "template_id"), True: ("vm_template",)}
_SERVICES: dict[bool, dict[str, str]] = {
    False: {"user_inputs": "object", "user_inputs_values": "object", "on_hold": "switch"},
    True: {"custom_attrs": "object", "custom_attrs_values": "object"},
}
_EITHER: dict[str, str] = {
    "name": "text",
    "automatic_deletion": "switch",
    "registration_time": "id",
    "description": "text",
    "ready_status_gate": "switch",
    "networks": "object",
    "networks_values": "list",
}
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_NAMED = re.compile(r"\$([A-Za-z0-9_]+)\Z")


def refused(written: Mapping[str, object]) -> Iterator[Problem]:
    """What OneFlow refuses when the template is registered, as it is written."""
    old = is_v6(written)
    yield from _fits(written, "", {**_EITHER, **_SERVICES[old]}, ("name",))
    names: set[str] = set()
    roles = written.get("roles")
    for place, role in enumerate(roles if isinstance(roles, list) else ()):
        if not isinstance(role, Mapping):
            continue
        start = f"roles[{place}]."
        yield from _fits(role, start, _ROLES[old], _REQUIRED[old])
        name = str(role.get("name"))
        if name in names:
            fix = Fix("Give each role its own name, or remove one.")
            yield _error(f"{start}name", f"two roles are named {name}", REFUSED, fix)
        names.add(name)
        yield from _limits(role, start)


def not_run(template: ServiceTemplate) -> Iterator[Problem]:
    """What OneFlow takes, and of which then no Flower service comes."""
    if template.as_written("on_hold"):
        yield _on_hold("on_hold")
    yield from _keys(template, "")
    for name, definition in template.networks.items():
        if not isinstance(definition, str):
            fix = Fix("Write a definition such as M|network|description||id:, and the choice into networks_values.")
            yield _error(f"networks.{name}", f"{definition!r} is no definition of a network", NOT_RUN, fix)
        elif NetworkChoice.parse(definition.rpartition("|")[2]) is None:
            fix = Fix("Write id:, reserve_from: or template_id: with a number behind it as the last part.")
            yield _error(f"networks.{name}", f"{definition!r} offers no network", NOT_RUN, fix)
    flower = {level.value for level in ROLES}
    for place, role in template.placed():
        start = f"roles[{place}]."
        if role.as_written("on_hold"):
            yield _on_hold(f"{start}on_hold")
        if role.name in flower and role.type == "vr":
            message = f"role {role.name} is a virtual router: its VMs do not run Flower"
            yield _error(f"{start}type", message, NOT_RUN, Fix('Write "vm".', "vm"))
        yield from _keys(role, start)
        yield from _nics(role, start, template.networks)


def _fits(
    part: Mapping[str, object], start: str, schema: Mapping[str, str], required: tuple[str, ...]
) -> Iterator[Problem]:
    for key, kind in schema.items():
        value = part.get(key)
        # Ruby: null and false count as missing.
        if value is None or value is False:
            if key in required:
                yield _error(f"{start}{key}", f"{key} is missing", REFUSED, Fix(f"Add {key}: {_WORDS[kind]}."))
        elif not _is(kind, value):
            shown = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}…"
            yield _error(f"{start}{key}", f"{shown}: expected {_WORDS[kind]}", REFUSED, Fix(f"Write {_WORDS[kind]}."))
    shutdown = part.get("shutdown_action")
    if shutdown is not None and shutdown not in _SHUTDOWN:
        fix = Fix(f"Write one of {', '.join(_SHUTDOWN)}.")
        yield _error(f"{start}shutdown_action", f"{shutdown!r} is no shutdown action", REFUSED, fix)


def _is(kind: str, value: object) -> bool:
    if kind == "kind":
        return value in ("vm", "vr")
    if kind in ("number", "id"):
        # OneFlow takes what Ruby's Integer() does: a text of digits, and a number with a fraction, which it cuts off.
        known = isinstance(value, (int, float)) and not isinstance(value, bool) and (kind == "id" or value >= 0)
        return known or (isinstance(value, str) and value.strip().isascii() and value.strip().isdigit())
    kinds = {"text": str, "object": Mapping, "list": list, "switch": bool}
    return isinstance(value, kinds[kind])


def _limits(role: Mapping[str, object], start: str) -> Iterator[Problem]:
    numbers = {key: role.get(key) for key in ("min_vms", "cardinality", "max_vms")}
    least, count, most = (int(str(value)) if str(value).isdecimal() else None for value in numbers.values())
    count = count or 0
    if (least is not None and least > count) or (most is not None and most < count):
        message = f"cardinality {count} is not between min_vms and max_vms"
        yield _error(
            f"{start}cardinality", message, REFUSED, Fix("Choose them so that min_vms ≤ cardinality ≤ max_vms.")
        )


def _keys(part: ServiceTemplate | Role, start: str) -> Iterator[Problem]:
    for key in part.user_inputs:
        if not _KEY.match(str(key)):
            better = re.sub(r"[^A-Za-z0-9_]", "_", str(key))
            message = f"{key!r} is no name of an attribute: oned can't read it, and the deployment fails"
            fix = Fix(f"Write it with letters, digits and '_' only, such as {better}.")
            yield _error(f"{start}user_inputs.{key}", message, NOT_RUN, fix)


def _nics(role: Role, start: str, networks: Mapping[str, object]) -> Iterator[Problem]:
    nics = (role.template_contents.model_extra or {}).get("NIC")
    for nic in nics if isinstance(nics, list) else [nics]:
        named = _NAMED.match(str(nic.get("NETWORK_ID", ""))) if isinstance(nic, Mapping) else None
        if named and named[1] not in networks:
            message = f"a NIC takes the network ${named[1]}, which networks does not name"
            fix = Fix(f"Name it in networks, or write one of {', '.join(networks) or 'those that you add there'}.")
            yield _error(f"{start}template_contents.NIC", message, NOT_RUN, fix)


def _on_hold(path: str) -> Problem:
    message = "OneFlow makes no VM of it until somebody releases it, and then those of the first role alone"
    return _error(path, message, NOT_RUN, Fix("Write false.", False))


def _error(path: str, message: str, rule: str, fix: Fix) -> Problem:
    return Problem(Kind.ERROR, path, message, rule, fix=fix, path=path)
