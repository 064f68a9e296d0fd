"""The grammar of OpenNebula's `user_inputs`: `M|type|description|options|default`.

It is the grammar that `onetemplate`, `oneflow-template` and Sunstone read. A definition has three or five parts;
no part may contain `|`, and parts are stripped of blanks at their ends.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import dataclass
from enum import Enum

from wizard.core.errors import WizardError
from wizard.core.opennebula.networks import KINDS, NetworkChoice


class InputType(str, Enum):
    """The types that OpenNebula knows; `network` is what a service template's `networks` uses."""

    TEXT = "text"
    TEXT64 = "text64"
    PASSWORD = "password"  # noqa: S105 - the name of a type
    NUMBER = "number"
    NUMBER_FLOAT = "number-float"
    RANGE = "range"
    RANGE_FLOAT = "range-float"
    LIST = "list"
    LIST_MULTIPLE = "list-multiple"
    BOOLEAN = "boolean"
    FIXED = "fixed"
    NETWORK = "network"


BOOLEANS = ("YES", "NO")
_CHOICES = frozenset({InputType.LIST, InputType.LIST_MULTIPLE})
_RANGES = frozenset({InputType.RANGE, InputType.RANGE_FLOAT})
_INTEGER = re.compile(r"-?[0-9]+\Z")
_FLOAT = re.compile(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")


class UserInputError(WizardError, ValueError):
    """A definition that OpenNebula's tools would not understand; the text says why."""

    exit_status = 2


@dataclass(frozen=True)
class UserInput:
    """One input of a template.

    `options` are the parts between commas for a list, `(min, max)` as text for a range, else empty.
    """

    key: str
    type: InputType
    description: str
    mandatory: bool = False
    options: tuple[str, ...] = ()
    default: str = ""

    def definition(self) -> str:
        """The five-part text that `parse` reads back to an equal input."""
        separator = ".." if self.type in _RANGES else ","
        head = "M" if self.mandatory else "O"
        return "|".join((head, self.type.value, self.description, separator.join(self.options), self.default))

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Smallest and largest value of a range, both included; None for every other type."""
        return (float(self.options[0]), float(self.options[1])) if self.type in _RANGES else None

    def complaint(self, value: str) -> str | None:
        """The complaint about a value, as `expected …`; None where it is acceptable.

        An empty value is acceptable for an optional input and for a text.
        """
        if value == "":
            return "expected a value: this input is mandatory" if self.mandatory else None
        return _COMPLAINTS[self.type](self, value)


def parse(key: str, definition: str) -> UserInput:
    """Read one definition.

    Raises UserInputError for a wrong number of parts, an unknown type, a list without options, a range without two
    ordered bounds, or a default that the input itself would refuse.
    """
    parts = [part.strip() for part in definition.split("|")]
    if len(parts) not in (3, 5):
        raise UserInputError(f"{key}: a definition has 3 or 5 parts between '|', this has {len(parts)}: {definition!r}")
    head, kind, description = parts[:3]
    options, default = (parts[3], parts[4]) if len(parts) == 5 else ("", "")
    # OneFlow asks for what begins with M alone; a zero is what many write for an O.
    if head not in ("M", "O", "0"):
        raise UserInputError(f"{key}: a definition starts with M or O, this with {head!r}")
    try:
        input_type = InputType(kind)
    except ValueError:
        known = ", ".join(item.value for item in InputType)
        raise UserInputError(f"{key}: unknown type {kind!r}; known are {known}") from None
    found = UserInput(key, input_type, description, head == "M", _options(key, input_type, options), default)
    if default and (complaint := found.complaint(default)):
        raise UserInputError(f"{key}: the default {default!r} does not fit: {complaint}")
    return found


def _options(key: str, kind: InputType, text: str) -> tuple[str, ...]:
    if kind in _CHOICES:
        options = tuple(part.strip() for part in text.split(","))
        if not text or "" in options:
            raise UserInputError(f"{key}: a {kind.value} needs its options, separated by commas")
        return options
    if kind in _RANGES:
        bounds = tuple(part.strip() for part in text.split(".."))
        pattern = _INTEGER if kind is InputType.RANGE else _FLOAT
        if len(bounds) != 2 or not all(pattern.match(bound) for bound in bounds):
            raise UserInputError(f"{key}: a {kind.value} needs its bounds as min..max, not {text!r}")
        if float(bounds[0]) > float(bounds[1]):
            raise UserInputError(f"{key}: the range {text!r} is empty")
        return bounds
    return ()


def _anything(_definition: UserInput, _value: str) -> str | None:
    return None


def _base64(_definition: UserInput, value: str) -> str | None:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return "expected base64 without line breaks"
    return None


def _number(_definition: UserInput, value: str) -> str | None:
    return None if _INTEGER.match(value) else "expected a whole number"


def _float(_definition: UserInput, value: str) -> str | None:
    return None if _is_float(value) else "expected a number"


def _range(definition: UserInput, value: str) -> str | None:
    pattern = _INTEGER if definition.type is InputType.RANGE else _FLOAT
    low, high = definition.bounds or (-math.inf, math.inf)
    if not pattern.match(value) or not low <= float(value) <= high:
        kind = "a whole number" if definition.type is InputType.RANGE else "a number"
        return f"expected {kind} from {definition.options[0]} to {definition.options[1]}"
    return None


def _one_of(definition: UserInput, value: str) -> str | None:
    return None if value in definition.options else f"expected one of {', '.join(definition.options)}"


def _several_of(definition: UserInput, value: str) -> str | None:
    chosen = [part.strip() for part in value.split(",")]
    if all(part in definition.options for part in chosen):
        return None
    return f"expected some of {', '.join(definition.options)}, separated by commas"


def _boolean(_definition: UserInput, value: str) -> str | None:
    return None if value in BOOLEANS else "expected YES or NO"


def _fixed(definition: UserInput, value: str) -> str | None:
    return None if value == definition.default else f"expected {definition.default}: it is fixed"


def _network(_definition: UserInput, value: str) -> str | None:
    if NetworkChoice.parse(value) is not None:
        return None
    return f"expected one of {', '.join(KINDS)}, then :N, then perhaps :EXTRA"


def _is_float(value: str) -> bool:
    return bool(_FLOAT.match(value)) and math.isfinite(float(value))


_COMPLAINTS = {
    InputType.TEXT: _anything,
    InputType.TEXT64: _base64,
    InputType.PASSWORD: _anything,
    InputType.NUMBER: _number,
    InputType.NUMBER_FLOAT: _float,
    InputType.RANGE: _range,
    InputType.RANGE_FLOAT: _range,
    InputType.LIST: _one_of,
    InputType.LIST_MULTIPLE: _several_of,
    InputType.BOOLEAN: _boolean,
    InputType.FIXED: _fixed,
    InputType.NETWORK: _network,
}


VM_ATTRIBUTES = frozenset(
    [
        "CPU",
        "VCPU",
        "MEMORY",
        "MEMORY_MAX",
        "MEMORY_SLOTS",
        "VCPU_MAX",
        "NIC",
        "NIC_ALIAS",
        "NIC_DEFAULT",
        "DISK",
        "OS",
        "CONTEXT",
        "GRAPHICS",
        "VIDEO",
        "FEATURES",
        "RAW",
        "PCI",
        "INPUT",
        "NUMA_NODE",
        "TOPOLOGY",
        "CPU_MODEL",
        "CPU_COST",
        "MEMORY_COST",
        "DISK_COST",
        "EMULATOR",
        "HYPERVISOR",
        "SCHED_REQUIREMENTS",
        "SCHED_RANK",
        "SCHED_DS_REQUIREMENTS",
        "SCHED_DS_RANK",
        "SCHED_ACTION",
        "VMGROUP",
        "SECURITY_GROUP_RULE",
        "TM_MAD_SYSTEM",
        "BACKUP_CONFIG",
        "TPM",
        "NAME",
        "TEMPLATE_ID",
        "SERVICE_ID",
        "ROLE_NAME",
        "USER_INPUTS",
        "READY",
    ]
)
"""An input of such a name would take effect there."""
