"""The two ways in which OneFlow writes the same documents. Inside the program there is only that of 7.x.

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

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from wizard.core import template_text
from wizard.core.plan import Document, Plan
from wizard.core.problem import Fix, Kind, Problem
from wizard.core.template_text import Attribute

_RENAMED = {
    "template_id": "vm_template",
    "user_inputs": "custom_attrs",
    "user_inputs_values": "custom_attrs_values",
}
_BACK = {old: new for new, old in _RENAMED.items()}
_CONTENTS = "vm_template_contents"
_APPEND = {"APPEND": "CONTEXT"}


class Dialect(Enum):
    """A way of writing documents, by OpenNebula's major version."""

    V6 = "6"
    V7 = "7"

    @classmethod
    def of_version(cls, version: str | None) -> Dialect:
        """The dialect of an oned that tells this version, such as `6.10.0`; 7.x where that is not known."""
        major = re.match(r"\d+", version or "")
        return cls.V6 if major and int(major.group()) < 7 else cls.V7

    def written(self, document: Document) -> Document:
        """A service template or merge template of 7.x in this dialect. Raises TemplateTextError."""
        return document if self is Dialect.V7 else to_v6(document)


def check(plan: Plan, dialect: Dialect) -> tuple[Problem, ...]:
    """What the rules do not forbid, and this dialect can't carry: an error each.

    OneFlow 6.x puts a value as it is into the quoted text of its role.
    """
    if dialect is Dialect.V7:
        return ()
    message = "OpenNebula 6.x would end the value at a double quote, and misread a backslash: use single quotes"
    return tuple(
        Problem(Kind.ERROR, item.path, message, "dialect", fix=Fix("Write ' for \", and no backslash.", _plain(text)))
        for item in plan.contract.fields
        for text in [plan.text(item.path)]
        if item.is_input and any(char in text for char in '"\\')
    )


def path_as_written(document: Mapping[str, Any], path: str) -> str:
    """A path into a document that `from_v6` read, by the names that stand in the document itself."""
    level: object = document
    words: list[str] = []
    for word in path.split("."):
        name, bracket, place = word.partition("[")
        if isinstance(level, Mapping) and name not in level:
            if name == "template_contents" and is_v6(document):
                return ".".join([*words, _CONTENTS])
            name = _RENAMED.get(name, name) if _RENAMED.get(name) in level else name
        words.append(f"{name}{bracket}{place}")
        level = level.get(name) if isinstance(level, Mapping) else None
        if bracket and isinstance(level, list):
            level = level[int(place.rstrip("]"))]
    return ".".join(words)


def to_v6(document: Mapping[str, Any]) -> Document:
    """A service template or a merge template of 7.x, as 6.x wants it.

    Raises TemplateTextError where a value can't be written in OpenNebula's template syntax.
    """
    written: Document = {_RENAMED.get(key, key): value for key, value in document.items()}
    if isinstance(document.get("roles"), list):
        shared = document.get("user_inputs", {})
        written["roles"] = [_role_to_v6(role, shared) for role in document["roles"]]
    return written


def from_v6(document: Mapping[str, Any]) -> Document:
    """A service template, merge template or service body in which names of 6.x may stand, in the names of 7.x.

    A name of 7.x wins over the 6.x one beside it. What says `KEY = "$KEY"` for an input is left out, since on 7.x
    that goes without saying. Raises TemplateTextError where `vm_template_contents` can't be read.
    """
    read = _renamed(document)
    if isinstance(document.get("roles"), list):
        shared = _keys(read.get("user_inputs"))
        read["roles"] = [_role_from_v6(role, shared) if isinstance(role, Mapping) else role for role in read["roles"]]
    return read


def is_v6(document: Mapping[str, Any]) -> bool:
    """Whether a name of 6.x stands anywhere in a document."""
    roles = document.get("roles")
    parts = (
        [document, *(role for role in roles if isinstance(role, Mapping))] if isinstance(roles, list) else [document]
    )
    return any(key in part for part in parts for key in (*_BACK, _CONTENTS))


def _role_to_v6(role: Mapping[str, Any], shared: Mapping[str, str]) -> Document:
    written: Document = {}
    for key, value in role.items():
        if key == "type":
            continue
        if key == "template_contents":
            inputs = [*shared, *(name for name in role.get("user_inputs", {}) if name not in shared)]
            written[_CONTENTS] = template_text.write(_with_inputs(value, inputs))
        else:
            written[_RENAMED.get(key, key)] = value
    return written


def _with_inputs(contents: Mapping[str, Any], inputs: list[str]) -> dict[str, Attribute]:
    """What a role adds to its VMs, with each input where 6.x would not put it by itself."""
    handed_on = {key: f"${key}" for key in inputs}
    context = {**contents.get("CONTEXT", {}), **handed_on}
    others = {key: value for key, value in contents.items() if key != "CONTEXT"}
    return {**handed_on, **others, "CONTEXT": context, **_APPEND}


def _role_from_v6(role: Mapping[str, Any], shared: set[str]) -> Document:
    read = _renamed(role)
    text = read.pop(_CONTENTS, None)
    if isinstance(text, str) and "template_contents" not in read:
        inputs = shared | _keys(read.get("user_inputs"))
        read["template_contents"] = _without_inputs(template_text.read(text), inputs)
    if "template_id" in read:
        read.setdefault("type", "vm")
    return read


def _without_inputs(contents: dict[str, Attribute], inputs: set[str]) -> Document:
    kept: Document = {}
    for key, value in contents.items():
        if isinstance(value, str):
            if not _handed_on(key, value, inputs) and (key, value) != ("APPEND", "CONTEXT"):
                kept[key] = value
        elif key == "CONTEXT" and isinstance(value, dict):
            kept[key] = {name: text for name, text in value.items() if not _handed_on(name, text, inputs)}
        else:
            kept[key] = value if isinstance(value, list) else [value]
    return kept


def _handed_on(key: str, value: str, inputs: set[str]) -> bool:
    return key in inputs and value == f"${key}"


def _renamed(document: Mapping[str, Any]) -> Document:
    read: Document = {}
    for key, value in document.items():
        name = _BACK.get(key, key)
        if name == key or name not in document:
            read[name] = value
    return read


def _keys(inputs: object) -> set[str]:
    return set(inputs) if isinstance(inputs, Mapping) else set()


def _plain(text: str) -> str:
    return text.replace('"', "'").replace("\\", "")
