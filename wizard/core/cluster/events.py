"""Something that happened to a service, with its time: from OneFlow's log, or by the difference of two snapshots."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wizard.core.text import escaped, one_line

if TYPE_CHECKING:
    from wizard.core.cluster.diagnosis import Finding
    from wizard.core.opennebula.snapshot import ServiceSnapshot


@dataclass(frozen=True)
class Event:
    """Unix time, OneFlow's severity letter (`I`, `W`, `E`, `D`), and a sentence."""

    at: float
    severity: str
    message: str


def merged(*several: Iterable[Event]) -> tuple[Event, ...]:
    """All of them in the order of time, each once."""
    found = dict.fromkeys(event for events in several for event in events)
    return tuple(sorted(found, key=lambda event: event.at))


def as_text(event: Event, written: Callable[[float], str]) -> str:
    """One line for people; `written` makes text of a Unix time."""
    return f"{written(event.at)}  {event.severity}  {one_line(event.message)}"


def as_json(event: Event) -> str:
    """One line for programs: `at` in Unix seconds, `severity`, `message`."""
    data = {"at": event.at, "severity": event.severity, "message": event.message}
    return escaped(json.dumps(data, ensure_ascii=False))


def from_json(line: str) -> Event | None:
    """The event of a line that `as_json` wrote; None for anything else."""
    try:
        found = json.loads(line)
        at = float(found["at"])
        severity, message = found["severity"], found["message"]
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    if not math.isfinite(at) or not isinstance(severity, str) or not isinstance(message, str):
        return None
    return Event(at, severity[:1], message)


@dataclass
class Alerts:
    """Looks at one snapshot after another of one service. The first one is news to nobody."""

    _before: ServiceSnapshot | None = None
    _known: frozenset[str] = field(default_factory=frozenset)

    def of(self, snapshot: ServiceSnapshot, findings: Iterable[Finding]) -> str:
        """A sentence, or nothing; `findings` are those of the diagnosis of this snapshot."""
        from wizard.core.cluster.diagnosis import Severity

        before, known = self._before, self._known
        found = {item.name: item for item in findings if item.severity is Severity.ERROR}
        self._before, self._known = snapshot, frozenset(found)
        if before is None:
            return ""
        subject = one_line(f"Service {snapshot.id} {snapshot.name}")
        if snapshot.gone and not before.gone:
            return f"{subject} is gone."
        new = [item for name, item in found.items() if name not in known]
        if new:
            return f"{subject}: {one_line(new[0].means)}"
        if snapshot.complete and not before.complete and not found:
            return f"{subject} is RUNNING."
        return ""
