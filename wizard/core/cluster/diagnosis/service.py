"""Rules about the service itself and its roles."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.core.cluster.diagnosis.finding import (
    GIVE_UP,
    PATIENCE,
    WAITING,
    Action,
    Finding,
    Severity,
    briefly,
    ids,
    last_error,
    members,
    named,
    runs_for,
)
from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE, Role, ServiceSnapshot, VmFacts
from wizard.core.opennebula.states import SETTLED, RoleState, ServiceState, VmState, service_failed
from wizard.core.plan.contract import Meaning
from wizard.core.plan.contracts import CONTRACTS
from wizard.core.plan.rules import whole_number
from wizard.core.text import counted, duration, listed, vms

EARLY = 15
"""Seconds for which SuperNodes may exist before the SuperLink says READY: it publishes FL_READY=YES a moment before."""

_MINIMA = (Meaning.MIN_AVAILABLE, Meaning.MIN_FIT, Meaning.MIN_EVALUATE)
_NOT_STARTED = frozenset({ServiceState.PENDING, ServiceState.DEPLOYING_NETS, ServiceState.DEPLOYING})
_OFF = (VmState.POWEROFF, VmState.STOPPED, VmState.SUSPENDED, VmState.UNDEPLOYED)


def superlink_gone(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """OneFlow goes on saying RUNNING when the SuperLink's VM was terminated."""
    if _is_dead(snapshot):
        yield Finding(
            "superlink-gone",
            Severity.ERROR,
            SUPERLINK,
            f"The SuperLink's VM is gone. OneFlow says {snapshot.state_name}, but the cluster is dead: nothing "
            "coordinates it.",
            "Who terminated it: `onevm show` of the old VM, /var/log/one/oned.log.",
            "Delete the service and deploy again. OneFlow may make a new SuperLink, but with another address, which "
            "the SuperNodes do not know.",
            Action.REMOVE,
            brief="no SuperLink",
        )


