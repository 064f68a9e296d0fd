"""Settings of a Flower cluster and their levels: a contract between us and the guests, as data.

Forms, JSON, preset keys, `--set`, help and rules are all drawn from the fields of a contract. A field that is an
OpenNebula user input carries its variable as key; the others are attributes of the service template itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from wizard.core.opennebula.user_inputs import UserInput


class Level(str, Enum):
    """Level of a setting. A variable stands at exactly one level: at two, OneFlow lets the role's win."""

    SERVICE = "service"
    SUPERLINK = "superlink"
    SUPERNODE = "supernode"


ROLES = (Level.SUPERLINK, Level.SUPERNODE)


class Meaning(str, Enum):
    """Subject of a field, where a rule needs to know it; contracts name their variables as they like."""

    NAME = "name"
    NETWORK = "network"
    VM_TEMPLATE = "vm_template"
    CARDINALITY = "cardinality"
    MIN_VMS = "min_vms"
    MAX_VMS = "max_vms"
    COOLDOWN = "cooldown"
    FLOWER_VERSION = "flower_version"
    TLS = "tls"
    NODE_CONFIG = "node_config"
    FRAMEWORK = "framework"
    USE_CASE = "use_case"
    MIN_FIT = "min_fit_clients"
    MIN_EVALUATE = "min_evaluate_clients"
    MIN_AVAILABLE = "min_available_clients"
    ROUNDS = "rounds"
    STRATEGY = "strategy"


@dataclass(frozen=True)
class Field:
    """One setting: its OpenNebula definition, and what an operator reads about it.

    `help` tells the consequence, not the type. `is_input` says whether it is a user input or an attribute of the
    template. `fixed_because` is not empty where the operator can't change it. `is_foreign` marks an input whose meaning
    only the author of a template knows: nothing but OpenNebula's grammar is held against it.
    """

    level: Level
    input: UserInput
    label: str
    help: str
    unit: str = ""
    meaning: Meaning | None = None
    is_input: bool = True
    advanced: bool = False
    fixed_because: str = ""
    is_foreign: bool = False

    @property
    def key(self) -> str:
        """The OpenNebula variable or attribute, as presets spell it below the level's heading."""
        return self.input.key

    @property
    def group(self) -> str:
        """Heading of the fields that belong together on a form; empty where it needs none."""
        return _GROUPS.get(self.meaning, "") if self.meaning is not None else ""

    @property
    def path(self) -> str:
        """The name that is unique in the whole contract: the variable itself, or `level.attribute`."""
        return self.key if self.is_input else f"{self.level.value}.{self.key}"


_GROUPS = {
    Meaning.VM_TEMPLATE: "VMs",
    Meaning.CARDINALITY: "VMs",
    Meaning.NETWORK: "Network",
    Meaning.ROUNDS: "Training",
    Meaning.STRATEGY: "Training",
    Meaning.FRAMEWORK: "Training",
    Meaning.USE_CASE: "Training",
    Meaning.MIN_FIT: "Thresholds",
    Meaning.MIN_EVALUATE: "Thresholds",
    Meaning.MIN_AVAILABLE: "Thresholds",
    Meaning.NODE_CONFIG: "Data",
}


@dataclass(frozen=True)
class RoleContract:
    """Fixed properties of a role.

    Where no VM template is chosen, `vm_template_name` is looked for, and `vm_template_id` stands in what is printed.
    """

    level: Level
    vm_template_name: str
    vm_template_id: int
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contract:
    """A set of fields with the roles they belong to.

    `context` goes into each role's CONTEXT and is never a user input, so that no operator can switch it off.
    `use_cases` says which frameworks a pre-built use case runs on. `networks` names, by field, what the template calls
    the network that is chosen there. `body` is the registered template that the contract was drawn from, in the names
    of 7.x: what no field says stays as it is there.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    roles: tuple[RoleContract, ...]
    context: Mapping[str, str]
    use_cases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=lambda: {"service.network": "Private"})
    body: Mapping[str, Any] | None = None

    @cached_property
    def by_path(self) -> Mapping[str, Field]:
        """Every field by its path."""
        return {item.path: item for item in self.fields}

    def at(self, level: Level) -> tuple[Field, ...]:
        """The fields of one level, in the order in which they are asked."""
        return tuple(item for item in self.fields if item.level is level)

    def inputs(self, level: Level) -> tuple[Field, ...]:
        """The user inputs of one level."""
        return tuple(item for item in self.at(level) if item.is_input)

    def meaning(self, meaning: Meaning, level: Level | None = None) -> Field | None:
        """The field that means this, at that level where several levels have one; None if the contract has none."""
        for item in self.fields:
            if item.meaning is meaning and (level is None or item.level is level):
                return item
        return None

    def role(self, level: Level) -> RoleContract:
        """Fixed properties of the role of that level."""
        return next(role for role in self.roles if role.level is level)
