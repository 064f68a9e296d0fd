"""Help for one field: its name in OpenNebula, its default, the values that are allowed, and their effect."""

from __future__ import annotations

from wizard.core.opennebula.user_inputs import BOOLEANS, InputType
from wizard.core.plan.contract import Field, Level, Meaning
from wizard.core.plan.rules import LARGEST_NUMBER, NAME_LENGTH, NAME_REFUSED, SMALLEST_FEDERATION

_CLIENTS = (Meaning.MIN_FIT, Meaning.MIN_EVALUATE, Meaning.MIN_AVAILABLE)
_REFERENCES = {Meaning.VM_TEMPLATE: "VM template", Meaning.NETWORK: "network"}


def described(item: Field) -> tuple[tuple[str, str], ...]:
    """Pairs of a word and what it is for this field, in the order in which they are read."""
    place = "user input of the service" if item.level is Level.SERVICE else f"user input of role {item.level.value}"
    kept = f"{item.key} ({place if item.is_input else f'attribute of the {_whose(item.level)}'})"
    pairs = [
        ("OpenNebula", kept),
        ("default", item.input.default or "empty"),
        ("allowed", allowed(item)),
        ("unit", item.unit),
    ]
    return tuple((word, text) for word, text in pairs if text)


def allowed(item: Field) -> str:
    """Values that a field may have, as the rules have it."""
    if item.fixed_because:
        return f"{item.input.default} only: {item.fixed_because}"
    said = _by_meaning(item) or _by_type(item)
    return f"{said}; mandatory" if item.input.mandatory else said


def _whose(level: Level) -> str:
    return "service template" if level is Level.SERVICE else f"role {level.value}"


def _by_meaning(item: Field) -> str:
    meaning = item.meaning
    if meaning is Meaning.NAME:
        return f"1 to {NAME_LENGTH} characters, none of {' '.join(NAME_REFUSED)}"
    if meaning is Meaning.FLOWER_VERSION:
        return "three numbers separated by dots, such as 1.25.0"
    if meaning is Meaning.NODE_CONFIG:
        return "pairs key=value separated by spaces; a value is a number, true, false or 'text'. Or empty"
    if meaning in _REFERENCES:
        return f"the id or the exact name of a {_REFERENCES[meaning]}, or empty"
    if meaning in _CLIENTS:
        return f"a whole number from {SMALLEST_FEDERATION} to the number of SuperNodes"
    if meaning is Meaning.CARDINALITY:
        return f"a whole number from {SMALLEST_FEDERATION}, between min_vms and max_vms"
    if meaning is Meaning.MIN_VMS:
        return f"a whole number from {SMALLEST_FEDERATION} to the number of SuperNodes"
    return "a whole number, not below the number of SuperNodes" if meaning is Meaning.MAX_VMS else ""


def _by_type(item: Field) -> str:
    kind, options = item.input.type, item.input.options
    if kind is InputType.LIST:
        return f"one of {', '.join(options)}"
    if kind is InputType.LIST_MULTIPLE:
        return f"some of {', '.join(options)}, separated by commas"
    if kind is InputType.BOOLEAN:
        return " or ".join(BOOLEANS)
    if kind in (InputType.RANGE, InputType.RANGE_FLOAT):
        whole = "a whole number" if kind is InputType.RANGE else "a number"
        return f"{whole} from {options[0]} to {options[1]}"
    if kind is InputType.NUMBER:
        return f"a whole number from 1 to {LARGEST_NUMBER}"
    return _OTHERS.get(kind, "")


_OTHERS = {
    InputType.TEXT: "one line of text, without ${ and without a backslash at its end",
    InputType.TEXT64: "base64 without line breaks",
    InputType.PASSWORD: "any text",
    InputType.NUMBER_FLOAT: "a number",
    InputType.FIXED: "its default only",
    InputType.NETWORK: "id:N, template_id:N or reserve_from:N",
}