def superlink_off(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """The SuperLink's VM exists and is off; what has failed has its own rule."""
    if snapshot.state not in SETTLED:
        return
    found = [
        item for item in members(snapshot) if item[0].name == SUPERLINK and not item[2].failed and item[2].state in _OFF
    ]
    if found:
        vm = found[0][2]
        yield Finding(
            "superlink-off",
            Severity.ERROR,
            named(found),
            f"{named(found)} is {vm.state_name}: nothing coordinates the cluster, whatever OneFlow calls it.",
            f"`onevm show {vm.id}`: who stopped it.",
            f"Resume it: `onevm resume {vm.id}`. SuperNodes that have given up meanwhile need a restart.",
            Action.FIX,
            ids(found),
            brief="SuperLink is off",
        )


def cycle_of_parents(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """Roles that wait for each other: OneFlow accepts such a template, and starts none of them."""
    circle = _circle(snapshot.roles)
    if circle and snapshot.state in _NOT_STARTED:
        yield Finding(
            "parents-cycle",
            Severity.ERROR,
            circle[0],
            f"The roles {' → '.join((*circle, circle[0]))} wait for each other (parents): none will ever start.",
            "`parents` in the service template.",
            "Delete the service and correct the template: only supernode has a parent, superlink.",
            Action.REMOVE,
            brief="roles wait in a circle",
        )


def role_failed(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """A role failed though none of its VMs did: they could not be made. The service may say DEPLOYING for ever."""
    for role in snapshot.roles:
        if not role.failed or _has_failed_vm(role) or _moves_on(role):
            continue
        error = last_error(snapshot)
        said = f": {error.rstrip('.')}." if error else "; see the log of the service."
        for_ever = not service_failed(snapshot.state)
        yield Finding(
            "role-failed",
            Severity.ERROR,
            role.name,
            f"Role {role.name} is {role.state_name}{said}"
            + (f" The service says {snapshot.state_name}, and will forever." if for_ever else ""),
            "The log of the service; whether its VM template exists and may be used by the service's owner.",
            "Fix what it says, then recover: OneFlow creates what is missing. Or delete the service.",
            Action.RECOVER,
            instead=Action.REMOVE,
            brief=f"{role.name} failed",
        )


def failed(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """The service failed, and neither a role nor a VM says why: its networks, or its removal."""
    if not service_failed(snapshot.state) or any(role.failed or _has_failed_vm(role) for role in snapshot.roles):
        return
    if any(_moves_on(role) for role in snapshot.roles):
        return
    error = last_error(snapshot)
    yield Finding(
        "service-failed",
        Severity.ERROR,
        snapshot.name,
        f"The service is {snapshot.state_name}{': ' + error if error else '; see the log of the service.'}",
        "The log of the service, and /var/log/one/oneflow.log on the frontend.",
        "Fix what it says, then recover. Or delete the service.",
        Action.RECOVER,
        brief=snapshot.state_name,
    )


def warning(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """WARNING, and which VM caused it; a VM that failed is reported by its own rule."""
    if snapshot.state != ServiceState.WARNING:
        return
    down = [item for item in members(snapshot) if not item[2].running]
    found = [item for item in down if not (item[2].failed or (item[0].name == SUPERLINK and item[2].state in _OFF))]
    if down and not found:
        # Each of them has a rule of its own.
        return
    what = f"{named(found)} is {found[0][2].state_name}" if found else "a VM is not running"
    yield Finding(
        "warning",
        Severity.WARNING,
        named(found) if found else snapshot.name,
        f"WARNING: {what}. It clears by itself once that VM runs again; recover does not help.",
        f"`onevm show {found[0][1].vm_id}`: who powered it off." if found else "`onevm list`.",
        "Resume the VM (`onevm resume`). Nothing can be scaled until then.",
        Action.FIX,
        ids(found),
        brief=briefly(found, found[0][2].state_name if len(found) == 1 else "not running") if found else "a VM is off",
    )


def made_too_early(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """SuperNodes were created though the SuperLink never said READY: OneFlow looks for the text READY=YES anywhere."""
    superlink, supernode = snapshot.role(SUPERLINK), snapshot.role(SUPERNODE)
    if superlink is None or supernode is None or snapshot.state not in WAITING:
        return
    waiting = [node.vm for node in superlink.nodes if node.vm is not None and node.vm.user_template is not None]
    early = [
        node.vm_id for node in supernode.nodes if node.vm is not None and snapshot.taken_at - node.vm.stime >= EARLY
    ]
    if not waiting or not early or any(vm.ready == "YES" for vm in waiting):
        return
    if text := next((text for vm in waiting for text in _looks_ready(vm)), ""):
        yield Finding(
            "supernodes-too-early",
            Severity.WARNING,
            vms(early),
            f"{vms(early)} of {SUPERNODE} were created though the SuperLink never said READY: OneFlow took {text} for "
            "READY=YES. They may look for a SuperLink that does not answer yet.",
            "What the SuperLink has published, and whether it is healthy.",
            f"If they find no SuperLink they give up: reboot them once it is READY. {GIVE_UP}",
            Action.FIX,
            tuple(early),
            instead=Action.REMOVE,
            brief=f"{counted(len(early), 'SuperNode')} too early",
        )


def too_few_clients(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """Fewer SuperNodes than a run needs: training waits for ever, without a word."""
    supernode = snapshot.role(SUPERNODE)
    if supernode is None or snapshot.state not in SETTLED:
        return
    needed, key = max(_minima(snapshot), default=(0, ""))
    there = len(supernode.nodes) - len(supernode.lost)
    if there < needed:
        yield Finding(
            "too-few-clients",
            Severity.ERROR,
            SUPERNODE,
            f"There {'is' if there == 1 else 'are'} {counted(there, 'SuperNode')}, and "
            f"{key} is {needed}: rounds would never start.",
            f"{key} of the SuperLink, and the SuperNodes that are listed.",
            f"Scale to at least {needed}, or give the run a lower minimum.",
            Action.SCALE,
            brief=f"{there} of {needed} clients",
        )


def not_gated(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """OneFlow calls the service RUNNING before its guests are READY, where the template does not let it wait."""
    if snapshot.state not in SETTLED or snapshot.gated is not False:
        return
    found = [
        item
        for item in members(snapshot)
        if item[2].running and item[2].user_template is not None and not item[2].ready
    ]
    if found:
        long = any(runs_for(vm, snapshot.taken_at) >= PATIENCE for _, _, vm in found)
        yield Finding(
            "ready-gate-off",
            Severity.WARNING if long else Severity.INFO,
            named(found),
            f"{snapshot.state_name}, but {named(found)} is not READY: ready_status_gate is off, so OneFlow does not "
            "wait for the guests.",
            "`ready_status_gate` in the service template; what the guest has published.",
            "Wait for READY before you start a run. With ready_status_gate on, OneFlow waits itself.",
            Action.FIX,
            ids(found),
            brief=f"{len(found)} not READY",
        )


def below_minimum(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """A role has lost VMs below its min_vms; OneFlow's autoscaler refills it. A lost SuperLink has its own rule."""
    if not snapshot.running:
        return
    for role in snapshot.roles:
        if len(role.nodes) < (role.min_vms or 0) and (role.nodes or role.name != SUPERLINK):
            yield Finding(
                "below-min-vms",
                Severity.WARNING,
                role.name,
                f"Role {role.name} has {len(role.nodes)} VMs of at least {role.min_vms}; OneFlow will create new ones.",
                "Who terminated the others: the log of the service.",
                "Wait: its autoscaler looks every 90 seconds, and a COOLDOWN follows.",
                brief=f"{len(role.nodes)} of {role.min_vms} VMs",
            )


def unreadable(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """Something in OneFlow's document of the service can't be read: a VM may be missing from what is shown."""
    if snapshot.unreadable:
        count = len(snapshot.unreadable)
        yield Finding(
            "unreadable",
            Severity.WARNING,
            snapshot.name,
            f"OneFlow's document of the service can't be read in {counted(count, 'place')}: {snapshot.unreadable[0]}. "
            "What is shown lacks it.",
            f"`oneflow show {snapshot.id} --json`, and the service's VMs in `onevm list`.",
            "It may pass with the next change of the service. Or delete the service and deploy again.",
            Action.FIX,
            instead=Action.REMOVE,
            brief="document unreadable",
        )


def lost(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """OneFlow lists a node, and no VM for it. The guests count it when they work out their partitions."""
    for role in snapshot.roles:
        if role.lost and not (role.name == SUPERLINK and _is_dead(snapshot)):
            one = len(role.lost) == 1
            places = f"position{'' if one else 's'} {listed(map(str, role.lost))}"
            yield Finding(
                "node-lost",
                Severity.WARNING,
                role.name,
                f"OneFlow lists {counted(len(role.lost), 'node')} of {role.name} without a VM, at {places}: "
                f"{'it is' if one else 'they are'} LOST."
                + (" Nobody trains on what such a SuperNode would." if role.name == SUPERNODE else ""),
                f"`oneflow show {snapshot.id} --json`, and the service's VMs in `onevm list`.",
                "It may pass with the next change of the service. Or delete the service and deploy again.",
                Action.FIX,
                instead=Action.REMOVE,
                brief=f"{len(role.lost)} LOST",
            )


def cooldown(snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """COOLDOWN, and how long it lasts."""
    if snapshot.state != ServiceState.COOLDOWN:
        return
    scaled = [role for role in snapshot.roles if role.state == RoleState.COOLDOWN] or list(snapshot.roles)
    pause = max((role.pause for role in scaled), default=300)
    begun = next((line.timestamp for line in reversed(snapshot.log) if line.message == "New state: COOLDOWN"), None)
    left = "" if begun is None else f" ({duration(max(0.0, begun + pause - snapshot.taken_at))} left)"
    yield Finding(
        "cooldown",
        Severity.INFO,
        scaled[0].name if scaled else snapshot.name,
        f"In COOLDOWN after a scale, for {pause} s{left}; nothing can be scaled until then.",
        "`cooldown` of the role in the service template.",
        "Wait, or recover: that ends it at once.",
        Action.RECOVER,
        brief="cooldown",
    )


def _circle(roles: tuple[Role, ...]) -> tuple[str, ...]:
    """The names of roles that wait for each other in a circle; empty where there is none."""
    parents = {role.name: role.parents for role in roles}
    harmless: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        if name in path:
            return path[path.index(name) :]
        if name in harmless:
            return ()
        for parent in parents.get(name, ()):
            if found := visit(parent, (*path, name)):
                return found
        harmless.add(name)
        return ()

    return next((found for name in parents if (found := visit(name, ()))), ())


def _is_dead(snapshot: ServiceSnapshot) -> bool:
    """OneFlow is done with its work, and lists no VM for the SuperLink."""
    superlink = snapshot.role(SUPERLINK)
    return snapshot.state in SETTLED and superlink is not None and len(superlink.lost) == len(superlink.nodes)


def _has_failed_vm(role: Role) -> bool:
    return any(node.vm is not None and node.vm.failed for node in role.nodes)


def _moves_on(role: Role) -> bool:
    """All of its VMs exist and some are on their way: it is being recovered, and keeps its state meanwhile."""
    on_their_way = any(node.vm is not None and not node.vm.is_ready for node in role.nodes)
    return len(role.nodes) >= role.cardinality and on_their_way


def _looks_ready(vm: VmFacts) -> Iterator[str]:
    for key, value in sorted((vm.user_template or {}).items()):
        text = f"{key}={value}".replace('"', "").replace(" ", "")
        if key != "READY" and "READY=YES" in text:
            yield f"{key}={value}"


def _minima(snapshot: ServiceSnapshot) -> Iterator[tuple[int, str]]:
    for contract in CONTRACTS.values():
        for meaning in _MINIMA:
            field = contract.meaning(meaning)
            value = snapshot.role_value(SUPERLINK, field.key) if field else None
            number = whole_number(value or "")
            if field and number is not None:
                yield number, field.key
