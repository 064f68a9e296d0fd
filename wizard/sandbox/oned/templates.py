"""Templates of VMs: the syntax (`KEY = "value"`, `KEY = [ A = "x" ]`, or XML), merging, and the CONTEXT."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from functools import partial
from typing import Any

from wizard.sandbox.blueprint import User
from wizard.sandbox.oned import plain_xml
from wizard.sandbox.oned.accounts import INTERNAL, OneError

_KEY = r"\s*(?:\#[^\n]*\n\s*)*(?P<key>[\w-]+)\s*=[ \t]*"
_QUOTED = r'"(?P<quoted>(?:\\.|[^"\\])*)"'
_VECTOR = r'\[(?P<vector>(?:"(?:\\.|[^"\\])*"|[^\]"])*)\]'
# At the top a bare value goes to the end of the line, in a vector to the next comma.
_ATTRIBUTE = re.compile(rf'{_KEY}(?:{_QUOTED}|{_VECTOR}|(?P<bare>[^\n"\[][^\n]*|))\s*', re.DOTALL)
_IN_VECTOR = re.compile(rf'{_KEY}(?:{_QUOTED}|(?P<bare>[^\n,"]*))\s*,?(?P<vector>(?!))?', re.DOTALL)


def parse(text: str) -> dict[str, Any]:
    """A template as a dictionary with upper-case keys; repeated vectors become a list. OneError when malformed."""
    return _read(text, _ATTRIBUTE)


def _read(text: str, attribute: re.Pattern[str]) -> dict[str, Any]:
    if text.lstrip().startswith("<"):
        try:
            plain_xml.check(text)
            return _children(ElementTree.fromstring(text))  # noqa: S314 - loopback only, from our own client
        except (plain_xml.NotPlain, ElementTree.ParseError) as error:
            raise OneError(INTERNAL, "Parse error: XML Template malformed.") from error
    attributes: dict[str, Any] = {}
    position = 0
    while position < len(text.rstrip()):
        match = attribute.match(text, position)
        if match is None or match.end() == position:
            raise OneError(INTERNAL, "Parse error: syntax error, unexpected VARIABLE, expecting EQUAL")
        value: Any
        if match["vector"] is not None:
            value = _read(match["vector"], _IN_VECTOR)
        elif match["quoted"] is not None:
            value = re.sub(r'\\(["\\])', r"\1", match["quoted"])
        else:
            value = (match["bare"] or "").strip()
        _add(attributes, match["key"].upper(), value)
        position = match.end()
    return attributes


def _add(attributes: dict[str, Any], key: str, value: object) -> None:
    if isinstance(value, dict) and key in attributes:
        before = attributes[key]
        attributes[key] = [*before, value] if isinstance(before, list) else [before, value]
    else:
        attributes[key] = value


def _children(node: ElementTree.Element) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for child in node:
        _add(attributes, child.tag.upper(), _children(child) if len(child) else (child.text or ""))
    return attributes


# The attributes that oned keeps in TEMPLATE; all others move to the user template.
_VM_ATTRIBUTES = frozenset(
    {"CONTEXT", "CPU", "CPU_MODEL", "DISK", "FEATURES", "GRAPHICS", "INPUT", "MEMORY", "NIC", "NIC_ALIAS"}
    | {"NUMA_NODE", "OS", "PCI", "RAW", "SNAPSHOT", "TOPOLOGY", "VCPU", "VIDEO", "VMGROUP"}
)
_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|(\w+)(?:\[([^\]]*)\])?)")
_ETHERNET = (
    *("DNS", "EXTERNAL", "GATEWAY", "IP", "IP6", "IP6_GATEWAY", "IP6_METHOD", "IP6_METRIC", "IP6_PREFIX_LENGTH"),
    *("IP6_ULA", "MAC", "MASK", "METHOD", "METRIC", "MTU", "NETWORK", "ROUTES", "SEARCH_DOMAIN", "VLAN_ID"),
    *("VROUTER_IP", "VROUTER_IP6", "VROUTER_MANAGEMENT"),
)


def merge(template: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """`extra` over `template`: vectors key by key, everything else, NIC among it, replaced."""
    merged = dict(template)
    for key, value in extra.items():
        before = merged.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = merge(before, value)
        merged[key] = value
    return merged


def normalized(contents: Mapping[str, Any]) -> dict[str, Any]:
    """Contents with keys in upper case, values as text, sorted; OneError for a key that is no name."""
    result: dict[str, Any] = {}
    for key, value in contents.items():
        if not re.fullmatch(r"\w+", key):
            raise OneError(INTERNAL, "Parse error: syntax error, unexpected VARIABLE, expecting EQUAL")
        result[key.upper()] = _as_text(value)
    return dict(sorted(result.items()))


def _as_text(value: object) -> object:
    if isinstance(value, Mapping):
        return normalized(value)
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def split(contents: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The VM's own attributes, and those that become its user template."""
    own = {key: value for key, value in contents.items() if key in _VM_ATTRIBUTES}
    user = {key: value for key, value in contents.items() if key not in _VM_ATTRIBUTES}
    return own, user


def context(
    template: Mapping[str, Any],
    values: Mapping[str, Any],
    nics: list[dict[str, Any]],
    vm: int,
    onegate: str,
    user: User,
) -> dict[str, Any]:
    """The CONTEXT of a VM: `$KEY` replaced once from `values` (by nothing, if unknown), network added."""
    known = {**values, "USER": {"SSH_PUBLIC_KEY": user.ssh_public_key}}
    result = {key: _VARIABLE.sub(partial(_variable, known), str(value)) for key, value in template.items()}
    result |= {"DISK_ID": "1", "TARGET": "hda"}
    if result.get("TOKEN", "").upper() == "YES":
        result |= {"ONEGATE_ENDPOINT": onegate, "VMID": str(vm)}
    if result.get("NETWORK", "").upper() == "YES":
        for number, nic in enumerate(nics):
            result |= _ethernet(number, nic)
    return dict(sorted(result.items()))


def _variable(values: Mapping[str, Any], match: re.Match[str]) -> str:
    value = values.get((match[1] or "").upper(), "")
    value = value.get(match[2], "") if isinstance(value, Mapping) else value
    return value if isinstance(value, str) else ""


def _ethernet(number: int, nic: Mapping[str, Any]) -> dict[str, str]:
    address = str(nic["IP"])
    values = {
        "DNS": str(nic["DNS"]),
        "GATEWAY": str(nic["GATEWAY"]),
        "IP": address,
        "MAC": str(nic["MAC"]),
        "MASK": "255.255.255.0",
        "NETWORK": address.rpartition(".")[0] + ".0",
    }
    return {f"ETH{number}_{key}": values.get(key, "") for key in _ETHERNET}
