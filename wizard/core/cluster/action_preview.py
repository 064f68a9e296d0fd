"""Previews of actions on a service: which VMs and shards each touches, or why it is refused.

Everything is worked out from one snapshot. What each dialog and each `--dry-run` says is in `says`, a sentence each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wizard.core.cluster.coverage import Coverage, covered, summary
from wizard.core.cluster.partitions import Assignment, Source, Sync, assignments, out_of_sync
from wizard.core.flower.node_config import Partition
from wizard.core.opennebula.snapshot import SUPERNODE, Role, ServiceSnapshot
from wizard.core.opennebula.states import (
    SETTLED,
    RoleState,
    ServiceState,
    Verb,
    VmState,
    can_recover,
    can_scale,
    removal_verb,
)
from wizard.core.text import counted, have, listed, one_line, spans, vms

MANY = 20
"""VMs that an action may touch without the service's name being typed."""


@dataclass(frozen=True)
class ActionPreview:
    """Effects of an action, before it is sent.

    `refused` says why it can't be done, and is empty where it can. `touches` are the VMs that it acts on, in the order
    in which that happens; `says` are the sentences that a dialog shows.
    """

    refused: str = ""
    touches: tuple[int, ...] = ()
    says: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of VMs that it ends, restarts or creates."""
        return len(self.touches)

    @property
    def is_large(self) -> bool:
        """True if it touches so many VMs that the service's name is to be typed first."""
        return self.size > MANY


@dataclass(frozen=True)
class ScalePreview(ActionPreview):
    """`touches` are the VMs that OneFlow terminates, `made` what each new VM will be given, `stale` the VMs that will
    have something else than a reboot would give, `following` those that take that up by themselves, `after` how the
    data is covered then, `cooldown` seconds."""

    made: tuple[Partition | None, ...] = ()
    stale: tuple[int, ...] = ()
    following: tuple[int, ...] = ()
    after: Coverage | None = None
    cooldown: int = 0

    @property
    def size(self) -> int:
        """The same, with the new ones."""
        return len(self.touches) + len(self.made)


@dataclass(frozen=True)
class Restart:
    """One SuperNode to be restarted: what it has (None: nothing, or nobody knows) and what it will get."""

    vm_id: int
    has: Partition | None
    gets: Partition


@dataclass(frozen=True)
class RestartPreview(ActionPreview):
    """`steps` are the restarts in order; each is waited for until READY before the next.

    `needless`: it is refused because nothing is known to be stale.
    """

    steps: tuple[Restart, ...] = ()
    needless: bool = False


@dataclass(frozen=True)
class RemovalPreview(ActionPreview):
    """`verb` is the request that the service's state accepts."""

    verb: Verb = Verb.WAIT


def scale(snapshot: ServiceSnapshot, wanted: int, role_name: str = SUPERNODE) -> ScalePreview:
    """Preview of scaling a role to so many VMs: OneFlow terminates the oldest, and appends new ones."""
    role = snapshot.role(role_name)
    if role is None:
        return ScalePreview(refused=f"The service has no role {one_line(role_name)}.")
    if refused := _scale_refused(snapshot, role, wanted):
        return ScalePreview(refused=refused)
    ids = [node.vm_id for node in role.nodes]
    ended, kept = ids[: max(0, len(ids) - wanted)], ids[max(0, len(ids) - wanted) :]
    new = wanted - len(kept)
    pause = f"Then COOLDOWN for {role.pause} s: nothing can be scaled until it ends; recover ends it at once."
    if role.name != SUPERNODE:
        said = [_ended(ended, {}), f"OneFlow creates {counted(new, 'new VM')}." if new else "", pause]
        return ScalePreview(touches=_there(ended), says=_said(said), cooldown=role.pause)
    found = {item.vm_id: item for item in assignments(snapshot)}
    given = next((item.assigned for item in found.values() if item.source is Source.EXPLICIT), None)
    explicit = any(item.source is Source.EXPLICIT for item in found.values())
    made = tuple(given if explicit else Partition(len(kept) + place, wanted) for place in range(new))
    moved = () if explicit else _moved(kept, found, wanted)
    following = tuple(vm_id for vm_id in moved if found[vm_id].follows)
    stale = tuple(vm_id for vm_id in moved if not found[vm_id].follows)
    starting = () if explicit else tuple(vm_id for vm_id in kept if found[vm_id].sync is Sync.PENDING)
    keeping = [vm_id for vm_id in kept if vm_id not in following and vm_id not in starting]
    places = {vm_id: Partition(place, wanted) for place, vm_id in enumerate(kept)}
    then = {vm_id: places[vm_id] for vm_id in following}
    soon = {vm_id: places[vm_id] for vm_id in starting}
    after = _after(kept, found, {**then, **soon}, made)
    said = [
        _ended(ended, found),
        _made(made, explicit),
        _kept(keeping, found) if not explicit else "",
        _followed(then, found),
        _begun(soon),
        f"Afterwards: {summary(after)}",
        f"{vms(stale)} will be stale: restart {_them(stale)} then." if stale else "",
        pause,
    ]
    return ScalePreview("", _there(ended), _said(said), made, stale, following, after, role.pause)


