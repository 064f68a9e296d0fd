"""The two ways in which OpenNebula 6.x and 7.x write documents, and what one of them can't carry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TypeAlias

from wizard.core.opennebula import template_text
from wizard.core.opennebula.contents_v6 import CONTENTS_V6, misread, with_context
from wizard.core.opennebula.template_text import TemplateTextError
from wizard.core.plan.contract import ROLES, Contract, Level, Meaning
from wizard.core.plan.plan import Document, Plan
from wizard.core.plan.problem import Fix, Kind, Problem

Contexts: TypeAlias = Mapping[int, Mapping[str, str]]
"""The CONTEXT of VM templates, by their ids."""

_INPUTS = ("user_inputs", "custom_attrs")
_HAS_CONTEXT = re.compile(r"\bCONTEXT\s*=\s*\[")

SERVER = "server"
"""The rule of a template that is written for another OpenNebula."""

NOT_WHOLE = "whole-context"
"""The rule of a document of 6.x in which the CONTEXT of a VM template is missing."""


class Dialect(Enum):
    """A way of writing documents, by OpenNebula's major version."""

    V6 = "6"
    V7 = "7"

    @classmethod
    def of_version(cls, version: str | None) -> Dialect:
        """The dialect of an oned that tells this version, such as `6.10.0`; 7.x where that is not known."""
        major = re.match(r"\d+", version or "")
        return cls.V6 if major and int(major.group()) < 7 else cls.V7

    def template(self, plan: Plan) -> Document:
        """The service template of a plan. Raises TemplateTextError.

        What a registered template of 6.x says of a role's contents is kept to the letter.
        """
        if self is Dialect.V7:
            return plan.template()
        from wizard.core.opennebula.documents_v6 import to_v6

        document = to_v6(plan.template())
        texts = _texts(plan.contract)
        for role in document["roles"]:
            if isinstance(role, dict) and role.get("name") in texts:
                role[CONTENTS_V6] = texts[role["name"]]
        return document

    def merge_template(self, plan: Plan, template: Document, contexts: Contexts) -> Document:
        """Body of the instantiation of a registered `template`. Raises TemplateTextError.

        For 6.x with the CONTEXT of the VM templates, as far as it is known.
        """
        if self is Dialect.V7:
            return plan.merge_template()
        from wizard.core.opennebula.documents_v6 import merge_to_v6

        return merge_to_v6(plan.merge_template(), template, contexts)


def check(plan: Plan, dialect: Dialect) -> tuple[Problem, ...]:
    """Errors beside those of the rules: one for each value that would not arrive as it is in this dialect."""
    return () if dialect is Dialect.V7 else (*_values(plan), *_names(plan))


def check_contexts(plan: Plan, dialect: Dialect, template: Document, contexts: Contexts | None) -> tuple[Problem, ...]:
    """What is wrong with the CONTEXT that the VMs of a `template` get: of their VM templates nothing may be lost.

    A warning where the VM template is not known, as when no cloud was asked (`contexts` None), and an error where a
    pair of it would arrive as another, or can't be written.
    """
    return () if dialect is Dialect.V7 else tuple(_contexts(plan, template, contexts))


def check_server(template: Document, version: str | None) -> tuple[Problem, ...]:
    """Errors of a service template that the OneFlow of that version can't use; None is a 7.x.

    A 7.x takes a text of 6.x, makes a list of the CONTEXT in it, and then fails to put the inputs into that. A 6.x
    knows none of the names of 7.x.
    """
    found = []
    for place, role in enumerate(template["roles"] if isinstance(template.get("roles"), list) else ()):
        if not isinstance(role, Mapping):
            continue
        if Dialect.of_version(version) is Dialect.V6:
            if "vm_template" not in role:
                message = "OpenNebula 6.x refuses a role without vm_template: this is written for 7.x"
                fix = Fix("Write it with `flowerneb-wizard render --dialect 6`.")
                found.append(Problem(Kind.ERROR, f"roles[{place}]", message, SERVER, fix=fix))
        elif _is_converted(role) and any(part.get(key) for part in (template, role) for key in _INPUTS):
            message = "OpenNebula 7.x can't make a service of it: it fails on inputs where CONTEXT was a text of 6.x"
            fix = Fix("Register it again in the form of 7.x: `flowerneb-wizard render` prints it.")
            found.append(Problem(Kind.ERROR, f"roles[{place}]", message, SERVER, fix=fix))
    return tuple(found)


