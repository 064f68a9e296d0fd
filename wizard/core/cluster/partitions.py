"""Partitions: the shard that each SuperNode trains on, by its position now and its assignment at boot.

A guest that was given no node config asks OneGate for its service when it boots, and uses its position in the
`nodes` list of its role as partition-id and the length of the list as num-partitions. It never recomputes that while
it runs. What the list said at each boot is worked out by `membership`, when each guest asked by `asked`.

Everything here is arithmetic on snapshots: lists in, assignments out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

from wizard.core.cluster.guest_reports import NODE_CONFIG_KEYS, follows, says_stages
from wizard.core.cluster.membership import BLUR, Life, Membership
from wizard.core.flower import node_config
from wizard.core.flower.node_config import Partition
from wizard.core.opennebula.snapshot import NO_BOOT_AFTER, SUPERNODE, Role, Run, ServiceSnapshot, VmFacts
from wizard.core.plan.contract import Meaning
from wizard.core.plan.plan import Plan
from wizard.core.plan.rules import whole_number

QUICKEST = 3
"""Seconds from the start of a VM to the moment at which the quickest guest asks."""

SLOWEST = 120
"""Seconds from the start of a VM to the moment at which the slowest guest has asked."""

_BEFORE_THE_GUEST = frozenset(
    {"INIT", "PENDING", "HOLD", "CLONING", "LCM_INIT", "PROLOG", "BOOT"}
    | {"CLONING_FAILURE", "PROLOG_FAILURE", "BOOT_FAILURE"}
)
"""States in which a new VM's guest has not started, although oned gives RSTIME from BOOT on."""

Window = tuple[float, float]


def is_short(vm: VmFacts) -> bool:
    """True if an earlier start is missing from what oned reported of the VM: `one.vm.info` has it."""
    return not _whole(_runs(vm))


def is_starting(vm: VmFacts, now: float) -> bool:
    """True if its guest is yet to ask: the VM has not started, or only this moment.

    `now` is our own clock's Unix time, 0 where it is not known.
    """
    if not vm.running and (vm.running_since == 0 or vm.state_name in _BEFORE_THE_GUEST):
        return True
    runs = _runs(vm)
    return _whole(runs) and 0 <= now - _last_boot(runs).since < QUICKEST


def asked(vm: VmFacts, settled: Sequence[float], now: float) -> tuple[Window, ...]:
    """The spans of time in which the guest may have asked, at least one.

    `settled` are moments at which OneFlow had seen READY of every VM that it had made till then: a guest that booted
    only once had asked by the first of them after its start; one that this program restarted, by the moment that was
    noted in its VM. Two spans where oned does not tell whether the last of
    the VM's runs began with a boot: pools give only the last history record, `one.vm.info` all.
    """
    runs = _runs(vm)
    if not _whole(runs):
        last = runs[-1].since
        return (float(vm.stime), float(last)), _window(last, (), now)
    boot = _last_boot(runs)
    seen = [*(settled if boot is runs[0] else ())]
    if vm.ready_by is not None and vm.ready_by[0] >= boot.seq:
        seen.append(float(vm.ready_by[1]))
    return (_window(boot.since, seen, now),)


def _runs(vm: VmFacts) -> Sequence[Run]:
    """The records that tell of a start; of a VM that was read without any, its one start."""
    return [run for run in vm.runs if run.since] or [Run(0, vm.running_since or vm.stime)]


def _whole(runs: Sequence[Run]) -> bool:
    """True if no record of an earlier start is missing."""
    return runs[-1].seq == len(runs) - 1


def _last_boot(runs: Sequence[Run]) -> Run:
    boot = runs[0]
    for before, run in pairwise(runs):
        if before.ended_by not in NO_BOOT_AFTER:
            boot = run
    return boot


def _window(start: float, settled: Sequence[float], now: float) -> Window:
    first = start + QUICKEST
    return first, min([start + SLOWEST, *(moment for moment in (*settled, now) if moment > first)])


PLANNED_MOST = 1000
"""How many SuperNodes are worked out: a guest may publish any number of partitions."""

UNREAD = "oned has not reported this VM"
INCOMPLETE = "not all VMs that this role once had are known, so what the list said at its boot is not known"
CHANGED = "the list changed while its guest booted"
RESTARTED = "oned does not tell whether its guest was restarted or the VM only moved"
"""Why an assignment is not known."""

_SETTLED = frozenset({"New state: RUNNING", "New state: COOLDOWN"})
"""What OneFlow logs once every VM that it has made is READY."""
_SCALES = "New state: SCALING"
_CHANGES = frozenset({_SCALES, "New state: COOLDOWN"})
"""OneFlow's log messages before and after a change of the list of SuperNodes."""

FOLLOWED = 600.0
"""Seconds after that in which a SuperNode that follows takes up its partition: it looks every 30 seconds, between two
tasks. With a longer task it is stale meanwhile."""


