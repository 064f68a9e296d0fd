"""Rules about the contents of a role that are a text of 6.x, and fixes that are written in its syntax."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from wizard.core.opennebula import template_text
from wizard.core.opennebula.contents_v6 import CONTENTS_V6
from wizard.core.opennebula.documents import ServiceTemplate
from wizard.core.opennebula.documents_v6 import contents_text
from wizard.core.opennebula.template_text import Attribute, TemplateTextError
from wizard.core.plan.contract import ROLES, Contract, Level
from wizard.core.plan.problem import Fix, Kind, Problem

_VARIABLE = re.compile(r"\$([A-Za-z0-9_]+)")


def text_of(written: Mapping[str, object], place: int) -> str | None:
    """The contents of a role as a text of 6.x, empty where a role of 6.x has none; None where they are those of 7.x."""
    role = _role(written, place)
    if "vm_template" in role and "template_contents" not in role and CONTENTS_V6 not in role:
        return ""
    return contents_text(written, place)


def is_for_v7(written: Mapping[str, object], place: int) -> bool:
    """True if 6.x would refuse a role: a 7.x merges its CONTEXT and hands the values on, whatever its text says."""
    role = _role(written, place)
    return "template_id" in role and "vm_template" not in role


def _role(written: Mapping[str, object], place: int) -> Mapping[str, object]:
    roles = written.get("roles")
    role = roles[place] if isinstance(roles, list) else None
    return role if isinstance(role, Mapping) else {}


def values_are_handed_on(
    template: ServiceTemplate, readable: Mapping[int, dict[str, Attribute]], contract: Contract
) -> Iterator[Problem]:
    """Inputs that never reach a guest. Those of the service may be meant for one of the roles alone."""
    mentioned = {place: _mentioned(contents.values()) for place, contents in readable.items()}
    roles_have_their_own = any(contract.inputs(level) for level in ROLES)
    for_all = {item.key for item in contract.inputs(Level.SERVICE)} if roles_have_their_own else set()
    for place, contents in readable.items():
        others = set().union(*(keys for other, keys in mentioned.items() if other != place))
        role = template.roles[place]
        shared = [key for key in template.user_inputs if key in for_all | mentioned[place] or key not in others]
        for key in (*shared, *(role.user_inputs if role else ())):
            yield from _value_v6(f"roles[{place}].{CONTENTS_V6}", contents, key)


def _value_v6(path: str, contents: Mapping[str, Attribute], key: str) -> Iterator[Problem]:
    context, handed_on = contents.get("CONTEXT"), f'{key} = "${key}"'
    if context is None and key in _mentioned(contents.values()):
        message = f"the VM gets {key} only if the CONTEXT of its VM template has {handed_on}"
        fix = Fix(f"Add {handed_on} to the CONTEXT of the VM template, unless it is already there.")
        yield Problem(Kind.WARNING, path, message, "values are handed on", fix=fix)
    elif context is None:
        message = f"the VM never gets {key}: write a line {handed_on}"
        fix = Fix(f"Add a line {handed_on}.", rewritten({**contents, key: f"${key}"}))
        yield Problem(Kind.ERROR, path, message, "values are handed on", fix=fix)
    elif key not in _mentioned([context]):
        message = f"the VM never gets {key}: write {handed_on} into CONTEXT"
        with_key = (
            rewritten({**contents, "CONTEXT": {**context, key: f"${key}"}}) if isinstance(context, dict) else None
        )
        fix = Fix(f"Add {handed_on} to CONTEXT.", with_key)
        yield Problem(Kind.ERROR, path, message, "values are handed on", fix=fix)


def _mentioned(values: Iterable[Attribute]) -> set[str]:
    """The names that stand as `$NAME` in values of the 6.x syntax."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, str):
            found.update(_VARIABLE.findall(value))
        else:
            for vector in value if isinstance(value, list) else [value]:
                found |= _mentioned(vector.values())
    return found


def rewritten(contents: Mapping[str, Attribute]) -> str | None:
    """The contents written anew; None where they hold what can't be written safely, and a person has to do it."""
    try:
        return template_text.write(contents)
    except TemplateTextError:
        return None


def in_text(fix: Fix, meant: str, written: Mapping[str, object]) -> Fix:
    """A fix of a role's CONTEXT for the text that 6.x has in its place.

    A text without CONTEXT gets none: it would take the place of the VM template's.
    """
    place, key = int(meant.partition("]")[0].removeprefix("roles[")), meant.rpartition(".")[2]
    contents = template_text.read(text_of(written, place) or "")
    context = contents.get("CONTEXT")
    given = context if isinstance(context, dict) else {}
    wanted = template_text.texts(fix.value if isinstance(fix.value, Mapping) else {key: fix.value})
    pairs = ", ".join(f'{name} = "{value}"' for name, value in wanted.items() if given.get(name) != value)
    if context is None:
        return Fix(f"Add {pairs} to the CONTEXT of the VM template, unless it is already there.")
    whole = rewritten({**contents, "CONTEXT": {**given, **wanted}}) if isinstance(context, dict) else None
    return Fix(f"Write {pairs} into CONTEXT.", whole)
