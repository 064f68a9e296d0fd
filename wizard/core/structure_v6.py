"""What can be wrong with a service template of 6.x alone: its values reach a VM only where its text says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.core import template_text
from wizard.core.dialect import from_v6
from wizard.core.problem import Fix, Kind, Problem
from wizard.core.template_text import Attribute, TemplateTextError

_CONTENTS = "vm_template_contents"


def check_v6(body: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of the roles that are written as 6.x wants them; none where a document is of 7.x."""
    for place, role in enumerate(body.get("roles", ())):
        text = role.get(_CONTENTS) if isinstance(role, Mapping) else None
        if not isinstance(text, str) or "template_contents" in role:
            continue
        path = f"roles[{place}].{_CONTENTS}"
        try:
            contents = template_text.read(text)
        except TemplateTextError as error:
            fix = Fix('Write lines KEY = "value", and CONTEXT = [ KEY = "value", KEY = "value" ].')
            yield Problem(Kind.ERROR, path, f"it can't be read: {error}", "contents are readable", fix=fix)
            continue
        yield from _context(path, contents, _inputs(body, place))


def _context(path: str, contents: Mapping[str, Attribute], inputs: tuple[str, ...]) -> Iterator[Problem]:
    context = contents.get("CONTEXT")
    given = context if isinstance(context, dict) else {}
    if given and contents.get("APPEND") != "CONTEXT":
        message = (
            'without a line APPEND = "CONTEXT" this CONTEXT replaces that of the VM template: the VM loses its SSH '
            "keys and network"
        )
        fix = Fix('Add the line APPEND = "CONTEXT".', _text({**contents, "APPEND": "CONTEXT"}))
        yield Problem(Kind.ERROR, path, message, "context is appended", fix=fix)
    for key in inputs:
        if given.get(key) != f"${key}":
            message = f'the guest never gets {key}: write {key} = "${key}" into CONTEXT'
            handed_on = {**contents, "CONTEXT": {**given, key: f"${key}"}, "APPEND": "CONTEXT"}
            rewritten = None if isinstance(context, list) else _text(handed_on)
            fix = Fix(f'Add {key} = "${key}" to CONTEXT, and keep APPEND = "CONTEXT".', rewritten)
            yield Problem(Kind.ERROR, path, message, "values are handed on", fix=fix)


def _inputs(body: Mapping[str, Any], place: int) -> tuple[str, ...]:
    read = from_v6({**body, "roles": [{**body["roles"][place], _CONTENTS: ""}]})
    found = [read.get("user_inputs"), read["roles"][0].get("user_inputs")]
    return tuple(key for inputs in found if isinstance(inputs, Mapping) for key in inputs)


def _text(contents: Mapping[str, Attribute]) -> str | None:
    """The contents written anew; None where they hold what can't be written safely, and a person has to do it."""
    try:
        return template_text.write(contents)
    except TemplateTextError:
        return None
