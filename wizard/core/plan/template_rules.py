"""Rules about a service template that someone else wrote.

A plan can't express these mistakes; a JSON file, or a template that is registered already, can. OneFlow accepts
nearly all of them and then hangs, races or starts a second SuperLink.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from wizard.core.opennebula import template_text
from wizard.core.opennebula import user_inputs as user_input
from wizard.core.opennebula.contents_v6 import CONTENTS_V6, is_appended
from wizard.core.opennebula.documents import Role, ServiceTemplate, read_template, template_body
from wizard.core.opennebula.documents_v6 import path_as_written
from wizard.core.opennebula.guards import is_on, value_of
from wizard.core.opennebula.snapshot import SUPERLINK
from wizard.core.opennebula.template_text import Attribute, TemplateTextError
from wizard.core.opennebula.user_inputs import VM_ATTRIBUTES, InputType
from wizard.core.plan.contract import ROLES, Contract, Field, Level
from wizard.core.plan.contracts import SEED
from wizard.core.plan.plan import Plan, number_or_text
from wizard.core.plan.problem import Fix, Kind, Problem
from wizard.core.plan.rules import check
from wizard.core.plan.server_rules import not_run, refused
from wizard.core.plan.template_rules_v6 import in_text, is_for_v7, text_of, values_are_handed_on
from wizard.core.plan.template_rules_v6 import rewritten as _text

_ROLE_NAME = re.compile(r"[A-Za-z0-9_]+\Z")
_POLICIES = ("elasticity_policies", "scheduled_policies")
_NEVER_LEFT_OUT = ("name", "cardinality", "min_vms", "max_vms")
"""Without the limits OneFlow scales a SuperLink to 2 and SuperNodes to 0; without the others it makes up its own."""


Found = Iterator[Problem]


def check_template(document: object, contract: Contract = SEED) -> tuple[Problem, ...]:
    """All problems of a service template of 6.x or 7.x: its structure first, then the rules on its values.

    Takes the body, or a whole `DOCUMENT` as OneFlow prints it. Raises NotATemplate where it is neither.
    """
    written = template_body(document)
    template = read_template(written)
    found = [*_v6(template, written, contract), *problems_of_build(template, contract)]
    if all(template.placed(role.level.value) for role in contract.roles):
        # A template says that there is a network; which one is said when it is instantiated.
        parts = parts_of(template)
        values = [
            problem
            for problem in check(plan_of(template, contract))
            if problem.rule != "mandatory" and (problem.rule != "sunstone" or _is_there(problem.field, parts, contract))
        ]
        found += [on_values(problem, template, contract) for problem in values]
    placed = [_placed(item, written) for item in found]
    known = {item.path for item in placed if item.kind is Kind.ERROR}
    server = [*refused(written), *(_placed(item, written) for item in not_run(template))]
    return tuple(dict.fromkeys([*placed, *(item for item in server if item.path not in known)]))


def structural(document: Mapping[str, object], contract: Contract = SEED) -> tuple[Problem, ...]:
    """The problems of how a template is built, whatever the values of its inputs. Raises NotATemplate."""
    return problems_of_build(read_template(document), contract)


def problems_of_build(template: ServiceTemplate, contract: Contract) -> tuple[Problem, ...]:
    """The same of a template that was read."""
    return tuple(chain.from_iterable(rule(template, contract) for rule in STRUCTURE_RULES))


def plan_of(template: ServiceTemplate, contract: Contract = SEED) -> Plan:
    """The plan that a template amounts to: its attributes, and the defaults of its inputs."""
    texts: dict[str, str] = {}
    for level, part in parts_of(template).items():
        for item in contract.at(level):
            if item.is_input:
                definition = part.user_inputs.get(item.key)
                if isinstance(definition, str):
                    pieces = definition.split("|")
                    texts[item.path] = pieces[4].strip() if len(pieces) == 5 else ""
            elif part.has(_attribute(item)):
                texts[item.path] = str(part.as_written(_attribute(item)))
            elif item.key in _NEVER_LEFT_OUT or item.key == "vm_template":
                texts[item.path] = ""
    return Plan(contract, texts)


def parts_of(template: ServiceTemplate) -> dict[Level, ServiceTemplate | Role]:
    """The parts of a template by level, as far as they are there; the first of two roles of one name."""
    roles = {level: template.placed(level.value) for level in ROLES}
    return {Level.SERVICE: template, **{level: placed[0][1] for level, placed in roles.items() if placed}}


def roles_are_objects(template: ServiceTemplate, _: Contract) -> Found:
    """Each entry of the roles is a JSON object."""
    for place, role in enumerate(template.roles):
        if role is None:
            yield _error(f"roles[{place}]", "a role is a JSON object", "role", Fix("Remove it.", remove=True))


def deployment_is_straight(template: ServiceTemplate, _: Contract) -> Found:
    """Parents first, each behind the ready gate: otherwise SuperNodes race the SuperLink."""
    if template.deployment != "straight":
        written = template.as_written("deployment")
        said = written if template.has("deployment") else "nothing, which OneFlow reads as none"
        message = f"{said}: expected straight, so that the SuperLink starts first"
        yield _error("deployment", message, "deployment", Fix('Write "straight".', "straight"))
    if not template.ready_status_gate:
        written = template.as_written("ready_status_gate")
        message = f"{written!r}: expected true, or SuperNodes start before the SuperLink listens"
        yield _error("ready_status_gate", message, "ready-gate", Fix("Write true, without quotes.", True))


def roles_are_named(template: ServiceTemplate, _: Contract) -> Found:
    """A role's name is made of letters, digits and '_'."""
    for place, role in template.placed():
        if not _ROLE_NAME.match(role.name):
            better = re.sub(r"[^A-Za-z0-9_]", "_", role.name) or f"role_{place}"
            fix = Fix(f"Write a name such as {better}, and the same in the parents of other roles.", better)
            written = role.as_written("name")
            message = f"{written!r}: expected letters, digits and '_' only"
            yield _error(f"roles[{place}].name", message, "role-name", fix)


