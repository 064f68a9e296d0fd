"""What can be wrong with a service template that someone else wrote.

A plan can't express these mistakes; a JSON file, or a template that is registered already, can. OneFlow accepts
nearly all of them and then hangs, races or starts a second SuperLink.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from wizard.core import user_input
from wizard.core.contract import Contract
from wizard.core.dialect import from_v6, path_as_written
from wizard.core.errors import WizardError
from wizard.core.problem import Fix, Kind, Problem
from wizard.core.rules import check
from wizard.core.seed import SEED
from wizard.core.snapshot import SUPERLINK
from wizard.core.structure_v6 import check_v6
from wizard.core.structure_values import on_values, plan_of
from wizard.core.template_text import TemplateTextError
from wizard.core.vm_attributes import VM_ATTRIBUTES

_ROLE_NAME = re.compile(r"[A-Za-z0-9_]+\Z")
_POLICIES = ("elasticity_policies", "scheduled_policies")

Template = Mapping[str, Any]
Found = Iterator[Problem]


class NotATemplate(WizardError, ValueError):
    """The JSON is no service template; the text says why."""

    exit_status = 2


def check_template(document: object, contract: Contract = SEED) -> tuple[Problem, ...]:
    """All problems of a service template of 6.x or 7.x: its structure first, then the rules on its values.

    Takes the body, or a whole `DOCUMENT` as OneFlow prints it. Raises NotATemplate where it is neither.
    """
    written = _body_as_written(document)
    unreadable = tuple(check_v6(written))
    try:
        body = from_v6(written)
    except TemplateTextError:
        return unreadable
    found = [*unreadable, *structural(body, contract)]
    names = [role.get("name") for role in _roles(body)]
    if all(role.level.value in names for role in contract.roles):
        # A template says that there is a network; which one is said when it is instantiated.
        values = [problem for problem in check(plan_of(body, contract)) if problem.rule != "mandatory"]
        found += [on_values(problem, body, contract) for problem in values]
    return tuple(dict.fromkeys(_placed(item, written) for item in found))


def structural(body: Template, contract: Contract = SEED) -> tuple[Problem, ...]:
    """The problems of how a template is built, whatever the values of its inputs. Takes a body in the names of 7.x."""
    return tuple(chain.from_iterable(rule(body, contract) for rule in STRUCTURE_RULES))


def body_of(document: object) -> Template:
    """The template's body in the names of 7.x, whether or not it is wrapped in a DOCUMENT. Raises NotATemplate."""
    try:
        return from_v6(_body_as_written(document))
    except TemplateTextError as error:
        raise NotATemplate(f"vm_template_contents of a role can't be read: {error}") from None


def _body_as_written(document: object) -> Template:
    if isinstance(document, Mapping) and isinstance(document.get("DOCUMENT"), Mapping):
        template = document["DOCUMENT"].get("TEMPLATE")
        document = template.get("BODY") if isinstance(template, Mapping) else None
    if not isinstance(document, Mapping):
        raise NotATemplate("a service template is a JSON object")
    if not isinstance(document.get("roles"), list):
        raise NotATemplate("a service template has a list of roles")
    if not all(isinstance(role, Mapping) for role in document["roles"]):
        raise NotATemplate("each role of a service template is a JSON object")
    return document


def deployment_is_straight(body: Template, _: Contract) -> Found:
    """Parents first, each behind the ready gate: otherwise SuperNodes race the SuperLink."""
    if body.get("deployment") != "straight":
        said = body.get("deployment", "nothing, which OneFlow reads as none")
        message = f"{said}: expected straight, or SuperNodes race the SuperLink"
        yield _error("deployment", message, "deployment", Fix('Write "straight".', "straight"))
    if body.get("ready_status_gate") is not True:
        message = f"{body.get('ready_status_gate')!r}: expected true, or SuperNodes start before the SuperLink listens"
        yield _error("ready_status_gate", message, "ready-gate", Fix("Write true, without quotes.", True))


def roles_are_named(body: Template, _: Contract) -> Found:
    """A role's name is made of letters, digits and '_'."""
    for place, role in enumerate(_roles(body)):
        name = role.get("name")
        if not isinstance(name, str) or not _ROLE_NAME.match(name):
            better = re.sub(r"[^A-Za-z0-9_]", "_", name) if isinstance(name, str) and name else f"role_{place}"
            fix = Fix(f"Write a name such as {better}, and the same in the parents of other roles.", better)
            message = f"{name!r}: expected letters, digits and '_' only"
            yield _error(f"roles[{place}].name", message, "role-name", fix)


def roles_are_complete(body: Template, contract: Contract) -> Found:
    """The roles of the contract are there."""
    names = [role.get("name") for role in _roles(body)]
    for role in contract.roles:
        if role.level.value not in names:
            fix = Fix(f"Add a role {role.level.value}; `flowerneb-wizard render default` prints one.")
            yield _error("roles", f"there is no role {role.level.value}", "roles", fix)


