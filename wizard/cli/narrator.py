"""The story of what goes on, line by line on stderr: each event and each phase once, and what is waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.core.cluster.events import Event
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.operations.watch import PollResult

SILENCE = 30.0
"""Seconds without news after which a line says what is waited for."""


@dataclass
class News:
    """Gives each event of a watch once, and none of those that were `known` before."""

    last: Event | None = None
    known: frozenset[Event] = frozenset()

    def of(self, result: PollResult) -> tuple[Event, ...]:
        """The events that are new in this result, oldest first."""
        events = result.events
        for place in range(len(events) - 1, -1, -1):
            if events[place] is self.last:
                events = events[place + 1 :]
                break
        if result.events:
            self.last = result.events[-1]
        return tuple(event for event in events if event not in self.known)


@dataclass
class Contact:
    """Tells once that contact is lost, and once that it is back."""

    reported: str = ""

    def of(self, result: PollResult) -> str:
        """A line, or nothing where it is as it was."""
        before, self.reported = self.reported, str(result.error) if result.error else ""
        if self.reported == before:
            return ""
        if not self.reported:
            return "contact is back"
        what = "no news" if result.stale else "no news of the VMs"
        return f"{what}, trying again: {self.reported}"


@dataclass
class Narrator:
    """Tells what a service goes through: its phases as they are reached, what VMs do, what it waits for."""

    tell: Callable[[str], None]
    clock: Callable[[], float]
    news: News = field(default_factory=News)
    contact: Contact = field(default_factory=Contact)
    phases: tuple[str, ...] = ()
    spoke: float = 0.0

    @classmethod
    def from_now(
        cls,
        tell: Callable[[str], None],
        clock: Callable[[], float],
        snapshot: ServiceSnapshot,
        known: Iterable[Event] = (),
    ) -> Narrator:
        """One that tells only what comes after a snapshot; `known` are events of earlier sessions."""
        return cls(tell, clock, News(known=frozenset(known)), phases=_reached(snapshot))

    def see(self, result: PollResult) -> None:
        """Tell what is new in a result."""
        lines = [*self._events(result), *self._phases(result.snapshot)]
        if line := self.contact.of(result):
            lines.append(line)
        now = self.clock()
        if lines or not self.spoke:
            self.spoke = now
        elif now - self.spoke >= SILENCE:
            self.spoke = now
            lines += self._waits(result.snapshot)
        for line in lines:
            self.tell(line)

    def _events(self, result: PollResult) -> Iterator[str]:
        from wizard.core.text import duration

        begun = result.snapshot.start_time if result.snapshot else 0
        for event in self.news.of(result):
            severity = "" if event.severity in ("I", "") else f"{_SEVERITIES.get(event.severity, event.severity)}: "
            yield f"{duration(max(0.0, event.at - begun))}  {severity}{event.message}"

    def _phases(self, snapshot: ServiceSnapshot | None) -> Iterator[str]:
        if snapshot is None or snapshot.gone:
            return
        reached = _reached(snapshot)
        for label in reached:
            if label not in self.phases:
                yield f"✓ {label}"
        self.phases = reached

    def _waits(self, snapshot: ServiceSnapshot | None) -> Iterator[str]:
        from wizard.core.cluster.progress import waiting_for

        if snapshot is not None and (said := waiting_for(snapshot)):
            yield said


def _reached(snapshot: ServiceSnapshot) -> tuple[str, ...]:
    """Labels of the phases that are done."""
    from wizard.core.cluster.progress import Mark, phases

    return tuple(phase.label for phase in phases(snapshot) if phase.mark is Mark.DONE)


_SEVERITIES = {"E": "error", "W": "warning", "D": "debug"}