def roles_are_complete(template: ServiceTemplate, contract: Contract) -> Found:
    """The roles of the contract are there."""
    for role in contract.roles:
        if not template.placed(role.level.value):
            said = f"Add a role {role.level.value}; `flowerneb-wizard render default` prints one"
            fix = Fix(f"{said}, with --dialect 6 for OpenNebula 6.x.")
            yield _error("roles", f"there is no role {role.level.value}", "roles", fix)


def parents_lead_to_the_superlink(template: ServiceTemplate, _: Contract) -> Found:
    """Each role has parents that exist, without a cycle, and waits for the SuperLink unless the SuperLink waits for it.

    OneFlow checks none of this.
    """
    parents = {role_name(role): role.parent_names for _, role in template.placed()}
    for place, role in template.placed():
        field = f"roles[{place}].parents"
        name = role_name(role)
        if not parents[name] and name != SUPERLINK and not _reaches(SUPERLINK, name, parents):
            message = f"role {name} has no parents: it would start before the SuperLink"
            there = SUPERLINK in parents
            said = f'Write ["{SUPERLINK}"]' if there else f"Add the role {SUPERLINK}, and let it wait for that"
            fix = Fix(f"{said}.", [SUPERLINK] if there else None)
            yield _error(field, message, "parents", fix)
        for parent in parents[name]:
            if parent not in parents:
                known = [item for item in parents[name] if item in parents] or _first(name)
                there = set(known) <= set(parents)
                said = (
                    f"Write {json.dumps(known)}"
                    if there
                    else f"Add the role {SUPERLINK}, or wait for one that is there"
                )
                fix = Fix(f"{said}.", known if there else None)
                yield _error(field, f"role {name} waits for {parent}, which no role is called", "parents", fix)
        if _reaches(name, name, parents):
            message = f"role {name} waits for itself in a cycle: it would never start"
            yield _error(field, message, "cycle", _breaking(name, parents))


def superlink_is_never_scaled(template: ServiceTemplate, _: Contract) -> Found:
    """No policy may change a role's cardinality by itself."""
    for place, role in template.placed():
        for policy in _POLICIES:
            if role.as_written(policy):
                message = f"role {role_name(role)} scales by itself; partitions can't follow, and a SuperLink must not"
                fix = Fix("Remove it; scale by hand.", remove=True)
                yield _error(f"roles[{place}].{policy}", message, "policies", fix)


def inputs_are_readable(template: ServiceTemplate, _: Contract) -> Found:
    """Each definition follows the grammar of OpenNebula's tools."""
    for field, key, definition in _definitions(template):
        try:
            user_input.parse(key, definition if isinstance(definition, str) else repr(definition))
        except user_input.UserInputError as error:
            fix = Fix('Write "M|type|description" or "O|type|description|options|default", such as "O|text|…||".')
            yield _error(field, str(error), "definition", fix)


