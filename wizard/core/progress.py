"""How far a deployment is, and what it waits for, told from one snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from wizard.core.display import one_line
from wizard.core.overview import duration
from wizard.core.snapshot import SUPERLINK, SUPERNODE, Node, Role, ServiceSnapshot, VmFacts
from wizard.core.states import RoleState, ServiceState, VmState

PATIENCE = 120
"""Seconds after which a VM that does not move gets a word about why that usually happens."""

_REMOVING = (ServiceState.UNDEPLOYING, ServiceState.UNDEPLOYING_NETS)
_NOT_REMOVED = (ServiceState.FAILED_UNDEPLOYING, ServiceState.FAILED_UNDEPLOYING_NETS)
_ON_THE_WAY_UP = ("LCM_INIT", "PROLOG", "BOOT", "CLONING")


class Mark(str, Enum):
    """Where a phase stands."""

    DONE = "done"
    ACTIVE = "active"
    TODO = "todo"
    FAILED = "failed"


@dataclass(frozen=True)
class Phase:
    """A step of the deployment, with its mark."""

    label: str
    mark: Mark


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
    reached = [
        ("template registered", True),
        ("instantiated", True),
        ("SuperLink READY", bool(superlink and superlink.ready_count)),
        (f"SuperNodes {ready}/{wanted} READY", bool(supernode and wanted and ready >= wanted)),
        ("RUNNING", snapshot.running),
    ]
    found: list[Phase] = []
    for label, done in reached:
        if done:
            found.append(Phase(label, Mark.DONE))
        elif snapshot.running or any(phase.mark is not Mark.DONE for phase in found):
            found.append(Phase(label, Mark.TODO))
        else:
            found.append(Phase(label, Mark.FAILED if snapshot.failed else Mark.ACTIVE))
    return tuple(found)


def waiting_for(snapshot: ServiceSnapshot) -> str:
    """One or two sentences: what the service waits for and since when, or what is wrong; empty when all is well.

    Names and messages of the cloud stand in it with everything spelled out that could drive a terminal.
    """
    return one_line(_waiting_for(snapshot))


def _waiting_for(snapshot: ServiceSnapshot) -> str:
    if snapshot.gone:
        return "The service is gone: OneFlow has removed its document."
    trouble = _trouble(snapshot)
    if trouble:
        return trouble
    for name in (SUPERLINK, SUPERNODE):
        role = snapshot.role(name)
        if role is not None and (said := _role_waits(snapshot, role)):
            return said
    if snapshot.state == ServiceState.COOLDOWN:
        scaled = [role for role in snapshot.roles if role.state == RoleState.COOLDOWN] or snapshot.roles
        pauses = [role.cooldown for role in scaled if role.cooldown is not None]
        return f"In COOLDOWN after a scale, for {max(pauses, default=300)} s; nothing can be scaled until then."
    if snapshot.failed:
        return f"The service is {snapshot.state_name}{_said_by_log(snapshot)}"
    if snapshot.state in _REMOVING:
        return "OneFlow stops the VMs, SuperNodes first. Send no second delete: it would leave the SuperLink behind."
    return ""


def _trouble(snapshot: ServiceSnapshot) -> str:
    superlink = snapshot.role(SUPERLINK)
    if snapshot.running and superlink is not None and not superlink.nodes:
        return "The SuperLink's VM is gone. OneFlow says RUNNING, but the cluster is dead: nothing coordinates it."
    for role in snapshot.roles:
        for node in role.nodes:
            if node.vm is not None and node.vm.failed:
                return f"VM {node.vm_id} of {role.name} is in {node.vm.state_name}{_said_by_vm(node.vm)}"
    for role in snapshot.roles:
        if role.failed:
            return f"Role {role.name} is {role.state_name}{_said_by_log(snapshot)}"
    if snapshot.state == ServiceState.WARNING:
        return f"WARNING: {_not_running(snapshot)}. It clears by itself once that VM runs again; recover does not help."
    return _running_but_ill(snapshot) if snapshot.running else ""


def _running_but_ill(snapshot: ServiceSnapshot) -> str:
    for role in snapshot.roles:
        if len(role.nodes) < (role.min_vms or 0):
            return (
                f"Role {role.name} has {len(role.nodes)} VMs of at least {role.min_vms}; OneFlow soon makes new ones."
            )
        for node in role.nodes:
            if node.vm is not None and node.vm.running and node.vm.ready not in (None, "YES"):
                return f"VM {node.vm_id} of {role.name} says READY={node.vm.ready}: look at its console."
    return ""


def _said_by_vm(vm: VmFacts) -> str:
    error = (vm.user_template or {}).get("ERROR", "").strip()
    return f": {error}" if error else "; look at its log with `onevm show`."


def _said_by_log(snapshot: ServiceSnapshot) -> str:
    errors = [line.message for line in snapshot.log if line.severity == "E"]
    return f": {errors[-1]}" if errors else "; see the log of the service."


def _not_running(snapshot: ServiceSnapshot) -> str:
    for role in snapshot.roles:
        for node in role.nodes:
            if node.vm is not None and not node.vm.running:
                return f"VM {node.vm_id} of {role.name} is {node.vm.state_name}"
    return "a VM is not running"


def _role_waits(snapshot: ServiceSnapshot, role: Role) -> str:
    if snapshot.state in _REMOVING:
        return ""
    if not role.nodes:
        busy = snapshot.state in (ServiceState.PENDING, ServiceState.DEPLOYING, ServiceState.DEPLOYING_NETS)
        return f"Waiting for OneFlow to list the VMs of {role.name}: it does when the last exists." if busy else ""
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
    template = vm.user_template or {}
    if vm.state == VmState.PENDING:
        message = template.get("SCHED_MESSAGE", "").strip()
        return f"PENDING, no host has taken it yet{': ' + message if message else ''}."
    since = max(0.0, now - (vm.running_since or vm.stime))
    if not vm.running:
        known = f" for {duration(max(0.0, now - vm.stime))}" if vm.state_name in _ON_THE_WAY_UP else ""
        return f"{vm.state_name}{known}."
    said = f"READY={vm.ready}" if vm.ready else "no READY yet"
    if since < PATIENCE:
        return f"RUNNING for {duration(since)}, {said}."
    return (
        f"RUNNING for {duration(since)}, {said}. Usually the guest has no OneGate token or can't reach OneGate, or its "
        "health check fails: look at its console or at /var/log/one-appliance in it."
    )
