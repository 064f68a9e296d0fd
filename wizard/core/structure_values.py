"""The values of a template that someone else wrote, as a plan, and where in its JSON each of them stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wizard.core.contract import Contract, Field, Level
from wizard.core.plan import Plan, number_or_text
from wizard.core.problem import Fix, Problem
from wizard.core.seed import SEED
from wizard.core.user_input import InputType

_NEVER_LEFT_OUT = ("name", "cardinality", "min_vms", "max_vms")
"""Without the limits OneFlow scales a SuperLink to 2 and SuperNodes to 0; without the others it makes up its own."""

Template = Mapping[str, Any]


def plan_of(body: Template, contract: Contract = SEED) -> Plan:
    """The plan that a template amounts to: its attributes, and the defaults of its inputs."""
    texts: dict[str, str] = {}
    by_level: dict[Level, Template] = {Level.SERVICE: body}
    for role in body["roles"]:
        for level in (Level.SUPERLINK, Level.SUPERNODE):
            if role.get("name") == level.value:
                by_level[level] = role
    for level, part in by_level.items():
        for item in contract.at(level):
            if item.is_input:
                definition = _inputs(part).get(item.key)
                if isinstance(definition, str):
                    pieces = definition.split("|")
                    texts[item.path] = pieces[4].strip() if len(pieces) == 5 else ""
            elif item.key == "vm_template":
                texts[item.path] = str(part.get("template_id", ""))
            elif item.key in part:
                texts[item.path] = str(part[item.key])
            elif item.key in _NEVER_LEFT_OUT:
                texts[item.path] = ""
    return Plan(contract, texts)


def on_values(problem: Problem, body: Template, contract: Contract) -> Problem:
    """A finding about a setting, told of the template: the path of the value, and its fix as JSON."""
    item = contract.by_path[problem.field]
    places = [place for place, role in enumerate(body["roles"]) if role.get("name") == item.level.value]
    part = body if item.level is Level.SERVICE else body["roles"][places[0]]
    start = "" if item.level is Level.SERVICE else f"roles[{places[0]}]."
    key = "template_id" if item.key == "vm_template" else item.key
    path = f"{start}user_inputs.{key}" if item.is_input else f"{start}{key}"
    return replace(problem, path=path, fix=_as_json(problem.fix, item, part))


def _as_json(fix: Fix, item: Field, part: Template) -> Fix:
    if not isinstance(fix.value, str):
        return fix
    if not item.is_input:
        number = item.input.type is InputType.NUMBER
        return replace(fix, value=number_or_text(fix.value) if number else fix.value)
    definition = _inputs(part).get(item.key)
    pieces = definition.split("|") if isinstance(definition, str) else []
    if len(pieces) != 5:
        return replace(fix, value=None)
    return replace(
        fix, said=f"{fix.said} It is the last part of the definition.", value="|".join([*pieces[:4], fix.value])
    )


def _inputs(part: Template) -> Template:
    found = part.get("user_inputs")
    return found if isinstance(found, Mapping) else {}
