"""OpenNebula 6.x and 7.x write the same documents in two ways. This translates the JSON of one into that of the other.

======================================  ====================================================================
7.x                                     6.x
======================================  ====================================================================
``template_id``                         ``vm_template``
``user_inputs``, ``…_values``           ``custom_attrs``, ``…_values``
``template_contents``, an object        ``vm_template_contents``, a text
role ``type: "vm"``                     not known
values reach every VM by themselves     only where the text says ``KEY = "$KEY"``, for its CONTEXT once more
CONTEXT is merged with the template's   it replaces it
roles of a merge template, by name      by their place in the service template
======================================  ====================================================================

An OpenNebula 7 converts documents of 6.x; its recorded answers are what `from_v6` was written from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from wizard.core.opennebula.contents_v6 import (
    CONTENTS_V6,
    read_contents,
    read_value,
    with_context,
    write_contents,
    written_value,
)
from wizard.core.opennebula.template_text import TemplateTextError

Json: TypeAlias = dict[str, Any]

_VALUES = "user_inputs_values"
_RENAMED = {
    "template_id": "vm_template",
    "user_inputs": "custom_attrs",
    _VALUES: "custom_attrs_values",
}
_BACK = {old: new for new, old in _RENAMED.items()}
_EMPTY: tuple[object, ...] = (None, "", {}, [])


def to_v6(document: Mapping[str, object]) -> Json:
    """A service template of 7.x, as 6.x wants it.

    Raises TemplateTextError where a value can't be written in OpenNebula's template syntax.
    """
    written = _names_of_v6(document)
    if isinstance(roles := document.get("roles"), list):
        shared = list(_keys(document.get("user_inputs")))
        written["roles"] = [_role_to_v6(role, shared) if isinstance(role, Mapping) else role for role in roles]
    return written


def merge_to_v6(
    merge: Mapping[str, object], template: Mapping[str, object], contexts: Mapping[int, Mapping[str, str]]
) -> Json:
    """A merge template of 7.x for a service template of 6.x: an entry for each of its roles, in their order.

    `contexts` has the CONTEXT of VM templates by their ids: its pairs are put into the role's contents, which the
    service template leaves open so that it holds for every VM template. Where that can't be done they are left out.
    """
    written = _names_of_v6(merge)
    given = {role["name"]: role for role in _objects(merge.get("roles")) if "name" in role}
    roles = _objects(template.get("roles"))
    written["roles"] = [_merge_role_to_v6(given.get(role.get("name")), role, contexts) for role in roles]
    return written


def _merge_role_to_v6(
    given: Mapping[str, object] | None, role: Mapping[str, object], contexts: Mapping[int, Mapping[str, str]]
) -> Json:
    if given is None:
        # Nobody asked for another value than the defaults; each input has to have one.
        defaults = {key: str(value).rpartition("|")[2] for key, value in _keys(role.get("custom_attrs")).items()}
        given = {"name": role.get("name"), **({_VALUES: defaults} if defaults else {})}
    written = _names_of_v6(given)
    text, vm_template = role.get(CONTENTS_V6), role.get("vm_template")
    if isinstance(text, str) and isinstance(vm_template, int) and vm_template in contexts:
        try:
            whole = with_context(text, contexts[vm_template])
        except TemplateTextError:
            return written
        if whole != text:
            written[CONTENTS_V6] = whole
    return written


def from_v6(document: Mapping[str, object]) -> Json:
    """A service template, merge template or service body in which names of 6.x may stand, in the names of 7.x.

    A name of 7.x wins over the 6.x one beside it, unless it is empty; values are taken from both. What says
    `KEY = "$KEY"` for an input is left out, since on 7.x that goes without saying. A text that can't be read stays as
    it is.
    """
    read = names_of_v7(document)
    if isinstance(roles := document.get("roles"), list):
        shared = _keys(read.get("user_inputs"))
        read["roles"] = [_role_from_v6(role, shared) if isinstance(role, Mapping) else role for role in roles]
    return read


def contents_text(document: Mapping[str, object], place: int) -> str | None:
    """The contents of a role as a document of 6.x has them; None where they are those of 7.x."""
    roles = document.get("roles")
    role = roles[place] if isinstance(roles, list) else None
    text = role.get(CONTENTS_V6) if isinstance(role, Mapping) and "template_contents" not in role else None
    return text if isinstance(text, str) else None


def is_v6(document: Mapping[str, object]) -> bool:
    """True if a name of 6.x stands anywhere in a document."""
    roles = document.get("roles")
    parts = [document, *(roles if isinstance(roles, list) else ())]
    return any(key in part for part in parts if isinstance(part, Mapping) for key in (*_BACK, CONTENTS_V6))


def path_as_written(document: Mapping[str, object], path: str) -> str:
    """A path into a document that `from_v6` read, by the names that stand in the document itself."""
    level: object = document
    words: list[str] = []
    for word in path.split("."):
        if isinstance(level, list) and len(level) == 1:
            words[-1] += "[0]"
            level = level[0]
        name, bracket, place = word.partition("[")
        if isinstance(level, Mapping) and name not in level:
            if name == "template_contents" and is_v6(document):
                return ".".join([*words, CONTENTS_V6])
            name = _RENAMED.get(name, name) if _RENAMED.get(name) in level else name
        words.append(f"{name}{bracket}{place}")
        level = level.get(name) if isinstance(level, Mapping) else None
        if bracket and isinstance(level, list):
            level = level[int(place.rstrip("]"))]
    return ".".join(words)


def names_of_v7(document: Mapping[str, object]) -> Json:
    """One object of a document in the names of 7.x; what stands inside it is left as it is."""
    read = {key: value for key, value in document.items() if key not in _BACK}
    for old, new in _BACK.items():
        if old not in document:
            continue
        six, seven = document[old], read.get(new)
        if new == _VALUES and isinstance(six, Mapping):
            six = {str(key): read_value(value) for key, value in six.items()}
        if new == _VALUES and isinstance(six, Mapping) and isinstance(seven, Mapping):
            # Sunstone 6.10 writes the inputs of a VM template into the other one; a text is replaced by ours alone.
            read[new] = {**seven, **six}
        elif seven in _EMPTY:
            read[new] = six
    return read


def _role_to_v6(role: Mapping[str, object], shared: list[str]) -> Json:
    written: Json = {}
    for key, value in role.items():
        if key == "template_contents":
            if not isinstance(value, Mapping):
                raise TemplateTextError(f"template_contents of role {role.get('name')} is no object")
            inputs = [*shared, *(name for name in _keys(role.get("user_inputs")) if name not in shared)]
            written[CONTENTS_V6] = write_contents(value, inputs)
        elif key != "type":
            written.update(_names_of_v6({key: value}))
    return written


def _names_of_v6(document: Mapping[str, object]) -> Json:
    written: Json = {}
    for key, value in document.items():
        if key == _VALUES and isinstance(value, Mapping):
            value = {item: written_value(text) for item, text in value.items()}
        written[_RENAMED.get(key, key)] = value
    return written


def _role_from_v6(role: Mapping[str, object], shared: Mapping[str, object]) -> Json:
    read = names_of_v7(role)
    if "template_id" in read and is_v6(role):
        read.setdefault("type", "vm")
    text = read.get(CONTENTS_V6)
    if isinstance(text, str):
        try:
            contents = read_contents(text, {**shared, **_keys(read.get("user_inputs"))})
        except TemplateTextError:
            return read
        del read[CONTENTS_V6]
        read.setdefault("template_contents", contents)
    return read


def _keys(inputs: object) -> dict[str, object]:
    return dict(inputs) if isinstance(inputs, Mapping) else {}


def _objects(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
