"""The JSON Schema of a preset file, drawn from the contracts, so that an editor completes and checks it.

It keeps to draft 4, which is what editors' TOML tools (taplo, Even Better TOML) read for certain. An editor sees the
shape and the values of single settings; what settings mean to each other is for `check` to say.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from wizard.core.opennebula.user_inputs import BOOLEANS, InputType
from wizard.core.plan.contract import Contract, Field, Level
from wizard.core.plan.contracts import CONTRACTS, REGISTERED, SEED
from wizard.core.plan.plan import number_or_text
from wizard.core.plan.preset import BY_ID, FORMAT, as_toml, quoted

FILE = "preset.schema.json"
"""The schema lies beside the presets under this name."""

DIRECTIVE = f"#:schema ./{FILE}"
"""The first line of a preset file whose editor should find the schema."""

Schema = dict[str, Any]

_TABLES = {
    Level.SERVICE: "What is the same for the whole cluster.",
    Level.SUPERLINK: "The one VM that coordinates.",
    Level.SUPERNODE: "The VMs that train.",
}

_ANY_SETTINGS: Schema = {
    "description": "What the template asks for at this level.",
    "type": "object",
    "additionalProperties": {"type": ["string", "integer", "boolean"]},
}

_BRANCH_OF_A_TEMPLATE: Schema = {
    "properties": {"contract": {"enum": [REGISTERED]}},
    "required": ["contract", "template"],
}


def schema(contracts: Mapping[str, Contract] = CONTRACTS) -> Schema:
    """The schema of presets of these contracts; a preset that names none is of the seed contract."""
    head: Schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "A preset of flowerneb-wizard",
        "description": "A Flower cluster on OpenNebula. What is not said has its default.",
        "type": "object",
        "required": ["preset"],
        "additionalProperties": False,
        "properties": {
            "preset": {"description": "The format of this file.", "enum": [FORMAT]},
            "title": {"description": "A few words, as they stand in the list of presets.", "type": "string"},
            "about": {"description": "One line: what it is for.", "type": "string"},
            "contract": {
                "description": "Which appliance the VMs are made from.",
                "enum": [*contracts, REGISTERED],
                "default": SEED.name,
            },
            "template": {
                "description": "The registered template that the settings belong to, as JSON.",
                "type": "string",
            },
        },
        "definitions": {
            _name(contract, level): _table(contract, level) for contract in contracts.values() for level in Level
        },
    }
    for level in Level:
        choices = [_reference(contract, level) for contract in contracts.values()]
        head["properties"][level.value] = {"anyOf": [*choices, _ANY_SETTINGS]}
    head["anyOf"] = [*(_branch(contract) for contract in contracts.values()), _BRANCH_OF_A_TEMPLATE]
    return head


def schema_text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _branch(contract: Contract) -> Schema:
    named: Schema = {"contract": {"enum": [contract.name]}}
    tables = {level.value: _reference(contract, level) for level in Level}
    return {"properties": named | tables} | ({} if contract.name == SEED.name else {"required": ["contract"]})


def _name(contract: Contract, level: Level) -> str:
    return f"{contract.name}-{level.value}"


def _reference(contract: Contract, level: Level) -> Schema:
    return {"$ref": f"#/definitions/{_name(contract, level)}"}


def _table(contract: Contract, level: Level) -> Schema:
    return {
        "description": _TABLES[level],
        "type": "object",
        "additionalProperties": False,
        "properties": {item.key: _setting(item) for item in contract.at(level)},
    }


def _setting(item: Field) -> Schema:
    default = item.input.default
    is_number = item.input.type is InputType.NUMBER
    return {
        "title": item.label,
        "description": f"{item.help}{f' In {item.unit}.' if is_number and item.unit else ''}",
        "default": number_or_text(default) if is_number else default,
        **_values(item),
    }


def _values(item: Field) -> Schema:
    kind = item.input.type
    if item.fixed_because:
        return {"enum": [number_or_text(item.input.default) if kind is InputType.NUMBER else item.input.default]}
    if kind is InputType.NUMBER:
        return {"type": "integer"}
    if kind is InputType.BOOLEAN:
        return {"enum": [*BOOLEANS, True, False]}
    if kind is InputType.LIST:
        return {"enum": list(item.input.options)}
    return {"type": ["string", "integer"] if item.key in BY_ID else "string"}


_WIDTH = 110


def blank(title: str, contract: Contract = SEED) -> str:
    """The text of a preset that says nothing yet; taking the `#` from a line changes that setting."""
    lines = [
        DIRECTIVE,
        "#",
        "# A preset of flowerneb-wizard. Every setting stands here with its default: take the # from a line to",
        "# change it, delete what you leave alone.",
        f"preset = {FORMAT}",
        "",
        f"title = {quoted(title)}",
        'about = ""',
        f"contract = {quoted(contract.name)}",
    ]
    for level in Level:
        lines += ["", f"[{level.value}]"]
        for item in contract.at(level):
            if not item.fixed_because:
                lines += ["", *_told(item), f"#{item.key} = {as_toml(item, item.input.default)}"]
    return "\n".join(lines) + "\n"


def _told(item: Field) -> list[str]:
    text = f"{item.input.description}. {item.help}"
    if item.input.options:
        text += f" One of {', '.join(item.input.options)}."
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]
