"""The events of a service, newest last."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import RichLog

from wizard.core.cluster.events import Event
from wizard.core.text import one_line
from wizard.tui.ink import ink
from wizard.tui.telling import clock_time

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
        line = Text(f"{clock_time(at)} {severity} ", style=ink(self.app, "muted"))
        name = _SEVERITIES.get(severity)
        line.append(one_line(message), style=ink(self.app, name) if name else "")
        self.write(line)