def inputs_stand_once(template: ServiceTemplate, _: Contract) -> Found:
    """A variable at two levels: OneFlow silently lets the role's value win, so two roles could run different ones.

    oned writes every key in capitals, so `fl_log_level` is `FL_LOG_LEVEL`.
    """
    seen = {str(key).upper(): "service level" for key in template.user_inputs}
    for place, role in template.placed():
        for key in role.user_inputs:
            if level := seen.get(str(key).upper()):
                message = f"{key} is also set at {level}: role {role_name(role)} would silently use its own value"
                fix = Fix(f"Remove it here, or at {level}.", remove=True)
                yield _error(f"roles[{place}].user_inputs.{key}", message, "two-levels", fix)
        seen |= {str(key).upper(): f"role {role_name(role)}" for key in role.user_inputs}


def inputs_touch_no_infrastructure(template: ServiceTemplate, contract: Contract) -> Found:
    """No input can switch off what the deployment needs, or resize a VM."""
    for field, key, _ in _definitions(template):
        if key.upper() in contract.context:
            message = f"{key} is infrastructure: an operator could switch it off"
            fix = Fix(
                f"Remove it; {key.upper()}={contract.context[key.upper()]} belongs into the role's CONTEXT.",
                remove=True,
            )
            yield _error(field, message, "infrastructure", fix)
        elif key.upper() in VM_ATTRIBUTES:
            message = f"{key} is an attribute of the VM: the input's value would change it"
            fix = Fix(f"Remove it, or give it another name, such as FL_{key.upper()}.", remove=True)
            yield _error(field, message, "vm-attribute", fix)


def context_is_whole(template: ServiceTemplate, contract: Contract) -> Found:
    """Each role's CONTEXT has what the guests need to report."""
    for place, role in template.placed():
        if role.unread_contents is not None or role.type == "vr":
            continue  # A text that can't be read is a finding of its own; a router has no guest of ours.
        given = role.template_contents.CONTEXT
        for key, wanted in contract.context.items():
            value = value_of(given, key)
            if value is not None and not (is_on(key, value) if wanted == "YES" else str(value) == wanted):
                message = f"{value!r} switches off what the contract needs: expected {wanted}"
                name = next(name for name in given if name.upper() == key)
                path = f"roles[{place}].template_contents.CONTEXT.{name}"
                yield _error(path, message, "context", Fix(f'Write "{wanted}".', wanted))
            elif value is None:
                message = f"{key} is not set here: the VM template of role {role_name(role)} must have {key}={wanted}"
                path = f"roles[{place}].template_contents.CONTEXT"
                fix = Fix(f'Add "{key}": "{wanted}", unless the VM template has it.', {**given, key: wanted})
                yield Problem(Kind.WARNING, path, message, "context", fix=fix)


STRUCTURE_RULES: tuple[Callable[[ServiceTemplate, Contract], Found], ...] = (
    roles_are_objects,
    deployment_is_straight,
    roles_are_complete,
    roles_are_named,
    parents_lead_to_the_superlink,
    superlink_is_never_scaled,
    inputs_are_readable,
    inputs_stand_once,
    inputs_touch_no_infrastructure,
    context_is_whole,
)


def _v6(template: ServiceTemplate, written: Mapping[str, object], contract: Contract) -> Iterator[Problem]:
    """The problems of the roles that are written as 6.x wants them: a value reaches a VM only where the text says so.

    None where a document is of 7.x.
    """
    readable: dict[int, dict[str, Attribute]] = {}
    for place, _ in template.placed():
        text = text_of(written, place)
        if text is None:
            continue
        path = f"roles[{place}].{CONTENTS_V6}"
        try:
            contents = template_text.read(text)
        except TemplateTextError as error:
            fix = Fix('Write lines KEY = "value", and CONTEXT = [ KEY = "value", KEY = "value" ].')
            yield _error(path, f"it can't be read: {error}", "contents are readable", fix)
            continue
        if not is_for_v7(written, place):
            readable[place] = contents
            yield from _context_replaces(path, text, contents)
    yield from values_are_handed_on(template, readable, contract)


