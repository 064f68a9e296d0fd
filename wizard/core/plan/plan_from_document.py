"""A registered service template, or a service that runs, as settings of a contract.

Not everything that a template can say is a setting: what is not taken over is listed, one sentence each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from wizard.core.opennebula import user_inputs as user_input
from wizard.core.opennebula.contents_v6 import CONTENTS_V6
from wizard.core.opennebula.documents import NotATemplate, Role, ServiceTemplate, read_template, template_body
from wizard.core.opennebula.documents_v6 import from_v6
from wizard.core.opennebula.networks import NetworkChoice
from wizard.core.opennebula.service_document import decode_service
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.user_inputs import InputType, UserInput
from wizard.core.plan.contract import ROLES, Contract, Field, Level, Meaning, RoleContract
from wizard.core.plan.contracts import CONTRACTS, DESCRIPTION, REGISTERED, SEED, SHUTDOWN_ACTION, role_fields, text
from wizard.core.plan.plan import Document, Plan, number_or_text
from wizard.core.plan.template_check import contract_of
from wizard.core.plan.template_rules import parts_of, plan_of, role_name, roles_are_objects, superlink_is_never_scaled


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
    found = NetworkChoice.parse(default)
    if found is not None and found.kind == "id":
        return found.id, []
    made = "makes a network" if found is not None else "can't be read"
    return "", [f"the network {name}: {default.strip()} {made}, a preset names one that exists"]


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
    texts, notes = {}, []
    for item in plan.contract.fields:
        text, default = plan.text(item.path), item.input.default
        if item.fixed_because and text not in (default, ""):
            notes.append(f"{item.path} {text}: it is {default}. {item.fixed_because}")
        elif item.input.type is InputType.NUMBER and isinstance(number_or_text(text), str):
            what = f"{item.path} {text!r}: it is no whole number" if text else f"{item.path}: it is not said"
            notes.append(f"{what}, so it has its default {default}")
        else:
            continue
        texts[item.path] = default
    return plan.with_texts(texts), notes


_SERVERS_OWN = "registration_time"
_MARKER = {"TOKEN": "YES", "REPORT_READY": "YES"}
_TITLES = {Level.SUPERLINK: "SuperLink", Level.SUPERNODE: "SuperNode"}
_UNLIMITED = (1, 1, 1)


def plan_from_template(document: object) -> Plan:
    """The plan that a registered service template amounts to: every setting as the template says it.

    Takes the body, or the whole DOCUMENT that OneFlow prints, of 6.x or 7.x. Raises NotATemplate where it has not the
    two roles of a Flower cluster, where a definition can't be read or an input stands twice, or where an input is a
    password: every value is shown and kept here.
    """
    template = read_template(document)
    parts = _parts(template)
    networks = dict(_networks(template))
    fields = [_name(template), *_inputs(Level.SERVICE, template), *networks]
    fields += [_as_said(item, template) for item in (DESCRIPTION, SHUTDOWN_ACTION)]
    for level in ROLES:
        main, more = _attributes(level, parts[level])
        fields += [*main, *_inputs(level, parts[level]), *more]
    _check_that_each_stands_once(fields)
    return Plan(
        Contract(
            name=REGISTERED,
            title=_title(template),
            fields=tuple(fields),
            roles=tuple(RoleContract(level, "", 0, parts[level].parent_names) for level in ROLES),
            context=_MARKER,
            use_cases=SEED.use_cases,
            networks={item.path: name for item, name in networks.items()},
            body=_to_the_letter(template_body(document), template.to_v7()),
        )
    )


def _to_the_letter(written: Mapping[str, object], body: Document) -> Document:
    """A body in the names of 7.x, and beside a role's contents the text of 6.x that they were read from."""
    roles = written.get("roles")
    for role, source in zip(body["roles"], roles if isinstance(roles, list) else (), strict=False):
        role.pop(CONTENTS_V6, None)
        alone = {key: value for key, value in source.items() if key != "template_contents"}
        read = from_v6({**written, "roles": [alone]})["roles"][0]
        if CONTENTS_V6 in source and read.get("template_contents") == role.get("template_contents"):
            role[CONTENTS_V6] = source[CONTENTS_V6]
    return {key: value for key, value in body.items() if key != _SERVERS_OWN}


def _check_that_each_stands_once(fields: list[Field]) -> None:
    seen: set[object] = set()
    for item in fields:
        for name in {item.path, (item.level, item.key)}:
            if name in seen:
                raise NotATemplate(f"its input {item.key} is there twice, or is called as a setting is: {item.path}")
            seen.add(name)


