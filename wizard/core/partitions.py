"""Which shard each SuperNode trains on: position now, assignment at boot, and whether they agree.

A guest that was given no node config asks OneGate for its service when it boots, and uses its position in the
`nodes` list of its role as partition-id and the length of the list as num-partitions. It never recomputes that while
it runs. OneFlow writes the VMs of one creation into the list together, when the last of them exists.

Everything here is arithmetic on snapshots: lists in, assignments out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from wizard.core import node_config
from wizard.core.contract import Meaning
from wizard.core.contracts import CONTRACTS
from wizard.core.node_config import Partition
from wizard.core.plan import Plan
from wizard.core.rules import whole_number
from wizard.core.snapshot import SUPERNODE, Role, ServiceSnapshot, VmFacts

BATCH_GAP = 10
"""Seconds. VMs of one deployment or scale follow each other faster; a new one waits for the old ones to be READY."""

NODE_CONFIG_KEYS = tuple(
    item.key for contract in CONTRACTS.values() for item in [contract.meaning(Meaning.NODE_CONFIG)] if item
)

PLANNED_MOST = 1000
"""How many SuperNodes are worked out: a guest may publish any number of partitions."""

_BEFORE_THE_GUEST = frozenset(
    {"INIT", "PENDING", "HOLD", "CLONING", "LCM_INIT", "PROLOG", "BOOT"}
    | {"CLONING_FAILURE", "PROLOG_FAILURE", "BOOT_FAILURE"}
)
"""States in which a new VM's guest has not started, although oned gives RSTIME from BOOT on."""


class Source(str, Enum):
    """How an assignment is known."""

    REPORTED = "reported"
    EXPLICIT = "explicit"
    INFERRED = "inferred"
    EXPECTED = "expected"
    NONE = "none"
    UNKNOWN = "unknown"


class Standing(str, Enum):
    """What the assignment means for the data. PENDING: the guest has not asked yet."""

    IN_STEP = "in step"
    STALE = "stale"
    COLLISION = "collision"
    NONE = "none"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Assignment:
    """One SuperNode: `index` is its position now, `assigned` what it got at boot, `expected` what a reboot would give.

    `node_config` is the text that Flower was started with, as far as it is known.
    """

    vm_id: int
    index: int
    assigned: Partition | None
    expected: Partition | None
    source: Source
    standing: Standing
    node_config: str = ""


@dataclass(frozen=True)
class Life:
    """When a VM of the role was made and when it ended (None: it lives), in Unix seconds."""

    vm_id: int
    created: int
    ended: int | None = None


def assignments(snapshot: ServiceSnapshot) -> tuple[Assignment, ...]:
    """The assignment of every SuperNode that the service lists, in the order of the list."""
    role = snapshot.role(SUPERNODE)
    if role is None:
        return ()
    given = _given(snapshot)
    lives, complete = _lives(role, snapshot.former)
    reporting = not given and any(_reported(node.vm) for node in role.nodes)
    found = []
    for index, node in enumerate(role.nodes):
        position = Partition(index, len(role.nodes))
        if given:
            named = node_config.partition_of(given)
            standing = Standing.IN_STEP if named else Standing.NONE
            found.append(Assignment(node.vm_id, index, named, named, Source.EXPLICIT, standing, given))
        elif report := _reported(node.vm):
            found.append(_assignment(node.vm_id, position, node_config.partition_of(report), Source.REPORTED, report))
        elif node.vm is None or (reporting and node.vm.user_template is None):
            found.append(_assignment(node.vm_id, position, None, Source.UNKNOWN))
        elif not _has_booted(node.vm) or (reporting and not node.vm.ready):
            found.append(_assignment(node.vm_id, position, position, Source.EXPECTED))
        elif reporting:
            found.append(_assignment(node.vm_id, position, None, Source.NONE))
        else:
            told = at_boot(node.vm_id, lives) if complete else None
            source = Source.INFERRED if told else Source.UNKNOWN
            found.append(_assignment(node.vm_id, position, told, source))
    return _with_collisions(found)