def _context_replaces(path: str, text: str, contents: Mapping[str, Attribute]) -> Iterator[Problem]:
    """What becomes of the VM template's own CONTEXT: OneFlow 6 merges nothing, whatever APPEND says."""
    context = contents.get("CONTEXT")
    if not isinstance(context, dict):
        return
    if "APPEND" in contents:
        without = _text({key: value for key, value in contents.items() if key != "APPEND"})
        fix = Fix("Remove APPEND, and copy what the VM template's CONTEXT has into this one.", without)
        if is_appended(text):
            message = "with this APPEND the VM keeps the CONTEXT of its VM template and gets nothing of this one"
            yield _error(path, message, "context replaces", fix)
        else:
            message = "APPEND does nothing: this CONTEXT replaces that of the VM template"
            yield Problem(Kind.WARNING, path, message, "context replaces", fix=fix)
    if "SSH_PUBLIC_KEY" not in {key.upper() for key in context}:
        message = (
            "this CONTEXT replaces that of the VM template, with its SSH keys: `flowerneb-wizard deploy` puts them "
            "back, other tools do not"
        )
        with_keys = {**context, "SSH_PUBLIC_KEY": "$USER[SSH_PUBLIC_KEY]"}
        said = "Copy into it what the VM template's CONTEXT has, at least"
        fix = Fix(f'{said} SSH_PUBLIC_KEY = "$USER[SSH_PUBLIC_KEY]".', _text({**contents, "CONTEXT": with_keys}))
        yield Problem(Kind.WARNING, path, message, "context replaces", fix=fix)


def on_values(problem: Problem, template: ServiceTemplate, contract: Contract) -> Problem:
    """A finding about a setting, as one about the template: the path of the value, and its fix as JSON."""
    item = contract.by_path[problem.field]
    part = parts_of(template)[item.level]
    start = "" if item.level is Level.SERVICE else f"roles[{template.placed(item.level.value)[0][0]}]."
    path = f"{start}user_inputs.{item.key}" if item.is_input else f"{start}{_attribute(item)}"
    return replace(problem, path=path, fix=_as_json(problem.fix, item, part))


def _is_there(path: str, parts: Mapping[Level, ServiceTemplate | Role], contract: Contract) -> bool:
    item = contract.by_path[path]
    return item.key in parts[item.level].user_inputs


def _as_json(fix: Fix, item: Field, part: ServiceTemplate | Role) -> Fix:
    if not isinstance(fix.value, str):
        return fix
    if not item.is_input:
        number = item.input.type is InputType.NUMBER
        return replace(fix, value=number_or_text(fix.value) if number else fix.value)
    definition = part.user_inputs.get(item.key)
    pieces = definition.split("|") if isinstance(definition, str) else []
    if len(pieces) != 5:
        return replace(fix, value=None)
    return replace(
        fix, said=f"{fix.said} It is the last part of the definition.", value="|".join([*pieces[:4], fix.value])
    )


def _attribute(item: Field) -> str:
    return "template_id" if item.key == "vm_template" else item.key


def _placed(problem: Problem, written: Mapping[str, object]) -> Problem:
    meant = problem.path or problem.field
    path = path_as_written(written, meant)
    is_text = path != meant and path.endswith(CONTENTS_V6)
    return replace(problem, path=path, fix=in_text(problem.fix, meant, written) if is_text else problem.fix)


def _error(field: str, message: str, rule: str, fix: Fix) -> Problem:
    return Problem(Kind.ERROR, field, message, rule, fix=fix)


def _definitions(template: ServiceTemplate) -> Iterator[tuple[str, str, object]]:
    for key, definition in template.user_inputs.items():
        yield f"user_inputs.{key}", key, definition
    for place, role in template.placed():
        for key, definition in role.user_inputs.items():
            yield f"roles[{place}].user_inputs.{key}", key, definition


def role_name(role: Role) -> str:
    """A role's name as it was written, whatever that is."""
    return str(role.as_written("name"))


def _breaking(name: str, parents: Mapping[str, tuple[str, ...]]) -> Fix:
    """New parents for a role that waits for itself; no value where another is to be fixed first."""
    kept = [item for item in parents[name] if item != name and not _reaches(item, name, parents)] or _first(name)
    breaks = not _reaches(name, name, {**parents, name: tuple(kept)})
    said = f"Write {json.dumps(kept)}" if breaks else f"Fix the parents of role {SUPERLINK} first; it has none"
    return Fix(f"{said}.", kept if breaks else None)


def _first(name: str) -> list[str]:
    return [] if name == SUPERLINK else [SUPERLINK]


def _reaches(start: str, goal: str, parents: Mapping[str, tuple[str, ...]]) -> bool:
    seen: set[str] = set()
    waiting = list(parents.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(parents.get(name, ()))
    return False