def _parts(template: ServiceTemplate) -> dict[Level, Role]:
    for problem in roles_are_objects(template, SEED):
        raise NotATemplate(f"it can't be read: {problem.field}: {problem.message}")
    for _, role in template.placed():
        if role.unread_contents is not None:
            raise NotATemplate(f"vm_template_contents of role {role.name} can't be read")
    parts: dict[Level, Role] = {}
    for level in ROLES:
        roles = template.placed(level.value)
        if len(roles) != 1:
            raise NotATemplate(f"it has {len(roles) or 'no'} roles {level.value}, so it is no Flower cluster")
        parts[level] = roles[0][1]
    return parts


def _title(template: ServiceTemplate) -> str:
    return str(template.as_written("name") if template.has("name") else "")


def _name(template: ServiceTemplate) -> Field:
    return Field(
        Level.SERVICE,
        text("name", "Name of the service", _title(template), mandatory=True),
        "Name",
        "The name of the service, as `oneflow list` shows it; the template keeps its own. 1 to 128 characters.",
        meaning=Meaning.NAME,
        is_input=False,
    )


def _inputs(level: Level, part: ServiceTemplate | Role) -> Iterator[Field]:
    for key, definition in part.user_inputs.items():
        try:
            found = user_input.parse(key, definition if isinstance(definition, str) else repr(definition))
        except user_input.UserInputError as error:
            raise NotATemplate(f"an input of it can't be read: {error}") from None
        if found.type is InputType.PASSWORD:
            raise NotATemplate(
                f"its input {key} is a password, and every value is shown and kept here: instantiate it with "
                "`oneflow-template instantiate`"
            )
        known = _known(level, found)
        yield replace(known, input=found) if known else _foreign(level, found)


def _known(level: Level, found: UserInput) -> Field | None:
    for contract in CONTRACTS.values():
        for item in contract.inputs(level):
            if item.key == found.key and item.input.type is found.type:
                return item
    return None


def _foreign(level: Level, found: UserInput) -> Field:
    whose = "the service" if level is Level.SERVICE else f"role {level.value}"
    help_text = f"An input of {whose} in this template. What it does in the guests, only its author knows."
    if found.bounds:
        help_text += f" From {found.options[0]} to {found.options[1]}."
    elif found.type is InputType.LIST_MULTIPLE:
        help_text += f" Some of {', '.join(found.options)}, separated by commas."
    fixed = "The template fixes it." if found.type is InputType.FIXED else ""
    return Field(level, found, found.description or found.key, help_text, fixed_because=fixed, is_foreign=True)


def _networks(template: ServiceTemplate) -> Iterator[tuple[Field, str]]:
    alone = len(template.networks) == 1
    for name, definition in template.networks.items():
        try:
            found = user_input.parse(name, str(definition))
        except user_input.UserInputError as error:
            raise NotATemplate(f"a network of it can't be read: {error}") from None
        offered = NetworkChoice.parse(found.default)
        if offered is None:
            raise NotATemplate(f"network {name} of it can't be read: {found.default} is not kind:id:extra")
        made_anew = offered.kind != "id" and bool(offered.id)
        known = offered.id if offered.kind == "id" else ""
        help_text = "The network that the VMs join; SuperNodes must reach the SuperLink on it."
        if made_anew:
            help_text += f" Left empty, OneFlow makes one of its own, as the template says ({found.default})."
        yield (
            Field(
                Level.SERVICE,
                text(
                    "network" if alone else f"network_{name}",
                    found.description,
                    known,
                    mandatory=found.mandatory and not made_anew,
                ),
                "Network" if alone else f"Network {name}",
                help_text,
                "name or id",
                Meaning.NETWORK,
                is_input=False,
            ),
            name,
        )


def _attributes(level: Level, role: Role) -> tuple[list[Field], list[Field]]:
    found = [_as_said(item, role) for item in role_fields(level, _TITLES[level], _UNLIMITED, 0)]
    main = [item for item in found if item.meaning in (Meaning.VM_TEMPLATE, Meaning.CARDINALITY)]
    return main, [item for item in found if item not in main]


def _as_said(item: Field, part: ServiceTemplate | Role) -> Field:
    """A setting whose default is what the template says, nothing where it says nothing."""
    key = "template_id" if item.meaning is Meaning.VM_TEMPLATE else item.key
    said = str(part.as_written(key) if part.has(key) else _LEFT_OUT.get(item.key, ""))
    fixed = item.fixed_because if said == item.input.default else ""
    return replace(item, input=replace(item.input, default=said), fixed_because=fixed)


_LEFT_OUT = {"shutdown_action": "terminate", "cooldown": "300"}
"""What OneFlow takes where a template does not say it, unless its administrator set another default."""
