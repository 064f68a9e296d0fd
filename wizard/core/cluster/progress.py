"""Progress of a deployment, and what it waits for, from one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from wizard.core.cluster.diagnosis import Finding, diagnose, gravest
from wizard.core.cluster.diagnosis.finding import PATIENCE, runs_for
from wizard.core.cluster.guest_reports import stage_for
from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE, Node, Role, ServiceSnapshot
from wizard.core.opennebula.states import COMING_UP, ServiceState, VmState
from wizard.core.text import duration, one_line

_REMOVING = (ServiceState.UNDEPLOYING, ServiceState.UNDEPLOYING_NETS)
_NOT_REMOVED = (ServiceState.FAILED_UNDEPLOYING, ServiceState.FAILED_UNDEPLOYING_NETS)
_ON_THE_WAY_UP = ("LCM_INIT", "PROLOG", "BOOT", "CLONING")


class Mark(str, Enum):
    """State of a phase."""

    DONE = "done"
    ACTIVE = "active"
    TODO = "todo"
    FAILED = "failed"


@dataclass(frozen=True)
class Phase:
    """A step of the deployment, with its mark; `brief` is its label where there is little room."""

    label: str
    mark: Mark
    brief: str = ""


def phases(snapshot: ServiceSnapshot) -> tuple[Phase, ...]:
    """The steps from the registered template to a RUNNING service, or of its removal once that was asked for."""
    if snapshot.gone:
        return (Phase("removed", Mark.DONE),)
    if snapshot.state in (*_REMOVING, *_NOT_REMOVED):
        left = len(snapshot.vm_ids)
        return (
            Phase("removal asked for", Mark.DONE),
            Phase(f"{left} VMs stopping", Mark.ACTIVE if snapshot.state in _REMOVING else Mark.FAILED),
            Phase("gone", Mark.TODO),
        )
    superlink, supernode = snapshot.role(SUPERLINK), snapshot.role(SUPERNODE)
    ready, wanted = (supernode.ready_count, supernode.cardinality) if supernode else (0, 0)
    linked = bool(superlink and superlink.ready_count) and not snapshot.dead
    reached = [
        ("template registered", "template", True),
        ("instantiated", "made", True),
        ("SuperLink READY", "SuperLink", linked),
        (
            f"SuperNodes {ready}/{wanted} READY",
            f"SuperNodes {ready}/{wanted}",
            bool(supernode and wanted and ready >= wanted),
        ),
        ("RUNNING", "RUNNING", snapshot.running and not snapshot.dead),
    ]
    found: list[Phase] = []
    for label, brief, done in reached:
        if done:
            found.append(Phase(label, Mark.DONE, brief))
        elif snapshot.dead and brief == "SuperLink":
            found.append(Phase("SuperLink lost", Mark.FAILED, "SuperLink lost"))
        elif snapshot.running or any(phase.mark is not Mark.DONE for phase in found):
            found.append(Phase(label, Mark.TODO, brief))
        else:
            found.append(Phase(label, Mark.FAILED if snapshot.failed else Mark.ACTIVE, brief))
    return tuple(found)


def waiting_for(snapshot: ServiceSnapshot, findings: Sequence[Finding] | None = None) -> str:
    """One or two sentences: the gravest finding, or what the service waits for and since when; empty when all is well.

    `findings` are those of the diagnosis, where they are known already.

    Names and messages of the cloud stand in it with everything spelled out that could drive a terminal.
    """
    return one_line(_waiting_for(snapshot, diagnose(snapshot) if findings is None else findings))


def _waiting_for(snapshot: ServiceSnapshot, findings: Sequence[Finding]) -> str:
    if snapshot.gone:
        return "The service is gone: OneFlow has removed its document."
    if found := gravest(findings):
        return found.means
    for name in (SUPERLINK, SUPERNODE):
        role = snapshot.role(name)
        if role is not None and (said := _role_waits(snapshot, role)):
            return said
    if snapshot.state in _REMOVING:
        return "OneFlow stops the VMs, SuperNodes first. Send no second delete: it would leave the SuperLink behind."
    return findings[0].means if findings else ""


def _role_waits(snapshot: ServiceSnapshot, role: Role) -> str:
    if snapshot.state in _REMOVING:
        return ""
    if not role.nodes:
        if snapshot.state not in COMING_UP:
            return ""
        return f"Waiting for OneFlow to create the VMs of {role.name}. It lists none before the last exists."
    waiting = [node for node in role.nodes if node.vm is not None and not node.vm.is_ready]
    if not waiting or snapshot.running:
        return ""
    first = waiting[0]
    more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
    return f"Waiting for VM {first.vm_id} of {role.name}{more}: {_vm_waits(first, snapshot.taken_at)}"


def _vm_waits(node: Node, now: float) -> str:
    vm = node.vm
    if vm is None:
        return "its state is not known."
    if vm.state == VmState.PENDING:
        return "PENDING, no host has taken it yet."
    if not vm.running:
        known = f" for {duration(max(0.0, now - vm.stime))}" if vm.state_name in _ON_THE_WAY_UP else ""
        return f"{vm.state_name}{known}."
    if step := stage_for(vm, now):
        return f"RUNNING for {duration(runs_for(vm, now))}, {step}."
    said = f"READY={vm.ready}" if vm.ready else f"no READY yet; {duration(PATIENCE)} is usual"
    return f"RUNNING for {duration(runs_for(vm, now))}, {said}."
