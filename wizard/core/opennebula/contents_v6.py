"""The contents of a role on OpenNebula 6.x: a text in its template syntax, into which OneFlow puts the values.

What OneFlow does with it, as a 6.10 was seen to do:

* For each `$KEY` it puts the value in, as plain text, in the order in which the keys come; also where a key is only the
  begin of a longer one, and also in what it has put in just before.
* A CONTEXT in it takes the place of the VM template's, SSH keys and all. `APPEND = "CONTEXT"` changes nothing;
  `APPEND="CONTEXT"`, without blanks, leaves the VM template's alone and drops this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from wizard.core.opennebula import template_text
from wizard.core.opennebula.template_text import Attribute, TemplateTextError

Json: TypeAlias = dict[str, Any]

CONTENTS_V6 = "vm_template_contents"
"""The attribute of a role that has the text. A registered template keeps it beside the same in the names of 7.x."""

_KEY = re.compile(r"\$([A-Za-z0-9_]+)")
_APPEND = "APPEND"
_APPENDED = re.compile(r"^\s*APPEND=\"?CONTEXT\"?\s*$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([\\\"])")


def write_contents(contents: Mapping[str, object], inputs: Iterable[str]) -> str:
    """The contents of a role, an object as 7.x has it, as a text of 6.x that hands the inputs on.

    An input reaches the VM where the text says `KEY = "$KEY"`, and the guest where CONTEXT says so too. One whose name
    begins another's comes after it. Raises TemplateTextError where something can't be written.
    """
    names = [*inputs]
    longest_first = sorted(names, key=lambda name: sum(other.startswith(name) for other in names))
    handed_on = {key: f"${key}" for key in longest_first}
    written = {key: _attribute(key, value) for key, value in contents.items()}
    context = written.pop("CONTEXT", {})
    if not isinstance(context, dict):
        raise TemplateTextError(f"CONTEXT is {context!r}, not an object")
    return template_text.write({**handed_on, **written, "CONTEXT": {**context, **handed_on}})


def read_contents(text: str, inputs: Mapping[str, object]) -> Json:
    """A text of 6.x as the object of 7.x, without what hands the inputs on: there that goes without saying.

    Raises TemplateTextError.
    """
    kept: Json = {}
    for key, value in template_text.read(text).items():
        if isinstance(value, str):
            if not _handed_on(key, value, inputs):
                kept[key] = value
        elif key == "CONTEXT" and isinstance(value, dict):
            kept[key] = {name: item for name, item in value.items() if not _handed_on(name, item, inputs)}
        else:
            kept[key] = value if isinstance(value, list) else [value]
    return kept


def with_context(text: str, context: Mapping[str, str]) -> str:
    """The text with what its CONTEXT would take from the VM template put back into it; its own pairs win.

    One without a CONTEXT is given back as it is: the VM has the VM template's. Raises TemplateTextError where the text
    can't be read, or a pair can't be written.
    """
    contents = template_text.read(text)
    own = contents.get("CONTEXT")
    if isinstance(own, list):
        own = own[0]
    if not isinstance(own, dict):
        return text
    names = {key.upper() for key in own}
    missing = {key: value for key, value in context.items() if key.upper() not in names}
    if not missing and _APPEND not in contents:
        return text
    whole: dict[str, Attribute] = {key: value for key, value in contents.items() if key != _APPEND}
    return template_text.write({**whole, "CONTEXT": {**missing, **own}})


def is_appended(text: str) -> bool:
    """True if the text has the line with which OneFlow 6 keeps the VM template's CONTEXT and drops this one."""
    return _APPENDED.search(text) is not None


def written_value(value: object) -> object:
    """A value of an input as OneFlow 6 has to be sent it, so that it puts it between double quotes unharmed."""
    return value.replace("\\", "\\\\").replace('"', '\\"') if isinstance(value, str) else value


def read_value(value: object) -> object:
    """The value behind one that was sent to OneFlow 6."""
    return _ESCAPED.sub(r"\1", value) if isinstance(value, str) else value


def misread(text: str, values: Mapping[str, str]) -> dict[str, str]:
    """What would not arrive as it is meant, by its name in CONTEXT (or outside of it), and what arrives instead.

    `values` are those of the inputs, as the guests shall have them. Raises TemplateTextError where oned could not read
    what OneFlow makes of the text.
    """
    put_in = text
    for key in _KEY.findall(text):
        if key in values:
            put_in = put_in.replace(f"${key}", values[key].replace('"', '\\"'))
    meant, found = _flat(template_text.read(text)), _flat(template_text.read(put_in))
    wanted = {name: _KEY.sub(lambda key: values.get(key[1], key[0]), item) for name, item in meant.items()}
    return {name: found.get(name, "") for name, item in wanted.items() if found.get(name) != item}


def _flat(contents: Mapping[str, Attribute]) -> dict[str, str]:
    single = {key: value for key, value in contents.items() if isinstance(value, str)}
    context = contents.get("CONTEXT")
    return {**single, **context} if isinstance(context, dict) else single


def _attribute(name: str, value: object) -> Attribute:
    if isinstance(value, Mapping):
        return template_text.texts(value)
    if isinstance(value, list):
        if not all(isinstance(item, Mapping) for item in value):
            raise TemplateTextError(f"{name}: {value!r} is no list of objects")
        vectors = [template_text.texts(item) for item in value]
        # Where a server of 7.x has read a text of 6.x, it keeps CONTEXT as a list with one object in it.
        return vectors[0] if name == "CONTEXT" and len(vectors) == 1 else vectors
    return "" if value is None else str(value)


def _handed_on(key: str, value: str, inputs: Mapping[str, object]) -> bool:
    return key in inputs and value == f"${key}"
