"""A preset: a plan as TOML text that a person edits and keeps in git.

It says only what differs from the defaults of its contract. Three tables, one a level, hold the keys of that level:
an OpenNebula variable, or an attribute such as `cardinality`. Anything else in the file is one clear error with its
line and the nearest valid name.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from wizard.core.errors import WizardError
from wizard.core.opennebula.user_inputs import InputType
from wizard.core.plan.contract import Contract, Field, Level
from wizard.core.plan.contracts import CONTRACTS, REGISTERED, SEED
from wizard.core.plan.plan import Plan, number_or_text
from wizard.core.text import escaped, one_line

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    # At run time it is imported with the first preset that is read: Home is painted before that.
    from pydantic_core import SchemaValidator, ValidationError

FORMAT = 1
"""The number that `preset = …` must have; a larger one was written by a newer version."""

LARGEST = 256 * 1024
"""Bytes. A file beyond this is no preset."""

BY_ID = ("vm_template", "network")
"""Settings that name something of the cloud: an id may stand there as a number, a name as a text."""

_BYTE_ORDER_MARK = "\ufeff"
_MOST_DIGITS = 18
_SHOWN_MOST = 80


class PresetError(WizardError):
    """A preset can't be read. `line` counts from 1, None where no single line is to blame."""

    exit_status = 2

    def __init__(self, title: str, line: int | None = None) -> None:
        super().__init__(title)
        self.line = line


@dataclass(frozen=True)
class Preset:
    """A plan with the words that introduce it."""

    plan: Plan
    title: str = ""
    about: str = ""


def loads(text: str, *, unfinished: bool = False) -> Preset:
    """Read a preset. Raises PresetError for anything that is not exactly one.

    `unfinished` reads what `dumps` wrote with the same word: a number may be any text.
    """
    from pydantic_core import ValidationError

    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise PresetError(f"it is larger than {LARGEST // 1024} KiB, so it is no preset")
    text = text.removeprefix(_BYTE_ORDER_MARK)
    try:
        raw = tomllib.loads(text)
    except ValueError as error:  # a TOMLDecodeError, or Python's own word about a number of thousands of digits
        raise PresetError(f"it is not TOML: {error}", _line_told(str(error))) from None
    except RecursionError:
        raise PresetError("it is nested too deeply to be a preset") from None
    _check_format(raw, text)
    try:
        parsed: dict[str, Any] = _file().validate_python(raw)
    except ValidationError as error:
        raise _explained(error, raw, text, _KEYS) from None
    contract = _contract(parsed, text)
    texts: dict[str, str] = {}
    for level in Level:
        for key, value in parsed.get(level.value, {}).items():
            item = _field(contract, level, key, text)
            line = _line_of(text, level.value, key)
            unsure = unfinished and isinstance(value, str)
            texts[item.path] = str(value) if unsure else _as_text(item, value, line)
    return Preset(Plan(contract, texts), parsed.get("title", ""), parsed.get("about", ""))


def dumps(preset: Preset, *, unfinished: bool = False) -> str:
    """Write a preset: only what differs from the defaults, each key with a comment that says what it is.

    Raises PresetError where a number is not one: `loads` would refuse the file. `unfinished` writes it all the same,
    as it was typed.
    """
    plan = preset.plan
    lines = ["# A preset of flowerneb-wizard. What is not said here has its default.", f"preset = {FORMAT}"]
    if preset.title:
        lines.append(f"title = {quoted(preset.title)}")
    if preset.about:
        lines.append(f"about = {quoted(preset.about)}")
    lines.append(f"contract = {quoted(plan.contract.name)}")
    if plan.contract.body is not None:
        lines.append("# The registered template that these settings belong to, as JSON.")
        lines.append(f"template = {quoted(json.dumps(plan.contract.body, ensure_ascii=False))}")
    for level in Level:
        chosen = [item for item in plan.contract.at(level) if item.path in plan.chosen]
        if not chosen:
            continue
        lines += ["", f"[{level.value}]"]
        for item in chosen:
            lines.append(one_line(f"# {item.input.description}; default {item.input.default or 'empty'}"))
            value = plan.text(item.path)
            as_typed = unfinished and repr(number_or_text(value)) != value
            lines.append(f"{_key(item)} = {quoted(value) if as_typed else as_toml(item, value)}")
    return "\n".join(lines) + "\n"