class Source(str, Enum):
    """Evidence for an assignment."""

    REPORTED = "reported"
    EXPLICIT = "explicit"
    INFERRED = "inferred"
    EXPECTED = "expected"
    NONE = "none"
    UNKNOWN = "unknown"


class Sync(str, Enum):
    """Relation of an assignment to the present list.

    PENDING: the guest has not asked yet. FOLLOWING: it is about to take up another partition by itself.
    """

    IN_SYNC = "in sync"
    FOLLOWING = "following"
    STALE = "stale"
    COLLISION = "collision"
    NONE = "none"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Assignment:
    """One SuperNode: `index` is its position now, `assigned` what it got at boot, `expected` what a reboot would give.

    `node_config` is the text that Flower was started with, as far as it is known. Where the lives of the VMs allow
    several assignments (None: that it found itself nowhere), `possible` has them; `doubt` says why it is not known.
    `follows`: it takes up what it is `expected` to have by itself, between two tasks.
    """

    vm_id: int
    index: int
    assigned: Partition | None
    expected: Partition | None
    source: Source
    sync: Sync
    node_config: str = ""
    possible: tuple[Partition | None, ...] = ()
    doubt: str = ""
    follows: bool = False


def assignments(snapshot: ServiceSnapshot) -> tuple[Assignment, ...]:
    """The assignment of every SuperNode that the service lists, in the order of the list."""
    role = snapshot.role(SUPERNODE)
    if role is None:
        return ()
    given = _given(snapshot)
    past = _past(role, snapshot)
    reporting = not given and any(_reported(node.vm) for node in role.nodes)
    found = []
    for index, node in enumerate(role.nodes):
        position = Partition(index, len(role.nodes))
        if given:
            named = node_config.partition_of(given)
            sync = Sync.IN_SYNC if named else Sync.NONE
            found.append(Assignment(node.vm_id, index, named, named, Source.EXPLICIT, sync, given))
        elif report := _reported(node.vm):
            found.append(_assignment(node.vm_id, position, node_config.partition_of(report), Source.REPORTED, report))
        elif node.vm is None or (reporting and node.vm.user_template is None):
            found.append(_unknown(node.vm_id, position, doubt=UNREAD))
        elif is_starting(node.vm, snapshot.taken_at) or (not node.vm.is_ready and (reporting or says_stages(node.vm))):
            # A guest that installs asks once it has, and reports what it got.
            found.append(_assignment(node.vm_id, position, position, Source.EXPECTED))
        elif reporting:
            found.append(_assignment(node.vm_id, position, None, Source.NONE))
        else:
            found.append(_inferred(node.vm, position, past))
    following = {node.vm_id for node in role.nodes if node.vm is not None and follows(node.vm)}
    found = [replace(item, follows=_may_follow(item, following)) for item in found]
    return _with_following(_with_collisions(found), snapshot)


def _may_follow(item: Assignment, following: Collection[int]) -> bool:
    """A guest that follows also reports what it has, once it has booted."""
    return item.vm_id in following and item.source in (Source.REPORTED, Source.EXPECTED)


def _with_following(found: tuple[Assignment, ...], snapshot: ServiceSnapshot) -> tuple[Assignment, ...]:
    """The same, with those FOLLOWING that are not as the list wants them, and had no time for it yet."""
    changed = max((line.timestamp for line in snapshot.log if line.message in _CHANGES), default=0)
    if snapshot.taken_at - changed > FOLLOWED:
        return found
    return tuple(replace(item, sync=Sync.FOLLOWING) if item.follows and out_of_sync(item) else item for item in found)


def out_of_sync(item: Assignment) -> bool:
    """True if a SuperNode has, for certain, something else than a restart would give it."""
    known = item.source in (Source.REPORTED, Source.INFERRED, Source.NONE)
    return known and item.assigned != item.expected


def gaps(found: Sequence[Assignment]) -> tuple[int, ...]:
    """The shards that no listed SuperNode trains on, of as many as the largest `num-partitions` among them.

    Nothing is said while the assignment of one of them is not known; one that is lost trains on nothing. At most
    `PLANNED_MOST` are looked at.
    """
    found = [item for item in found if item.vm_id >= 0]
    known = [item.assigned for item in found if item.assigned]
    if len(known) < len(found) or not known:
        return ()
    covered = {partition.id for partition in known}
    count = min(max(partition.count or 0 for partition in known), PLANNED_MOST)
    return tuple(number for number in range(count) if number not in covered)


def missing(snapshot: ServiceSnapshot) -> int:
    """Number of earlier SuperNodes that are neither listed nor `former`, where the past is needed to infer anything."""
    role = snapshot.role(SUPERNODE)
    if role is None or not role.nodes or _is_told(role, snapshot):
        return 0
    former = sum(1 for vm in snapshot.former if vm.role_name == role.name)
    return max(0, role.last_vmname - len(role.nodes) - former)


