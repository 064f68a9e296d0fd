"""The operator's choices, and the two documents that follow from them.

A plan holds the text of every field, as typed: an unfinished or wrong value is kept, shown and reported, never lost.
`template` and `merge_template` are the OneFlow documents in 7.x names; `to_json` gives the very text that is
previewed and sent.
"""

from __future__ import annotations

import copy
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from wizard.core.opennebula.contents_v6 import CONTENTS_V6
from wizard.core.opennebula.networks import NetworkChoice
from wizard.core.opennebula.user_inputs import InputType
from wizard.core.plan.contract import ROLES, Contract, Field, Level, Meaning
from wizard.core.plan.contracts import SEED
from wizard.core.text import escaped

_NETWORK_DEFINITION = "M|network|Network shared by all cluster VMs||id:"

Document = dict[str, Any]


class UnknownField(KeyError):
    """No field of the contract has that path."""


class Registration(str, Enum):
    """The operator's choice where a template of the same name is registered with other content."""

    NEW = "new"
    UPDATE = "update"
    AS_IS = "as-is"


@dataclass(frozen=True)
class Plan:
    """A contract with what the operator chose: `chosen` maps field paths to texts that differ from the defaults."""

    contract: Contract = SEED
    chosen: Mapping[str, str] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        given = self.chosen or {}
        fields = self.contract.by_path
        for path in given:
            if path not in fields:
                raise UnknownField(path)
        kept = {path: text for path, text in given.items() if text != fields[path].input.default}
        object.__setattr__(self, "chosen", kept)

    def text(self, path: str) -> str:
        """The text of a field, its default where nothing else was chosen. Raises UnknownField."""
        try:
            return self.chosen.get(path, self.contract.by_path[path].input.default)
        except KeyError:
            raise UnknownField(path) from None

    def with_text(self, path: str, text: str) -> Plan:
        """The same plan with one field changed. Raises UnknownField."""
        return replace(self, chosen={**self.chosen, path: text})

    def with_texts(self, texts: Mapping[str, str]) -> Plan:
        """The same plan with several fields changed. Raises UnknownField."""
        return replace(self, chosen={**self.chosen, **texts})

    def meant(self, meaning: Meaning, level: Level | None = None) -> str:
        """The text of the field with that meaning; empty where the contract has none."""
        found = self.contract.meaning(meaning, level)
        return self.text(found.path) if found else ""

    @property
    def name(self) -> str:
        """The name of the template and of the service."""
        return self.meant(Meaning.NAME)

    def values(self, level: Level) -> dict[str, str]:
        """The value of every user input of a level; OneFlow 7.x wants each one, optional or not.

        A number is written as a number is: a guest reads `08` as octal, and Flower dies on it.
        """
        return {item.key: self._value(item) for item in self.contract.inputs(level)}

    def template(self) -> Document:
        """The service template, field by field.

        Each input's definition carries the chosen value as its default, so that the template alone still says what
        was chosen. A number that is not one stays as it was typed: rules report it.
        A contract that was drawn from a registered template gives that one, with the attributes that were changed;
        its values and the service's name go along with the instantiation only.
        """
        if self.contract.body is not None:
            return self._body_with_changes(self.contract.body)
        document: Document = {
            "name": self.name,
            "description": self._attribute(Level.SERVICE, "description"),
            "deployment": "straight",
            "ready_status_gate": True,
            "shutdown_action": self._attribute(Level.SERVICE, "shutdown_action"),
            "user_inputs": self._definitions(Level.SERVICE),
        }
        if self._networks:
            document["networks"] = dict.fromkeys(self._networks, _NETWORK_DEFINITION)
        return {**document, "roles": [self._role(level) for level in ROLES]}

    def merge_template(self) -> Document:
        """Body of the instantiation: the name, and a value for every input at its own level."""
        document: Document = {"name": self.name, "user_inputs_values": self.values(Level.SERVICE)}
        if networks := self._networks_values():
            document["networks_values"] = networks
        roles = [
            {
                "name": level.value,
                "cardinality": self._number(level, "cardinality"),
                "user_inputs_values": self.values(level),
            }
            for level in ROLES
        ]
        return {**document, "roles": roles}

    @property
    def _networks(self) -> dict[str, str]:
        """The choice for each network of the template, by the name that it has there."""
        texts = {name: self.text(path).strip() for path, name in self.contract.networks.items()}
        return {name: text for name, text in texts.items() if text}

    def _networks_values(self) -> list[dict[str, dict[str, str]]]:
        """An entry for each network of which something is known: the server drops the size that a default may have."""
        body = self.contract.body or {}
        values = {}
        for name, definition in (body.get("networks") or {}).items():
            offered = NetworkChoice.parse(str(definition).rpartition("|")[2])
            values[name] = offered.value if offered else {}
        values |= {name: {"id": text} for name, text in self._networks.items()}
        return [{name: value} for name, value in values.items() if value]

    def _body_with_changes(self, body: Mapping[str, Any]) -> Document:
        document = copy.deepcopy(dict(body))
        roles = {role.get("name"): role for role in document["roles"]}
        for role in document["roles"]:
            role.pop(CONTENTS_V6, None)
        for item in self.contract.fields:
            if item.is_input or item.path not in self.chosen or item.meaning in (Meaning.NAME, Meaning.NETWORK):
                continue
            # How many VMs there are is said at the instantiation.
            if item.meaning is not Meaning.CARDINALITY:
                part = document if item.level is Level.SERVICE else roles[item.level.value]
                key = "template_id" if item.meaning is Meaning.VM_TEMPLATE else item.key
                is_number = item.input.type is InputType.NUMBER or item.meaning is Meaning.VM_TEMPLATE
                part[key] = number_or_text(self.text(item.path)) if is_number else self.text(item.path)
        return document

    def _value(self, item: Field) -> str:
        text = self.text(item.path)
        return str(number_or_text(text)) if item.input.type is InputType.NUMBER else text

    def _attribute(self, level: Level, key: str) -> str:
        return self.text(f"{level.value}.{key}")

    def _number(self, level: Level, key: str) -> int | str:
        return number_or_text(self._attribute(level, key))

    def _definitions(self, level: Level) -> dict[str, object]:
        return {item.key: self._definition(item) for item in self.contract.inputs(level)}

    def _definition(self, item: Field) -> str:
        return replace(item.input, default=self._value(item)).definition()

    def _role(self, level: Level) -> Document:
        fixed = self.contract.role(level)
        contents: Document = {"CONTEXT": dict(self.contract.context)}
        if self._networks:
            contents["NIC"] = [{"NETWORK_ID": f"${name}"} for name in self._networks]
        return {
            "name": level.value,
            "type": "vm",
            "template_id": number_or_text(self.meant(Meaning.VM_TEMPLATE, level).strip() or str(fixed.vm_template_id)),
            "cardinality": self._number(level, "cardinality"),
            "min_vms": self._number(level, "min_vms"),
            "max_vms": self._number(level, "max_vms"),
            **({"parents": list(fixed.parents)} if fixed.parents else {}),
            "shutdown_action": self._attribute(Level.SERVICE, "shutdown_action"),
            "cooldown": self._number(level, "cooldown"),
            "user_inputs": self._definitions(level),
            "template_contents": contents,
        }


