"""Snapshots, one after another: what changed between two of them, and how often to ask.

There is never more than one request for a snapshot in flight: whoever watches calls `poll`, waits for it, then waits
`pause` seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from wizard.cloud.errors import CloudError
from wizard.core.cluster.estimate import Pace, pace
from wizard.core.cluster.events import Event, merged
from wizard.core.cluster.guest_reports import error, stage
from wizard.core.opennebula.snapshot import LogLine, Node, Role, ServiceSnapshot
from wizard.core.opennebula.states import ServiceState
from wizard.core.text import duration
from wizard.storage.journal import GAP, Journal, deployments

if TYPE_CHECKING:
    from wizard.cloud.answers import Poll
    from wizard.cloud.cloud import Cloud

Ending = TypeVar("Ending")
KEPT_EVENTS = 500
QUICK = 2.0
"""Seconds between two polls while something moves."""
STEADY = 8.0
"""Seconds between two polls of a service that is RUNNING, or gone; CALM once it has been so for long."""
CALM = 30.0
PUSHED, PUSHED_CALM = 5.0, 60.0
"""Seconds between two polls where OpenNebula's events are heard: while something moves, and else.

A poll makes up for an event that was lost. OneFlow's own document follows its VMs a little later: after news the next
poll is QUICK.
"""
_LONG = 1800.0
_A_WHILE = 300.0
_SHARE = 4.0
"""A server that takes long is left alone for so many times as long where nothing moves, else for as long."""


@dataclass(frozen=True)
class PollResult:
    """Knowledge after a poll.

    `snapshot` is the last good one (None before the first), `error` why the latest poll brought none, or why it
    brought the service without news of its VMs.
    """

    snapshot: ServiceSnapshot | None = None
    events: tuple[Event, ...] = ()
    error: CloudError | None = None
    failures: int = 0

    @property
    def stale(self) -> bool:
        """True if the snapshot is older than the latest poll."""
        return self.failures > 0


@dataclass
class Watch:
    """Watches one service. Not thread-safe: one caller polls.

    `first` is an answer that is there already: the first poll takes it instead of asking. `journals` opens what is kept
    of the service across sessions.
    """

    cloud: Cloud
    service_id: int
    latest: PollResult = field(default_factory=PollResult)
    journals: Callable[[ServiceSnapshot], Journal] | None = None
    journal: Journal | None = None
    changed_at: float = 0.0
    is_changed: bool = False
    """True if the latest poll brought a change."""
    first: Poll | None = None
    has_push: Callable[[], bool] = lambda: False
    """True while OpenNebula's events end the pause."""

    def poll(self) -> PollResult:
        """Ask once (at most three requests) and return what is known now. Never raises a CloudError."""
        before = self.latest.snapshot
        try:
            poll = self.first or self.cloud.services.poll(self.service_id, before)
        except CloudError as error:
            self.latest = replace(self.latest, error=error, failures=self.latest.failures + 1)
            return self.latest
        self.first, snapshot = None, poll.snapshot
        new = changes(before, snapshot)
        self.is_changed = not self.changed_at or bool(new)
        if self.is_changed:
            self.changed_at = snapshot.taken_at
        if self.journals is not None:
            new = self._kept(new, snapshot)
        self.latest = PollResult(snapshot, merged_in(self.latest.events, new), poll.oned_error)
        return self.latest

    @property
    def pause(self) -> float:
        """Seconds to wait before the next poll: quick while things move, slower the longer nothing does, slower too
        while polls fail or the server takes long to answer; seldom where events tell of what happens."""
        if self.latest.failures:
            return float(min(QUICK * 2**self.latest.failures, 30.0))
        snapshot = self.latest.snapshot
        if snapshot is None:
            return QUICK
        quiet = snapshot.taken_at - self.changed_at
        rests = snapshot.gone or settled(snapshot)
        moving = not rests and quiet < _A_WHILE
        if rests:
            found = CALM if quiet >= _LONG else 2 * STEADY if quiet >= _A_WHILE else STEADY
        else:
            found = STEADY if quiet >= _LONG else 2 * QUICK if quiet >= _A_WHILE else QUICK
        if self.has_push():
            found = QUICK if self.is_changed else PUSHED_CALM if rests else PUSHED
        share = 1.0 if moving else _SHARE
        return max(found, min(share * snapshot.elapsed, CALM))

    def _kept(self, new: tuple[Event, ...], snapshot: ServiceSnapshot) -> tuple[Event, ...]:
        """The new events with those of earlier sessions before them, all of them kept for later ones."""
        if self.journal is not None or self.journals is None:
            if self.journal is not None:
                self.journal.add(new, snapshot.taken_at)
            return new
        self.journal = journal = self.journals(snapshot)
        before, last = journal.read(), journal.watched_until()
        if before and snapshot.taken_at - last > GAP:
            away = f"not watched from here for {duration(snapshot.taken_at - last)}"
            new = (*new, _event(snapshot, "I", away))
        journal.add((*self.latest.events, *new), snapshot.taken_at)
        known = set(self.latest.events)
        return tuple(event for event in merged(before, new) if event not in known)


