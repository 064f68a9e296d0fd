"""What a registered service template, or a service that runs, amounts to as settings of a contract.

Not everything that a template can say is a setting: what is not taken over is told, one sentence each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wizard.core.opennebula.documents import NotATemplate, ServiceTemplate, read_template, template_body
from wizard.core.opennebula.service_document import decode_service
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.user_inputs import InputType
from wizard.core.plan.contract import ROLES, Contract, Level, Meaning
from wizard.core.plan.contracts import CONTRACTS
from wizard.core.plan.plan import Plan, number_or_text
from wizard.core.plan.template_check import contract_of
from wizard.core.plan.template_rules import parts_of, plan_of, role_name, roles_are_objects, superlink_is_never_scaled

_BY_ID = re.compile(r"\s*id:([0-9]+)\s*\Z")


@dataclass(frozen=True)
class ImportedPlan:
    """The settings, and what else was said that no setting can hold."""

    plan: Plan
    left_out: tuple[str, ...] = ()


def plan_from_document(document: object, contracts: Mapping[str, Contract] = CONTRACTS) -> ImportedPlan:
    """Read a service template or a service, as its body or as the whole DOCUMENT that OneFlow prints.

    The contract is the one that knows most of its inputs. Of a service the values in force are taken: what it was
    instantiated with, and as many VMs as it has now. Raises NotATemplate where it is no Flower cluster, and
    DecodeError for a service that can't be read.
    """
    template = read_template(document)
    parts = parts_of(template)
    for level in ROLES:
        if level not in parts:
            raise NotATemplate(f"it has no role {level.value}, so it is no Flower cluster")
    contract = contract_of(template, contracts)
    plan = plan_of(template, contract)
    network, left_out = _network(template)
    left_out += _other_roles(template)
    left_out += _other_inputs(template, contract)
    left_out += [f"{problem.field}: {problem.message}" for problem in roles_are_objects(template, contract)]
    left_out += [problem.message for problem in superlink_is_never_scaled(template, contract)]
    if (item := contract.meaning(Meaning.NETWORK)) is not None and network:
        plan = plan.with_text(item.path, network)
    if template.has("state"):
        plan = _in_force(_service(document, template), plan)
    plan, unreadable = _readable(plan)
    return ImportedPlan(plan, tuple(dict.fromkeys(left_out + unreadable)))


def _service(document: object, template: ServiceTemplate) -> ServiceSnapshot:
    if isinstance(document, Mapping) and isinstance(document.get("DOCUMENT"), Mapping):
        return decode_service(document)
    body = template_body(document)
    return decode_service({"ID": 0, "NAME": template.name, "TEMPLATE": {"BODY": body}})


def _in_force(service: ServiceSnapshot, plan: Plan) -> Plan:
    texts: dict[str, str] = {}
    for item in plan.contract.fields:
        if item.is_input:
            own = item.level is Level.SERVICE
            value = service.values.get(item.key) if own else service.role_value(item.level.value, item.key)
            if value is not None:
                texts[item.path] = value
        elif item.meaning is Meaning.NAME and service.name:
            texts[item.path] = service.name
    return plan.with_texts(texts)


def _network(template: ServiceTemplate) -> tuple[str, list[str]]:
    """The id of the one network that all VMs share; several, and those that are made anew, are no setting."""
    networks = template.networks
    if not networks:
        return "", []
    if len(networks) > 1:
        return "", [f"the networks {', '.join(networks)}: a preset has one network"]
    (name, definition) = next(iter(networks.items()))
    chosen = dict(_network_values(template)).get(name)
    if chosen is not None:
        return chosen, []
    default = definition.split("|")[-1] if isinstance(definition, str) else ""
    if found := _BY_ID.match(default):
        return found.group(1), []
    if default.strip() in ("", "id:"):
        return "", []
    return "", [f"the network {name}: {default.strip()} makes a network, a preset names one that exists"]


def _network_values(template: ServiceTemplate) -> Iterator[tuple[str, str]]:
    for entry in template.networks_values:
        if isinstance(entry, Mapping):
            for name, chosen in entry.items():
                if isinstance(chosen, Mapping) and "id" in chosen:
                    yield str(name), str(chosen["id"])


def _other_roles(template: ServiceTemplate) -> list[str]:
    known = {level.value for level in ROLES}
    names = [role_name(role) for _, role in template.placed()]
    return [f"the role {name}: a Flower cluster has superlink and supernode" for name in names if name not in known]


def _other_inputs(template: ServiceTemplate, contract: Contract) -> list[str]:
    found = []
    for level, part in parts_of(template).items():
        known = {item.key for item in contract.inputs(level)}
        where = "of the service" if level is Level.SERVICE else f"of the role {level.value}"
        found += [f"the input {key} {where}: no setting is called so" for key in part.user_inputs if key not in known]
    return found


def _readable(plan: Plan) -> tuple[Plan, list[str]]:
    """Numbers that are none can't stand in a preset, and what is fixed can't be chosen: both fall back."""
    texts, told = {}, []
    for item in plan.contract.fields:
        text, default = plan.text(item.path), item.input.default
        if item.fixed_because and text not in (default, ""):
            told.append(f"{item.path} {text}: it is {default}. {item.fixed_because}")
        elif item.input.type is InputType.NUMBER and isinstance(number_or_text(text), str):
            what = f"{item.path} {text!r}: it is no whole number" if text else f"{item.path}: it is not said"
            told.append(f"{what}, so it has its default {default}")
        else:
            continue
        texts[item.path] = default
    return plan.with_texts(texts), told