def number_or_text(text: str) -> int | str:
    """A whole number where the text is one (ASCII digits, at most 18 of them), else the text itself."""
    stripped = text.strip()
    if stripped.isascii() and stripped.isdigit() and len(stripped) <= 18:
        return int(stripped)
    return text


def to_json(document: Document) -> str:
    """The one text form of a document: what is previewed is byte for byte what is sent (as UTF-8).

    What could drive a terminal is escaped in it.
    """
    return escaped(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def same_content(body: Mapping[str, Any], document: Document) -> bool:
    """True if a registered template's body is this document."""
    return without_servers_own(body) == document


def without_servers_own(body: Mapping[str, Any]) -> Document:
    """A registered template's body without `registration_time`, which OneFlow adds by itself."""
    return {key: value for key, value in body.items() if key != "registration_time"}


_HEREDOC = "END_OF_JSON"


def shell_script(name: str, template: str, merge_template: str) -> str:
    """A script for `sh` that registers the template and instantiates it with `oneflow-template`.

    The texts are the JSON that is shown and sent; nothing in them is expanded by the shell.
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.").lower()[:80] or "service"
    files = [(f"{stem}.template.json", template), (f"{stem}.instantiation.json", merge_template)]
    parts = ["#!/bin/sh", f"# Registers and instantiates {_in_a_comment(name)}.", "set -e", ""]
    for path, text in files:
        end = _end(text)
        parts += [f"cat > {shlex.quote(path)} <<'{end}'", text.rstrip("\n"), end, ""]
    first, second = (shlex.quote(path) for path, _ in files)
    parts.append(f"template=$(oneflow-template create {first} | sed -n 's/^ID: *//p')")
    parts.append(f'oneflow-template instantiate "$template" {second}')
    return "\n".join(parts) + "\n"


def _end(text: str) -> str:
    lines = set(text.splitlines())
    end = _HEREDOC
    while end in lines:
        end += "_"
    return end


def _in_a_comment(name: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in name)
