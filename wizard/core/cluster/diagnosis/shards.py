"""Rules about the data: shards that nobody trains on, SuperNodes that are stale, shards that are trained on twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from wizard.core.cluster.coverage import coverage, covered, doubled, share
from wizard.core.cluster.diagnosis.finding import Action, Finding, Severity
from wizard.core.cluster.partitions import Assignment, Source, Sync, out_of_sync
from wizard.core.flower.node_config import Partition
from wizard.core.opennebula.snapshot import SUPERNODE, ServiceSnapshot
from wizard.core.opennebula.states import SETTLED
from wizard.core.text import counted, have, vms

_LOOK = "The column partition of the VMs, and the strip of shards."
_DID_NOT_FOLLOW = "The journal, on the page of the VM: it takes up a new partition by itself, but not during a task."
_RESTART = "Restart the stale SuperNodes: each then gets the partition of its present position."
_UNCLEAR = "What a SuperNode was started with: `docker inspect` in its VM, --node-config."


def missing(assigned: Sequence[Assignment], snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """A part of the data that no SuperNode was given. One that is off, starts or is lost keeps its part: other rules
    name it, and so it is with those whose partition is not known, or who take up another one by themselves. Nothing is
    said of what the operator gave by hand."""
    if snapshot.state not in SETTLED or not assigned or _explicit(assigned):
        return
    soon = following(assigned)
    given = [item.expected if item.vm_id in soon else _will_train_on(item) for item in assigned]
    if any(shard is None or not shard.count for shard in given):
        return
    left = covered((item.vm_id, shard) for item, shard in zip(assigned, given, strict=True)).missing
    if left:
        yield Finding(
            "shards-missing",
            Severity.ERROR,
            SUPERNODE,
            f"{_capital(share(left))} of the data is trained on by no SuperNode, and will not be by itself.",
            _LOOK,
            _RESTART if _restartable(assigned) else _UNCLEAR,
            Action.RESTART if _restartable(assigned) else Action.FIX,
            brief=f"{share(left)} not trained",
        )


def following(assigned: Sequence[Assignment]) -> frozenset[int]:
    """The SuperNodes that are about to take up another partition by themselves."""
    return frozenset(item.vm_id for item in assigned if item.sync is Sync.FOLLOWING)


def follow(assigned: Sequence[Assignment], snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """SuperNodes that are about to take up a new partition."""
    soon = following(assigned)
    if snapshot.state not in SETTLED or not soon:
        return
    found = tuple(item.vm_id for item in assigned if item.vm_id in soon)
    one = len(found) == 1
    yield Finding(
        "supernode-follows",
        Severity.INFO,
        f"{vms(found)} of {SUPERNODE}",
        f"{vms(found)} take{'s' if one else ''} up {'its' if one else 'their'} new partition by "
        f"{'itself' if one else 'themselves'}: a guest looks at the list every 30 seconds, between two tasks.",
        _LOOK,
        "Wait.",
        Action.NONE,
        found,
        brief=f"{len(found)} follow{'s' if one else ''}",
    )


def stale(assigned: Sequence[Assignment], snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """SuperNodes that keep the partition which they booted with, though a restart would give them another."""
    if snapshot.state not in SETTLED:
        return
    soon = following(assigned)
    late = [item for item in assigned if item.assigned is not None and out_of_sync(item) and item.vm_id not in soon]
    if found := tuple(item.vm_id for item in late):
        one = len(found) == 1
        yield Finding(
            "supernode-stale",
            Severity.WARNING,
            f"{vms(found)} of {SUPERNODE}",
            f"{counted(len(found), 'SuperNode')} {'is' if one else 'are'} stale ({vms(found)}): "
            f"{'it trains' if one else 'they train'} on an older partition.",
            _DID_NOT_FOLLOW if any(item.follows for item in late) else _LOOK,
            _RESTART,
            Action.RESTART,
            found,
            brief=f"{len(found)} stale",
        )


def collision(assigned: Sequence[Assignment], snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """SuperNodes with the very same partition."""
    if snapshot.state not in SETTLED:
        return
    found = _same([item for item in assigned if item.sync is not Sync.FOLLOWING])
    if not found:
        return
    explicit = _explicit(assigned)
    helps = "Leave the node config empty and deploy again: each SuperNode then gets a partition of its own."
    fixed = Action.FIX if explicit or not _restartable(assigned) else Action.RESTART
    yield Finding(
        "supernode-collision",
        Severity.WARNING,
        f"{vms(found)} of {SUPERNODE}",
        f"{vms(found)} {have(found)} the same partition as another: that shard is trained on more than once."
        + (" The node config was given by hand, the same to each." if explicit else ""),
        _LOOK,
        helps if explicit else _RESTART if fixed is Action.RESTART else _UNCLEAR,
        fixed,
        found,
        brief=f"{len(found)} on the same shard",
    )


def overlap(assigned: Sequence[Assignment], snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """A part of the data that is trained on more than once, since the SuperNodes cut it differently."""
    if snapshot.state not in SETTLED or _explicit(assigned):
        return
    found = coverage(snapshot, [item for item in assigned if item.sync is not Sync.FOLLOWING])
    if not found.overlapping or set(doubled(found)) <= set(_same(assigned)):
        return
    part = share(found.overlapping)
    restartable = _restartable(assigned)
    yield Finding(
        "shards-overlap",
        Severity.WARNING,
        f"{vms(doubled(found))} of {SUPERNODE}",
        f"{_capital(part)} of the data is trained on more than once ({vms(doubled(found))}).",
        _LOOK,
        _RESTART if restartable else _UNCLEAR,
        Action.RESTART if restartable else Action.FIX,
        doubled(found),
        brief=f"{part} twice",
    )


def _explicit(assigned: Sequence[Assignment]) -> bool:
    return any(item.source is Source.EXPLICIT for item in assigned)


def _restartable(assigned: Sequence[Assignment]) -> bool:
    return any(item.expected is not None and out_of_sync(item) for item in assigned)


def _will_train_on(item: Assignment) -> Partition | None:
    """What it trains on, or will once it has started; None where that is not known."""
    if item.vm_id < 0 or item.sync is Sync.PENDING:
        return item.expected
    return None if item.source is Source.UNKNOWN else item.assigned


def _same(assigned: Sequence[Assignment]) -> tuple[int, ...]:
    settled = [item for item in assigned if item.assigned is not None and item.source is not Source.EXPECTED]
    counts = Counter(item.assigned for item in settled)
    return tuple(item.vm_id for item in settled if counts[item.assigned] > 1)


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