def paces(where: str, but: int) -> tuple[Pace, ...]:
    """How long the newest deployments in a cloud took, by what is kept of them; `but` is left out."""
    found = (pace(begun, events) for begun, events in deployments(where, but))
    return tuple(item for item in found if item is not None)


def merged_in(known: tuple[Event, ...], new: tuple[Event, ...]) -> tuple[Event, ...]:
    """The events that are known with new ones after them, bounded."""
    return (*known, *new)[-KEPT_EVENTS:]


def settled(snapshot: ServiceSnapshot) -> bool:
    """True if the service is RUNNING with all of its VMs READY: nothing is expected to move."""
    return snapshot.complete and all(role.ready_count == len(role.nodes) for role in snapshot.roles)


def follow(
    watch: Watch,
    timeout: float,
    *,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[PollResult]:
    """Poll until `timeout` seconds have passed; the caller stops it earlier when it has seen enough."""
    end = clock() + timeout
    while True:
        yield watch.poll()
        left = end - clock()
        if left <= 0:
            return
        sleep(min(watch.pause, left))


def follow_until(
    watch: Watch, judge: Callable[[ServiceSnapshot], Ending | None], timeout: float, see: Callable[[PollResult], object]
) -> Ending | None:
    """Poll until `judge` sees an end in a fresh snapshot; None when `timeout` seconds have passed.

    `see` gets each result of a poll, before it is judged.
    """
    for result in follow(watch, timeout):
        see(result)
        if result.snapshot and not result.stale and (ended := judge(result.snapshot)) is not None:
            return ended
    return None


def changes(before: ServiceSnapshot | None, after: ServiceSnapshot) -> tuple[Event, ...]:
    """Events between two snapshots of a service: new lines of OneFlow's log, and what VMs and roles did."""
    if after.gone:
        return () if before is None or before.gone else (_event(after, "I", "the service is gone"),)
    found = [Event(float(line.timestamp), line.severity, line.message) for line in _new_lines(before, after)]
    if before is None:
        return tuple(found)
    if after.state != before.state and not any("New state" in event.message for event in found):
        found.append(_event(after, "I", f"service: {before.state_name} → {after.state_name}"))
    for role in after.roles:
        found += _role_changes(before.role(role.name), role, after)
    return tuple(found)


def _new_lines(before: ServiceSnapshot | None, after: ServiceSnapshot) -> tuple[LogLine, ...]:
    if before is None or not before.log:
        return after.log
    last = before.log[-1]
    for place in range(len(after.log) - 1, -1, -1):
        if after.log[place] == last:
            return after.log[place + 1 :]
    return after.log


def _role_changes(before: Role | None, after: Role, snapshot: ServiceSnapshot) -> Iterator[Event]:
    known = {node.vm_id: node for node in before.nodes if not node.is_lost} if before else {}
    if before is not None and before.state != after.state:
        severity = "E" if after.failed else "I"
        yield _event(snapshot, severity, f"role {after.name}: {before.state_name} → {after.state_name}")
    for place in after.lost:
        if before is None or place not in before.lost:
            yield _event(snapshot, "W", f"{after.name}: no VM is listed at position {place} (LOST)")
    for node in (node for node in after.nodes if not node.is_lost):
        yield from _node_changes(known.pop(node.vm_id, None), node, after, snapshot)
    for left in known.values():
        expected = snapshot.state in (ServiceState.SCALING, ServiceState.COOLDOWN, ServiceState.UNDEPLOYING)
        yield _event(snapshot, "I" if expected else "W", f"{after.name} VM {left.vm_id} is no longer listed")


def _node_changes(before: Node | None, after: Node, role: Role, snapshot: ServiceSnapshot) -> Iterator[Event]:
    name = f"{role.name} VM {after.vm_id}"
    if before is None:
        yield _event(snapshot, "I", f"{name} listed at position {role.nodes.index(after)}")
    was, now = (before.vm if before else None), after.vm
    if now is None or (was is None and before is not None):
        return
    if was is not None and was.state_name != now.state_name:
        severity = "E" if now.state_name.endswith("FAILURE") else "I"
        yield _event(snapshot, severity, f"{name}: {was.state_name} → {now.state_name}")
    if now.ready and (was is None or was.ready != now.ready):
        # Whoever was never READY says nothing new with NO; a guest that tells its steps takes READY back when it boots.
        lost = was is not None and was.ready == "YES" and not stage(now)
        yield _event(snapshot, "W" if lost else "I", f"{name}: READY={now.ready}")
    for report, severity in ((stage, "I"), (error, "W")):
        if report(now) and (was is None or report(was) != report(now)):
            yield _event(snapshot, severity, f"{name}: {report(now)}")


def _event(snapshot: ServiceSnapshot, severity: str, message: str) -> Event:
    return Event(snapshot.taken_at, severity, message)
