"""OneFlow's document of a service, read into a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from wizard.core.opennebula.documents import (
    DocumentError,
    Misfit,
    RoleState,
    Service,
    read_envelope,
    read_service,
    unwrapped,
)
from wizard.core.opennebula.snapshot import LogLine, Node, Role, ServiceSnapshot
from wizard.core.opennebula.template_text import texts


class DecodeError(DocumentError):
    """A document is not a OneFlow service; the text says what is missing."""


def decode_service(document: object) -> ServiceSnapshot:
    """Read OneFlow's answer about one service.

    Takes the parsed JSON of `GET /service/ID`, of an instantiation, or one entry of a pool: with or without the
    outer `DOCUMENT`. A role or a line of the log that can't be read is left out, and listed in `unreadable`; a node is
    lost, and keeps its place.

    Raises DecodeError where it is no service at all.
    """
    try:
        attributes, body = unwrapped(document)
        service, misfits = read_service(body)
        envelope = read_envelope(attributes)
    except DocumentError as error:
        raise DecodeError(str(error)) from None
    numbers = count(-1, -1)
    return ServiceSnapshot(
        id=envelope.ID,
        name=envelope.NAME,
        state=service.state,
        owner=envelope.UNAME,
        group=envelope.GNAME,
        start_time=service.start_time,
        roles=tuple(_role(role, numbers) for role in service.roles if role),
        log=tuple(LogLine(line.timestamp, line.severity, line.message) for line in service.log if line),
        values=texts(service.user_inputs_values),
        gated=service.ready_status_gate,
        unreadable=tuple(str(misfit) for misfit in misfits if not _is_of_lost_node(misfit, service)),
    )


def _is_of_lost_node(misfit: Misfit, service: Service) -> bool:
    match misfit.path:
        case ("roles", int(place), "nodes", int(number), *_):
            role = service.roles[place]
            return role is not None and role.nodes[number] is None
    return False


def _role(role: RoleState, numbers: Iterator[int]) -> Role:
    return Role(
        name=role.name,
        state=role.state,
        cardinality=role.cardinality,
        min_vms=role.min_vms,
        max_vms=role.max_vms,
        cooldown=role.cooldown,
        parents=tuple(str(parent) for parent in role.parents),
        template_id=role.template_id,
        values=texts(role.user_inputs_values),
        # One that can't be read keeps its place: whoever counts the list counts it. Two of them are never the same.
        nodes=tuple(Node(node.deploy_id, node.name) if node else Node(next(numbers)) for node in role.nodes),
        last_vmname=role.last_vmname,
    )
