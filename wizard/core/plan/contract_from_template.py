"""A registered service template as a contract of its own: its forms are drawn from its `user_inputs`.

An input that a known contract has too, at the same level, keeps what is known of it: label, help and meaning. Of any
other nothing is known but its definition, and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wizard.core.opennebula import user_inputs as user_input
from wizard.core.opennebula.documents import NotATemplate, Role, ServiceTemplate, read_template
from wizard.core.opennebula.user_inputs import InputType, UserInput
from wizard.core.plan.contract import ROLES, Contract, Field, Level, Meaning, RoleContract
from wizard.core.plan.contracts import CONTRACTS, DESCRIPTION, REGISTERED, SEED, SHUTDOWN_ACTION, role_fields, text
from wizard.core.plan.plan import Plan
from wizard.core.plan.template_rules import roles_are_objects

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
            body={key: value for key, value in template.to_v7().items() if key != _SERVERS_OWN},
        )
    )


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
        kind, _, default = found.default.partition(":")
        made_anew = kind in ("template_id", "reserve_from")
        known = default if kind == "id" else ""
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