def _is_converted(role: Mapping[str, object]) -> bool:
    contents, text = role.get("template_contents"), role.get(CONTENTS_V6)
    if isinstance(contents, Mapping):
        return isinstance(contents.get("CONTEXT"), list)
    return contents is None and isinstance(text, str) and _HAS_CONTEXT.search(text) is not None


def _values(plan: Plan) -> Iterator[Problem]:

    for item in plan.contract.fields:
        text = plan.text(item.path)
        if not item.is_input:
            continue
        try:
            template_text.write({"KEY": text})
            unwritable = False
        except TemplateTextError:
            unwritable = True
        if "$" in text:
            message = "OpenNebula 6.x takes a $ for the begin of a name and puts something else in its place"
            yield Problem(
                Kind.ERROR, item.path, message, "dialect", fix=Fix("Write it without $.", text.replace("$", ""))
            )
        elif unwritable:
            message = "OpenNebula 6.x can't read a backslash at the end or before a double quote, nor ]]>"
            fix = Fix("Write it without.", re.sub(r"\\+(?=\"|\Z)|\]\]>|[^\S\t\n -]", "", text))
            yield Problem(Kind.ERROR, item.path, message, "dialect", fix=fix)


def _names(plan: Plan) -> Iterator[Problem]:
    """An input whose name begins another's: OneFlow 6.x puts its value into the other's place too."""
    texts = _texts(plan.contract)
    for level in ROLES:
        inputs = [*plan.contract.inputs(Level.SERVICE), *plan.contract.inputs(level)]
        text = texts.get(level.value, "")
        try:
            changed = misread(text, {item.key: f"value of {place}" for place, item in enumerate(inputs)})
        except TemplateTextError:
            continue  # It is a finding of the template itself.
        for item in inputs:
            if item.key in changed:
                message = "OpenNebula 6.x puts the value of another input into it, whose name it begins with"
                fix = Fix(f"Write {item.key} before the shorter one in {CONTENTS_V6}, or give it another name.")
                yield Problem(Kind.ERROR, item.path, message, "dialect", fix=fix)


def _contexts(plan: Plan, template: Document, contexts: Contexts | None) -> Iterator[Problem]:
    keys = {level: [item.key for item in plan.contract.inputs(level)] for level in Level}
    for role in template["roles"]:
        text, number = role.get(CONTENTS_V6), role.get("vm_template")
        level = next((item for item in ROLES if item.value == role.get("name")), None)
        field = plan.contract.meaning(Meaning.VM_TEMPLATE, level) if level else None
        path = field.path if field else f"roles.{role.get('name')}"
        if not isinstance(text, str) or not _HAS_CONTEXT.search(text):
            continue
        if contexts is None or number not in contexts:
            yield _not_whole(path, number, asked=contexts is not None)
            continue
        try:
            values = dict.fromkeys((*keys[Level.SERVICE], *(keys[level] if level else ())), "v")
            lost = misread(with_context(text, contexts[number]), values)
        except TemplateTextError as error:
            lost = {str(error): ""}
        for name in lost:
            if name not in values:
                message = f"the CONTEXT of VM template {number} can't be handed on with OpenNebula 6.x: {name}"
                fix = Fix(f"Change it with `onetemplate update {number}`: a script is safe as START_SCRIPT_BASE64.")
                yield Problem(Kind.ERROR, path, message, NOT_WHOLE, fix=fix)


def _not_whole(path: str, number: object, *, asked: bool) -> Problem:
    message = "on OpenNebula 6.x the VMs lose the CONTEXT of their VM template, with its SSH keys: "
    if asked:
        message += f"VM template {number} is not in the list that this user gets"
        fix = Fix(f"Ask its owner for the USE right on VM template {number}, or choose another.")
    else:
        message += "the documents here are not whole, since no cloud was asked"
        fix = Fix("Deploy with `flowerneb-wizard deploy`, which puts it into the instantiation.")
    return Problem(Kind.WARNING, path, message, NOT_WHOLE, fix=fix)


def _texts(contract: Contract) -> dict[str, str]:
    """The contents of the roles of a registered template of 6.x, to the letter, by the roles' names."""
    roles = [role for role in (contract.body or {}).get("roles", ()) if isinstance(role, Mapping)]
    return {role["name"]: role[CONTENTS_V6] for role in roles if isinstance(role.get(CONTENTS_V6), str)}