def restart_stale(snapshot: ServiceSnapshot, assigned: Sequence[Assignment] | None = None) -> RestartPreview:
    """Preview of restarting stale SuperNodes: which ones, in the order of the list, and what each will get.

    `assigned` are its assignments, where they are known already.
    """
    if snapshot.gone or snapshot.state not in SETTLED:
        return RestartPreview(
            refused=f"The service is {snapshot.state_name}: positions may still change. Wait until it is RUNNING."
        )
    found = assignments(snapshot) if assigned is None else assigned
    if any(item.source is Source.EXPLICIT for item in found):
        return RestartPreview(
            refused="The node config was given by hand: a SuperNode starts with it again, and computes nothing."
        )
    role = snapshot.role(SUPERNODE)
    running = {node.vm_id for node in role.nodes if node.vm is not None and node.vm.running} if role else set()
    steps = tuple(
        Restart(item.vm_id, item.assigned, item.expected)
        for item in found
        if item.expected is not None and item.vm_id in running and out_of_sync(item)
    )
    unknown = _there([item.vm_id for item in found if item.sync is Sync.UNKNOWN])
    if not steps:
        known = "" if not unknown else f" What {vms(unknown)} {have(unknown)} is not known."
        why = f"Nothing is known to be stale.{known}" if known else "Nothing is stale."
        return RestartPreview(refused=why, needless=True)
    after = covered(
        [
            (item.vm_id, item.expected if item.vm_id in {step.vm_id for step in steps} else item.assigned)
            for item in found
            if item.sync is not Sync.UNKNOWN
        ],
        unknown,
    )
    said = [
        f"{counted(len(steps), 'SuperNode')} will be restarted, one after another, each waited for until READY: "
        + listed(f"VM {step.vm_id} ({_partition(step.has)} → {step.gets})" for step in steps)
        + ".",
        "While one restarts its shard is not trained on, and a run that goes on loses that client.",
        _would_follow([item.vm_id for item in found if item.sync is Sync.FOLLOWING]),
        f"What {vms(unknown)} {have(unknown)} is not known, and stays so." if unknown else "",
        f"Afterwards: {summary(after)}",
    ]
    return RestartPreview("", tuple(step.vm_id for step in steps), _said(said), steps)


def recover(snapshot: ServiceSnapshot) -> ActionPreview:
    """Preview of a plain recover in this state."""
    state = snapshot.state
    if snapshot.gone:
        return ActionPreview(refused="The service is gone.")
    if state == ServiceState.WARNING:
        return ActionPreview(
            refused="OneFlow refuses recover in WARNING: it clears by itself once every VM runs again."
        )
    if not can_recover(state):
        return ActionPreview(
            refused=f"OneFlow refuses recover in {snapshot.state_name}: there is nothing to recover from."
        )
    if state == ServiceState.COOLDOWN:
        return ActionPreview(says=("The COOLDOWN ends at once: the service is RUNNING and can be scaled again.",))
    if state in (ServiceState.UNDEPLOYING, ServiceState.FAILED_UNDEPLOYING):
        ids = _leaving(snapshot)
        return ActionPreview(touches=ids, says=(f"OneFlow tells {vms(ids)} again to stop.",) if ids else ())
    failed = [node for role in snapshot.roles for node in role.nodes if node.vm is not None and node.vm.failed]
    off = [
        node
        for role in snapshot.roles
        for node in role.nodes
        if node.vm is not None and node.vm.state == VmState.POWEROFF
    ]
    missing, later = _uncreated(snapshot)
    said = [
        f"OneFlow retries what failed: {vms([node.vm_id for node in failed])}." if failed else "",
        f"It resumes {vms([node.vm_id for node in off])}." if off else "",
        f"It creates {counted(missing, 'VM')} that should exist." if missing else "",
        "" if failed or off or missing else "It changes nothing: no VM has failed, is off or is missing.",
        f"{later} comes after {_parents(snapshot, later)}, and recover does not change that." if later else "",
        f"It keeps saying {snapshot.state_name} until every role runs." if snapshot.failed else "",
    ]
    return ActionPreview(touches=tuple(node.vm_id for node in (*failed, *off)), says=_said(said))


