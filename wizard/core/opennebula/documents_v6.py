"""OpenNebula 6.x and 7.x write the same documents in two ways. This translates the JSON of one into that of the other.

======================================  ====================================================================
7.x                                     6.x
======================================  ====================================================================
``template_id``                         ``vm_template``
``user_inputs``, ``…_values``           ``custom_attrs``, ``…_values``
``template_contents``, an object        ``vm_template_contents``, a text
role ``type: "vm"``                     not known
values reach every VM by themselves     only where the text says ``KEY = "$KEY"``, for its CONTEXT once more
CONTEXT is merged with the template's   it replaces it, unless the text has ``APPEND = "CONTEXT"``
======================================  ====================================================================

An OpenNebula 7 converts documents of 6.x; its recorded answers are what `from_v6` was written from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from wizard.core.opennebula import template_text
from wizard.core.opennebula.template_text import Attribute, TemplateTextError

Json: TypeAlias = dict[str, Any]

CONTENTS_V6 = "vm_template_contents"
_RENAMED = {
    "template_id": "vm_template",
    "user_inputs": "custom_attrs",
    "user_inputs_values": "custom_attrs_values",
}
_BACK = {old: new for new, old in _RENAMED.items()}
_APPEND = {"APPEND": "CONTEXT"}
_EMPTY: tuple[object, ...] = (None, "", {}, [])


def to_v6(document: Mapping[str, object]) -> Json:
    """A service template or a merge template of 7.x, as 6.x wants it.

    Raises TemplateTextError where a value can't be written in OpenNebula's template syntax.
    """
    written = _names_of_v6(document)
    if isinstance(roles := document.get("roles"), list):
        shared = list(_keys(document.get("user_inputs")))
        written["roles"] = [_role_to_v6(role, shared) if isinstance(role, Mapping) else role for role in roles]
    return written


_VALUES = "user_inputs_values"


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
            written[CONTENTS_V6] = template_text.write(_with_inputs(value, inputs))
        elif key != "type":
            written[_RENAMED.get(key, key)] = value
    return written


def _with_inputs(contents: Mapping[str, object], inputs: list[str]) -> dict[str, Attribute]:
    """The role's own part of the VM template, with each input where 6.x would not put it by itself."""
    handed_on = {key: f"${key}" for key in inputs}
    written = {key: _attribute(key, value) for key, value in contents.items()}
    context = written.pop("CONTEXT", {})
    if not isinstance(context, dict):
        raise TemplateTextError(f"CONTEXT is {context!r}, not an object")
    return {**handed_on, **written, "CONTEXT": {**context, **handed_on}, **_APPEND}


def _attribute(name: str, value: object) -> Attribute:
    if isinstance(value, Mapping):
        return template_text.texts(value)
    if isinstance(value, list):
        if not all(isinstance(item, Mapping) for item in value):
            raise TemplateTextError(f"{name}: {value!r} is no list of objects")
        return [template_text.texts(item) for item in value]
    return "" if value is None else str(value)


def _names_of_v6(document: Mapping[str, object]) -> Json:
    return {_RENAMED.get(key, key): value for key, value in document.items()}


def _role_from_v6(role: Mapping[str, object], shared: Mapping[str, object]) -> Json:
    read = names_of_v7(role)
    if "template_id" in read and is_v6(role):
        read.setdefault("type", "vm")
    text = read.get(CONTENTS_V6)
    if isinstance(text, str):
        try:
            contents = template_text.read(text)
        except TemplateTextError:
            return read
        del read[CONTENTS_V6]
        inputs = {**shared, **_keys(read.get("user_inputs"))}
        read.setdefault("template_contents", _without_inputs(contents, inputs))
    return read


def _without_inputs(contents: dict[str, Attribute], inputs: Mapping[str, object]) -> Json:
    kept: Json = {}
    for key, value in contents.items():
        if isinstance(value, str):
            if not _handed_on(key, value, inputs) and (key, value) != ("APPEND", "CONTEXT"):
                kept[key] = value
        elif key == "CONTEXT" and isinstance(value, dict):
            kept[key] = {name: text for name, text in value.items() if not _handed_on(name, text, inputs)}
        else:
            kept[key] = value if isinstance(value, list) else [value]
    return kept


def _handed_on(key: str, value: str, inputs: Mapping[str, object]) -> bool:
    return key in inputs and value == f"${key}"


def _keys(inputs: object) -> dict[str, object]:
    return dict(inputs) if isinstance(inputs, Mapping) else {}
