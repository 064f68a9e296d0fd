"""Pools of documents into plain values, and which VMs must be read in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wizard.cloud.errors import Refused
from wizard.core.cluster.guest_reports import says_stages
from wizard.core.opennebula.bounds import read_json
from wizard.core.opennebula.service_document import DecodeError, decode_service
from wizard.core.opennebula.snapshot import ServiceSnapshot, VmFacts
from wizard.core.plan.plan import number_or_text
from wizard.core.preflight.facts import ServiceTemplate


def service_templates(documents: Iterable[Any]) -> tuple[ServiceTemplate, ...]:
    """The service templates of a pool, by id; what is none is left out."""
    found = []
    for document in documents:
        number = number_or_text(str(document.get("ID", ""))) if isinstance(document, Mapping) else ""
        if not isinstance(number, int):
            continue
        template = document.get("TEMPLATE")
        body = template.get("BODY") if isinstance(template, Mapping) else None
        if isinstance(body, str):
            try:
                body = read_json(body)
            except (ValueError, RecursionError):
                continue
        if isinstance(body, Mapping):
            name, owner = str(document.get("NAME", "")), str(document.get("UNAME", ""))
            found.append(ServiceTemplate(number, name, owner, body))
    return tuple(sorted(found, key=lambda item: item.id))


def service(document: object) -> ServiceSnapshot:
    """A service out of OneFlow's document. Raises Refused where it is none."""
    try:
        return decode_service(document)
    except DecodeError as error:
        hint = "Is the id that of a service, and not of a service template?"
        raise Refused("the document is no service", "OneFlow", str(error), hint) from None


def services(documents: Iterable[Any], taken_at: float) -> tuple[ServiceSnapshot, ...]:
    """The services of a pool, by id; what can't be read is left out."""
    found = []
    for document in documents:
        try:
            found.append(replace(decode_service(document), taken_at=taken_at))
        except DecodeError:
            continue
    return tuple(sorted(found, key=lambda item: item.id))


SLOWEST = 120
"""Seconds from a start to READY, of the slowest guest."""
_NOTED = 60
"""Seconds after a start within which whoever restarts a VM notes in it that it is READY."""


def may_stay(before: VmFacts | None, now: float) -> bool:
    """True if what is known of a VM may still hold without its user template being read again; see `newly_read`.

    `now` in Unix seconds.
    """
    if before is None or before.user_template is None:
        return False
    restarted = before.runs[-1] if before.runs and before.runs[-1].seq else None
    is_noted = before.ready_by is not None and restarted is not None and before.ready_by[0] >= restarted.seq
    if restarted is not None and not is_noted and not before.finished and now - restarted.since < SLOWEST + _NOTED:
        return False
    return before.finished or before.is_ready


def still_tells(vm: VmFacts) -> bool:
    """True if its guest is one that goes on telling once it is READY."""
    return vm.is_ready and says_stages(vm)


def newly_read(short: Sequence[VmFacts], known: Mapping[int, VmFacts], now: float) -> tuple[int, ...]:
    """The ids of the VMs whose user template may say something new: those never read in full, those that are not
    READY, and those whose state or number of history records changed: a restart may have been missed between two
    polls. A finished VM that was read says nothing new."""
    wanted = []
    for vm in short:
        before = known.get(vm.id)
        if before is None or not may_stay(before, now) or (not before.finished and _moved(before, vm)):
            wanted.append(vm.id)
    return tuple(wanted)


def joined(vm: VmFacts, before: VmFacts | None) -> VmFacts:
    """A VM as it was just read, with what was known before of that which this form lacks."""
    if before is None:
        return vm
    runs = vm.runs
    if before.runs and runs and before.runs[-1].seq == runs[-1].seq:
        runs = (*before.runs[:-1], runs[-1])
    if vm.user_template is not None:
        return replace(vm, runs=runs)
    # The short form tells the number of the last record alone.
    since = vm.running_since or before.running_since
    if _same(vm, before) and since == before.running_since:
        return before
    return replace(
        vm, running_since=since, runs=before.runs, user_template=before.user_template, context=before.context
    )


def _same(vm: VmFacts, before: VmFacts) -> bool:
    """True if the short form says nothing new."""
    return (vm.name, vm.state, vm.lcm_state, vm.stime, vm.etime, vm.ips, vm.host) == (
        before.name,
        before.state,
        before.lcm_state,
        before.stime,
        before.etime,
        before.ips,
        before.host,
    )


def _moved(before: VmFacts, now: VmFacts) -> bool:
    if (before.state, before.lcm_state) != (now.state, now.lcm_state):
        return True
    return bool(before.runs and now.runs) and before.runs[-1].seq != now.runs[-1].seq