def parents_lead_to_the_superlink(body: Template, _: Contract) -> Found:
    """Each role but the SuperLink has parents that exist, without a cycle; OneFlow checks none of this."""
    roles = _roles(body)
    parents = {str(role.get("name")): _parents(role) for role in roles}
    for place, role in enumerate(roles):
        field = f"roles[{place}].parents"
        name = str(role.get("name"))
        if not parents[name] and name != SUPERLINK:
            message = f"role {name} has no parents: it would race the SuperLink"
            fix = Fix(f'Write ["{SUPERLINK}"].', [SUPERLINK])
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
            message = f"role {name} waits for itself in a cycle: OneFlow would wait for ever"
            yield _error(field, message, "cycle", _breaking(name, parents))


def superlink_is_never_scaled(body: Template, _: Contract) -> Found:
    """No policy may change a role's cardinality by itself."""
    for place, role in enumerate(_roles(body)):
        for policy in _POLICIES:
            if role.get(policy):
                message = f"role {role.get('name')} scales by itself; partitions can't follow, and a SuperLink must not"
                fix = Fix("Remove it; scale by hand.", remove=True)
                yield _error(f"roles[{place}].{policy}", message, "policies", fix)


def inputs_are_readable(body: Template, _: Contract) -> Found:
    """Each definition follows the grammar of OpenNebula's tools."""
    for field, key, definition in _definitions(body):
        try:
            user_input.parse(key, definition if isinstance(definition, str) else repr(definition))
        except user_input.UserInputError as error:
            fix = Fix('Write "M|type|description" or "O|type|description|options|default", such as "O|text|…||".')
            yield _error(field, str(error), "definition", fix)


def inputs_stand_once(body: Template, _: Contract) -> Found:
    """A variable at two levels: OneFlow silently lets the role's value win, so two roles could run different ones.

    oned writes every key in capitals, so `fl_log_level` is `FL_LOG_LEVEL`.
    """
    seen = {str(key).upper(): "service level" for key in _inputs(body)}
    for place, role in enumerate(_roles(body)):
        for key in _inputs(role):
            if level := seen.get(str(key).upper()):
                message = f"{key} stands at {level} too: role {role.get('name')} would silently use a value of its own"
                fix = Fix(f"Remove it here, or at {level}.", remove=True)
                yield _error(f"roles[{place}].user_inputs.{key}", message, "two-levels", fix)
        seen |= {str(key).upper(): f"role {role.get('name')}" for key in _inputs(role)}


def inputs_touch_no_infrastructure(body: Template, contract: Contract) -> Found:
    """No input can switch off what the deployment needs, or resize a VM."""
    for field, key, _ in _definitions(body):
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


def context_is_whole(body: Template, contract: Contract) -> Found:
    """Each role's CONTEXT has what the guests need to report."""
    for place, role in enumerate(_roles(body)):
        contents = role.get("template_contents")
        context = contents.get("CONTEXT") if isinstance(contents, Mapping) else None
        given = context if isinstance(context, Mapping) else {}
        for key, wanted in contract.context.items():
            if key in given and str(given[key]) != wanted:
                message = f"{given[key]!r} switches off what the contract needs: expected {wanted}"
                path = f"roles[{place}].template_contents.CONTEXT.{key}"
                yield _error(path, message, "context", Fix(f'Write "{wanted}".', wanted))
            elif key not in given:
                message = f"{key} is not set here: the VM template of role {role.get('name')} must have {key}={wanted}"
                path = f"roles[{place}].template_contents.CONTEXT"
                fix = Fix(f'Add "{key}": "{wanted}", unless the VM template has it.', {**given, key: wanted})
                yield Problem(Kind.WARNING, path, message, "context", fix=fix)


STRUCTURE_RULES: tuple[Callable[[Template, Contract], Found], ...] = (
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


def _placed(problem: Problem, written: Template) -> Problem:
    meant = problem.path or problem.field
    path = path_as_written(written, meant)
    # What 7.x writes as JSON is a line of a text in 6.x: there the words have to do.
    translated = path != meant and path.endswith("vm_template_contents")
    fix = replace(problem.fix, value=None) if translated else problem.fix
    return replace(problem, path=path, fix=fix)


def _error(field: str, message: str, rule: str, fix: Fix) -> Problem:
    return Problem(Kind.ERROR, field, message, rule, fix=fix)


def _roles(body: Template) -> list[Template]:
    return list(body["roles"])


def _inputs(part: Template) -> Template:
    found = part.get("user_inputs")
    return found if isinstance(found, Mapping) else {}


def _definitions(body: Template) -> Iterator[tuple[str, str, object]]:
    for key, definition in _inputs(body).items():
        yield f"user_inputs.{key}", str(key), definition
    for place, role in enumerate(_roles(body)):
        for key, definition in _inputs(role).items():
            yield f"roles[{place}].user_inputs.{key}", str(key), definition


def _parents(role: Template) -> tuple[str, ...]:
    found = role.get("parents")
    return tuple(str(parent) for parent in found) if isinstance(found, list) else ()


def _breaking(name: str, parents: Mapping[str, tuple[str, ...]]) -> Fix:
    """What to write as the parents of a role that waits for itself; no value where another is to be fixed first."""
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
