"""The events of a service, newest last."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.text import Text
from textual.widgets import RichLog

from wizard.cloud.answers import Connection
from wizard.core.cluster.events import Event
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.states import ServiceState
from wizard.core.text import duration, one_line
from wizard.operations.watch import PollResult, Watch
from wizard.tui.themes import theme_color

_COMING_UP = (ServiceState.PENDING, ServiceState.DEPLOYING_NETS, ServiceState.DEPLOYING)


def clock_time(at: float) -> str:
    """A Unix time as the frontend's wall clock shows it."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def top(snapshot: ServiceSnapshot, connection: Connection | None, watch: Watch | None) -> str:
    """The line on top: which service, its state, how old what is shown is, who asks and how often."""
    age = duration(snapshot.taken_at - snapshot.start_time) if snapshot.state in _COMING_UP else ""
    who = f"OpenNebula {connection.version} · {connection.username}" if connection else ""
    stale = f"as of {clock_time(snapshot.taken_at)}" if watch and watch.latest.stale else ""
    poll = f"poll {watch.pause:g} s" if watch and not snapshot.gone and not stale else ""
    parts = [snapshot.name, f"#{snapshot.id}", snapshot.state_name, age, stale, who, poll]
    return " " + "  ".join(part for part in parts if part)


def contact(result: PollResult) -> str:
    """Trouble with the contact, and how old what is shown is; empty where there is none."""
    if result.error is None:
        return ""
    if not result.stale:
        return f"OneFlow answers, oned does not: {result.error} The VMs' states are the last known ones."
    said = f"this is what was so at {clock_time(result.snapshot.taken_at)}" if result.snapshot else "still asking"
    return f"No contact: {result.error} ({result.failures} tries; {said}.)"


def events_of(events: Iterable[Event], vm_id: int) -> tuple[str, ...]:
    """The lines about one VM."""
    wanted = f"VM {vm_id} "
    return tuple(
        f"{clock_time(event.at)}  {event.message}"
        for event in events
        if wanted in f"{event.message} ".replace(":", " ")
    )


_SEVERITIES = {"E": "error", "W": "warning"}


class EventLog(RichLog):
    """A line an event; what was written stays where it is."""

    def __init__(self) -> None:
        super().__init__(id="events", markup=False, highlight=False, wrap=True, max_lines=500, auto_scroll=True)
        self._last: Event | None = None

    def show(self, events: tuple[Event, ...]) -> None:
        """Write those that are new since the last time."""
        new = events
        for place in range(len(events) - 1, -1, -1):
            if events[place] is self._last:
                new = events[place + 1 :]
                break
        for event in new:
            self.tell(event.message, event.severity, event.at)
        if events:
            self._last = events[-1]

    def tell(self, message: str, severity: str, at: float) -> None:
        """Write a line; `at` is a Unix time."""
        line = Text(f"{clock_time(at)} {severity} ", style=theme_color(self.app, "muted"))
        name = _SEVERITIES.get(severity)
        line.append(one_line(message), style=theme_color(self.app, name) if name else "")
        self.write(line)