def remove(snapshot: ServiceSnapshot) -> RemovalPreview:
    """Preview of removing the service: with delete or recover-delete, as its state needs it, and never twice."""
    if snapshot.gone:
        return RemovalPreview(refused="The service is gone already.")
    verb = removal_verb(snapshot.state)
    if verb is Verb.WAIT:
        return RemovalPreview(
            refused=f"The service is {snapshot.state_name}: it is being removed already. A second delete would leave "
            "the SuperLink's VM behind; a plain recover is safe if it is stuck."
        )
    ids = _leaving(snapshot)
    how = (
        f"The service is {snapshot.state_name}, so a delete is accepted."
        if verb is Verb.DELETE
        else f"In {snapshot.state_name} OneFlow accepts no plain delete: a recover with delete is sent."
    )
    said = [
        how,
        f"{counted(len(ids), 'VM')} will be terminated with all that is on {'it' if len(ids) == 1 else 'them'}: "
        f"{_by_role(snapshot, ids)}."
        if ids
        else "It has no VM.",
        "Leftover VMs are terminated and listed afterwards.",
        "The service template stays.",
    ]
    return RemovalPreview("", ids, _said(said), verb)


def _scale_refused(snapshot: ServiceSnapshot, role: Role, wanted: int) -> str:
    if snapshot.gone:
        return "The service is gone."
    if not can_scale(snapshot.state):
        ends = " A recover ends the COOLDOWN." if snapshot.state == ServiceState.COOLDOWN else ""
        return f"OneFlow scales only in RUNNING, and the service is {snapshot.state_name}.{ends}"
    if wanted == role.cardinality:
        return f"{one_line(role.name)} has {wanted} already."
    if wanted < (role.min_vms or 0):
        return f"{one_line(role.name)} has at least {role.min_vms or 0} VMs{' (min_vms)' if role.min_vms else ''}."
    if role.max_vms is not None and wanted > role.max_vms:
        return f"{one_line(role.name)} has at most {role.max_vms} VMs (max_vms)."
    return ""


def _moved(kept: Sequence[int], found: dict[int, Assignment], wanted: int) -> tuple[int, ...]:
    """The VMs that have something else than their position will be."""
    return tuple(
        vm_id
        for place, vm_id in enumerate(kept)
        if found[vm_id].source not in (Source.UNKNOWN, Source.EXPECTED)
        and found[vm_id].assigned != Partition(place, wanted)
    )


def _after(
    kept: Sequence[int],
    found: dict[int, Assignment],
    then: Mapping[int, Partition],
    made: Sequence[Partition | None],
) -> Coverage:
    kept = _there(kept)
    unknown = tuple(vm_id for vm_id in kept if found[vm_id].source is Source.UNKNOWN)
    old = [(vm_id, then.get(vm_id, found[vm_id].assigned)) for vm_id in kept if vm_id not in unknown]
    # They have no ids yet: negative ones keep them apart.
    return covered([*old, *((-1 - place, shard) for place, shard in enumerate(made))], unknown)


def _leaving(snapshot: ServiceSnapshot) -> tuple[int, ...]:
    children = [role for role in snapshot.roles if role.parents]
    parents = [role for role in snapshot.roles if not role.parents]
    return tuple(node.vm_id for role in (*children, *parents) for node in role.nodes if not node.is_lost)