def at_boot(vm_id: int, lives: Iterable[Life]) -> Partition | None:
    """What the list said when this VM booted first, from the lives of all VMs that the role ever had.

    The list then held every VM made up to the end of its own batch that had not ended before it was made. None where
    the VM is not among the lives.
    """
    ordered = sorted(lives, key=lambda life: life.vm_id)
    place = next((place for place, life in enumerate(ordered) if life.vm_id == vm_id), None)
    if place is None:
        return None
    last = place
    while last + 1 < len(ordered) and ordered[last + 1].created - ordered[last].created <= BATCH_GAP:
        last += 1
    made = ordered[place].created
    listed = [life.vm_id for life in ordered[: last + 1] if life.ended is None or life.ended > made]
    return Partition(listed.index(vm_id), len(listed)) if vm_id in listed else None


def gaps(found: Sequence[Assignment]) -> tuple[int, ...]:
    """The shards that no listed SuperNode trains on, of as many as the largest `num-partitions` among them.

    Nothing is said while the assignment of one of them is not known. At most `PLANNED_MOST` are looked at.
    """
    known = [item.assigned for item in found if item.assigned]
    if len(known) < len(found) or not known:
        return ()
    covered = {partition.id for partition in known}
    count = min(max(partition.count or 0 for partition in known), PLANNED_MOST)
    return tuple(number for number in range(count) if number not in covered)


def planned(plan: Plan) -> tuple[str, ...]:
    """The node config that each SuperNode of a plan will be started with, in order; empty if there is no number."""
    field = plan.contract.meaning(Meaning.CARDINALITY)
    count = whole_number(plan.text(f"{SUPERNODE}.cardinality")) if field else None
    given = plan.meant(Meaning.NODE_CONFIG).strip()
    if count is None:
        return ()
    return tuple(given or node_config.written(Partition(index, count)) for index in range(min(count, PLANNED_MOST)))


def _given(snapshot: ServiceSnapshot) -> str:
    for key in NODE_CONFIG_KEYS:
        if value := (snapshot.role_value(SUPERNODE, key) or "").strip():
            return value
    return ""


def _reported(vm: VmFacts | None) -> str:
    published = (vm.user_template if vm else None) or {}
    return next((published[key] for key in NODE_CONFIG_KEYS if published.get(key)), "")


def _has_booted(vm: VmFacts) -> bool:
    return vm.running or (vm.running_since > 0 and vm.state_name not in _BEFORE_THE_GUEST)


def _lives(role: Role, former: Sequence[VmFacts]) -> tuple[tuple[Life, ...], bool]:
    listed = [node.vm for node in role.nodes if node.vm is not None]
    gone = [vm for vm in former if vm.role_name == role.name]
    lives = tuple(Life(vm.id, vm.stime, vm.etime or None) for vm in (*listed, *gone))
    return lives, len(listed) == len(role.nodes) and len(lives) >= role.last_vmname


def _assignment(
    vm_id: int, position: Partition, assigned: Partition | None, source: Source, text: str = ""
) -> Assignment:
    if source is Source.EXPECTED:
        standing = Standing.PENDING
    elif source is Source.UNKNOWN:
        standing = Standing.UNKNOWN
    elif assigned is None:
        standing = Standing.NONE
    else:
        standing = Standing.IN_STEP if assigned == position else Standing.STALE
    if not text and assigned and source is Source.INFERRED:
        text = node_config.written(assigned)
    return Assignment(vm_id, position.id, assigned, position, source, standing, text)


def _with_collisions(found: list[Assignment]) -> tuple[Assignment, ...]:
    counts = Counter(item.assigned.id for item in found if item.assigned and item.source is not Source.EXPECTED)
    return tuple(
        replace(item, standing=Standing.COLLISION)
        if item.assigned and item.source is not Source.EXPECTED and counts[item.assigned.id] > 1
        else item
        for item in found
    )