def parse_assignment(contract: Contract, text: str) -> tuple[str, str]:
    """Read `KEY=VALUE` of `--set`: the field's path and the value.

    KEY is a variable, or `level.key`. Raises PresetError where it is neither, with the nearest name.
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals:
        raise PresetError(f"{text!r} is not KEY=VALUE")
    if key in contract.by_path:
        return key, value
    level, _, short = key.partition(".")
    for item in contract.fields:
        if item.level.value == level and item.key == short:
            return item.path, value
    raise PresetError(f"no setting is called {key!r}{_nearest(key, contract.by_path)}")


def _contract(parsed: Mapping[str, Any], text: str) -> Contract:
    name, template = parsed.get("contract", SEED.name), parsed.get("template", "")
    if (name == REGISTERED) != bool(template):
        message = f'contract = "{REGISTERED}" and the line of the template belong together'
        raise PresetError(message, _line_of(text, "", "template" if template else "contract"))
    if template:
        from wizard.core.plan.plan_from_document import plan_from_template

        try:
            return plan_from_template(json.loads(template)).contract
        except (ValueError, RecursionError) as error:
            raise PresetError(f"template can't be used: {error}", _line_of(text, "", "template")) from None
    contract = CONTRACTS.get(name)
    if contract is None:
        near = _nearest(name, (*CONTRACTS, REGISTERED))
        raise PresetError(f"no contract is called {name!r}{near}", _line_of(text, "", "contract"))
    return contract


def _check_format(raw: Mapping[str, Any], text: str) -> None:
    number = raw.get("preset")
    if number is None:
        raise PresetError(f"it has no line 'preset = {FORMAT}', so it is no preset", 1)
    if isinstance(number, int) and not isinstance(number, bool) and number > FORMAT:
        message = f"it is of format {_shown(number)}, written by a newer version; this version reads up to {FORMAT}"
        raise PresetError(message, _line_of(text, "", "preset"))
    if number != FORMAT or not isinstance(number, int) or isinstance(number, bool):
        raise PresetError(f"'preset' is {_shown(number)}; expected {FORMAT}", _line_of(text, "", "preset"))


def _explained(error: ValidationError, raw: Mapping[str, Any], text: str, known: Iterable[str]) -> PresetError:
    first = error.errors()[0]
    location = [str(part) for part in first["loc"]]
    table, key = (location[0], location[1]) if len(location) > 1 else ("", location[0])
    line = _line_of(text, table, key)
    if first["type"] == "extra_forbidden":
        return PresetError(f"unknown key {key!r}{_nearest(key, known)}", line)
    value = raw.get(table, {}).get(key) if table else raw.get(key)
    if table:
        wanted = "a text, a number or a boolean"
    else:
        wanted = "a table" if key in {level.value for level in Level} else "a text"
    return PresetError(f"{key} is {_shown(value)}; expected {wanted}", line)


def _field(contract: Contract, level: Level, key: str, text: str) -> Field:
    for item in contract.at(level):
        if item.key == key:
            return item
    line = _line_of(text, level.value, key)
    if elsewhere := [f"[{item.level.value}]" for item in contract.fields if item.key == key]:
        raise PresetError(f"{key} belongs under {' or '.join(elsewhere)}, not [{level.value}]", line)
    near = _nearest(key, [item.key for item in contract.at(level)])
    raise PresetError(f"unknown key {key!r} in [{level.value}]{near}", line)


def _as_text(item: Field, value: str | bool | float, line: int | None) -> str:
    kind = item.input.type
    if isinstance(value, str):
        if kind is InputType.NUMBER:
            raise PresetError(f"{item.key} is the text {value!r}; expected a whole number, without quotes", line)
        return value
    if isinstance(value, bool):
        if kind is InputType.BOOLEAN:
            return "YES" if value else "NO"
        raise PresetError(f"{item.key} is {str(value).lower()}; expected {_wanted(kind)}", line)
    if isinstance(value, int) and abs(value) >= 10**_MOST_DIGITS:
        raise PresetError(f"{item.key} is a number of more than {_MOST_DIGITS} digits; expected {_wanted(kind)}", line)
    if isinstance(value, int) and (kind is InputType.NUMBER or item.key in BY_ID):
        return str(value)
    raise PresetError(f"{item.key} is the number {value}; expected {_wanted(kind)}", line)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= _SHOWN_MOST else f"{text[:_SHOWN_MOST]}…"


def _wanted(kind: InputType) -> str:
    if kind is InputType.NUMBER:
        return "a whole number"
    return "YES or NO" if kind is InputType.BOOLEAN else "a text in quotes"


def as_toml(item: Field, text: str) -> str:
    """The value of a setting as TOML. Raises PresetError where a number is not one."""
    if item.input.type is not InputType.NUMBER:
        return quoted(text)
    number = number_or_text(text)
    if isinstance(number, str):
        raise PresetError(f"{item.key} is {text!r}; expected a whole number")
    return str(number)


def _key(item: Field) -> str:
    return item.key if re.fullmatch("[A-Za-z0-9_-]+", item.key) else quoted(item.key)


def quoted(text: str) -> str:
    """A text as TOML."""
    return escaped(json.dumps(text, ensure_ascii=False))


def _nearest(name: str, known: Any) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if not close:
        lowered = {item.lower(): item for item in names}
        close = [lowered[item] for item in difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)]
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(names)}"


def _line_of(text: str, table: str, key: str) -> int | None:
    current = ""
    for number, line in enumerate(text.split("\n"), 1):
        if heading := re.match(r"\s*\[{1,2}\s*([^\]]+?)\s*\]", line):
            current = heading.group(1)
            if not table and current.split(".")[0] == key:
                return number
        elif current == table and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return None


def _line_told(message: str) -> int | None:
    found = re.search(r"line (\d+)", message)
    return int(found.group(1)) if found else None


_TEXT = {"type": "str", "strict": True}
_SCALAR = {"type": "union", "choices": [{"type": kind, "strict": True} for kind in ("str", "bool", "int", "float")]}
_TABLE = {"type": "dict", "keys_schema": _TEXT, "values_schema": _SCALAR}
_KEYS: Mapping[str, Any] = {
    "preset": {"type": "int", "strict": True},
    **dict.fromkeys(("contract", "title", "about", "template"), _TEXT),
    **{level.value: _TABLE for level in Level},
}
"""What may stand in a preset file: three tables, one a level, and the words that introduce them."""


@cache
def _file() -> SchemaValidator:
    from pydantic_core import SchemaValidator

    fields = {
        key: {"type": "typed-dict-field", "schema": schema, "required": key == "preset"}
        for key, schema in _KEYS.items()
    }
    return SchemaValidator({"type": "typed-dict", "extra_behavior": "forbid", "fields": fields})