def _by_role(snapshot: ServiceSnapshot, vm_ids: Sequence[int]) -> str:
    """The VMs in the order in which they go, with the role of each: `supernode 1, 2, then superlink 0`."""
    parts: dict[str, list[int]] = {}
    role_of = {node.vm_id: role.name for role in snapshot.roles for node in role.nodes}
    for vm_id in vm_ids:
        parts.setdefault(one_line(role_of[vm_id]), []).append(vm_id)
    return ", then ".join(f"{name} {spans(numbers)}" for name, numbers in parts.items())


def _uncreated(snapshot: ServiceSnapshot) -> tuple[int, str]:
    """Number of VMs that a recover creates, and a role that it leaves alone, empty where there is none.

    OneFlow creates no VM of a PENDING role before its parents are RUNNING.
    """
    running = {role.name for role in snapshot.roles if role.state == RoleState.RUNNING}
    missing, later = 0, ""
    for role in snapshot.roles:
        lacks = max(0, role.cardinality - len(role.nodes))
        if lacks and role.state == RoleState.PENDING and not running.issuperset(role.parents):
            later = later or one_line(role.name)
        else:
            missing += lacks
    return missing, later


def _parents(snapshot: ServiceSnapshot, role_name: str) -> str:
    role = next(role for role in snapshot.roles if one_line(role.name) == role_name)
    return listed(map(one_line, role.parents))


def _ended(ended: Sequence[int], found: dict[int, Assignment]) -> str:
    if not ended:
        return ""
    which = "the oldest SuperNode" if len(ended) == 1 else f"the {len(ended)} oldest SuperNodes"
    return f"OneFlow terminates {f'{which}: ' if found else ''}{_holding(ended, found)}."


def _kept(kept: Sequence[int], found: dict[int, Assignment]) -> str:
    keeps = "keeps the partition it" if len(kept) == 1 else "keep the partition they"
    return f"{_holding(kept, found)} {keeps} booted with." if kept else ""


def _followed(then: Mapping[int, Partition], found: dict[int, Assignment]) -> str:
    if not then:
        return ""
    moves = listed(f"VM {vm_id} ({_held(found[vm_id])} → {partition})" for vm_id, partition in then.items())
    if len(then) == 1:
        return f"{moves} takes up its new partition by itself, between two tasks."
    return f"{moves} take up their new partition by themselves, between two tasks."


def _begun(soon: Mapping[int, Partition]) -> str:
    if not soon:
        return ""
    gets = listed(f"VM {vm_id} ({partition})" for vm_id, partition in soon.items())
    return f"{gets} still start{'s' if len(soon) == 1 else ''}: the partition is asked for afterwards."


def _made(made: Sequence[Partition | None], explicit: bool) -> str:
    if not made:
        return ""
    one = len(made) == 1
    who = f"The {'' if one else f'{len(made)} '}new SuperNode{'' if one else 's'}"
    if explicit:
        return f"{who} start{'s' if one else ''} with the node config that was given."
    return f"{who} get{'s' if one else ''} partition{'' if one else 's'} {listed(map(str, made))}."


def _there(ids: Sequence[int]) -> tuple[int, ...]:
    """Those of some nodes that are not lost, so that there is a VM."""
    return tuple(vm_id for vm_id in ids if vm_id >= 0)


def _holding(ids: Sequence[int], found: dict[int, Assignment]) -> str:
    return listed(_one(vm_id, found.get(vm_id)) for vm_id in ids)


def _one(vm_id: int, item: Assignment | None) -> str:
    name = f"VM {vm_id}" if vm_id >= 0 else "a lost one"
    return name if item is None else f"{name} ({_held(item)})"


def _held(item: Assignment) -> str:
    return "not known" if item.source is Source.UNKNOWN else _partition(item.assigned)


def _partition(partition: Partition | None) -> str:
    return "none" if partition is None else str(partition)


def _would_follow(following: Sequence[int]) -> str:
    if not following:
        return ""
    one = len(following) == 1
    return f"{vms(following)} would take up {'its' if one else 'their'} partition without that, between two tasks."


def _them(ids: Sequence[int]) -> str:
    return "it" if len(ids) == 1 else "them"


def _said(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if line)