def with_short_history(snapshot: ServiceSnapshot) -> tuple[int, ...]:
    """The listed SuperNodes whose earlier starts oned has not reported, where that is needed to infer anything."""
    role = snapshot.role(SUPERNODE)
    if role is None or _is_told(role, snapshot):
        return ()
    return tuple(node.vm_id for node in role.nodes if node.vm is not None and is_short(node.vm))


def planned(plan: Plan) -> tuple[str, ...]:
    """The node config that each SuperNode of a plan will be started with, in order; empty if there is no number."""
    field = plan.contract.meaning(Meaning.CARDINALITY)
    count = whole_number(plan.text(f"{SUPERNODE}.cardinality")) if field else None
    given = plan.meant(Meaning.NODE_CONFIG).strip()
    if count is None:
        return ()
    return tuple(given or node_config.written(Partition(index, count)) for index in range(min(count, PLANNED_MOST)))


def _is_told(role: Role, snapshot: ServiceSnapshot) -> bool:
    """True if nothing is inferred, since the operator or the guests say it themselves."""
    return bool(_given(snapshot)) or any(_reported(node.vm) for node in role.nodes)


def _given(snapshot: ServiceSnapshot) -> str:
    for key in NODE_CONFIG_KEYS:
        if value := (snapshot.role_value(SUPERNODE, key) or "").strip():
            return value
    return ""


def _reported(vm: VmFacts | None) -> str:
    published = (vm.user_template if vm else None) or {}
    return next((published[key] for key in NODE_CONFIG_KEYS if published.get(key)), "")


@dataclass(frozen=True)
class _Past:
    """Known past of the role: the list through time, and when OneFlow had seen every VM READY."""

    members: Membership
    settled: tuple[float, ...]
    now: float


def _past(role: Role, snapshot: ServiceSnapshot) -> _Past | None:
    """None where a VM that the role once had is missing, and with it any knowledge of the past."""
    listed = [node.vm for node in role.nodes if node.vm is not None]
    gone = [vm for vm in snapshot.former if vm.role_name == role.name]
    if len(listed) < len(role.nodes) or len(listed) + len(gone) < role.last_vmname:
        return None
    # One that is listed has not left, even if it ended; one that lives unlisted is of a creation that still goes on.
    lives = [Life(vm.id, vm.stime) for vm in listed]
    lives += [Life(vm.id, vm.stime, vm.etime) for vm in gone if vm.etime]
    settled = tuple(float(line.timestamp) for line in snapshot.log if line.message in _SETTLED)
    scaled = tuple(float(line.timestamp) for line in snapshot.log if line.message == _SCALES)
    logged_since = float(snapshot.log[0].timestamp) if snapshot.log else float("inf")
    return _Past(Membership(lives, scaled, logged_since), settled, snapshot.taken_at)


def _inferred(vm: VmFacts, position: Partition, past: _Past | None) -> Assignment:
    if past is None:
        return _unknown(vm.id, position, doubt=INCOMPLETE)
    following = past.members.next_creation(vm.id)
    settled = past.settled if following is None else (*past.settled, float(following - 1 - BLUR))
    windows = asked(vm, settled, past.now)
    possible = tuple(dict.fromkeys(answer for window in windows for answer in past.members.answers(vm.id, *window)))
    if len(possible) > 1:
        return _unknown(vm.id, position, possible, CHANGED if len(windows) == 1 else RESTARTED)
    return _assignment(vm.id, position, possible[0], Source.INFERRED)


def _unknown(
    vm_id: int, position: Partition, possible: tuple[Partition | None, ...] = (), doubt: str = ""
) -> Assignment:
    return Assignment(vm_id, position.id, None, position, Source.UNKNOWN, Sync.UNKNOWN, "", possible, doubt)


def _assignment(
    vm_id: int, position: Partition, assigned: Partition | None, source: Source, text: str = ""
) -> Assignment:
    if source is Source.EXPECTED:
        sync = Sync.PENDING
    elif assigned is None:
        sync = Sync.NONE
    else:
        sync = Sync.IN_SYNC if assigned == position else Sync.STALE
    if not text and assigned and source is Source.INFERRED:
        text = node_config.written(assigned)
    return Assignment(vm_id, position.id, assigned, position, source, sync, text)


def _with_collisions(found: list[Assignment]) -> tuple[Assignment, ...]:
    counts = Counter(item.assigned.id for item in found if item.assigned and item.source is not Source.EXPECTED)
    return tuple(
        replace(item, sync=Sync.COLLISION)
        if item.assigned and item.source is not Source.EXPECTED and counts[item.assigned.id] > 1
        else item
        for item in found
    )
