"""The events of a service, newest last."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable

from rich.text import Text
from textual.widgets import RichLog

from wizard.core.cluster.events import Event
from wizard.core.text import one_line
from wizard.operations.watch import PollResult
from wizard.tui.themes import theme_color
from wizard.tui.widgets.lines import title_panel


def clock_time(at: float) -> str:
    """A Unix time as the frontend's wall clock shows it."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def contact(result: PollResult) -> str:
    """Trouble with the contact, and how old what is shown is; empty where there is none."""
    if result.error is None:
        return ""
    if not result.stale:
        at = result.snapshot.facts_at if result.snapshot else 0.0
        said = f"as of {clock_time(at)}" if at else "not known"
        return f"OneFlow answers, oned does not: the VMs are {said}. {result.error}"
    said = f"shown as of {clock_time(result.snapshot.taken_at)}" if result.snapshot else "still asking"
    tries = "1 try" if result.failures == 1 else f"{result.failures} tries"
    return f"No contact ({tries}, {said}): {result.error}"


def events_of(events: Iterable[Event], vm_id: int) -> tuple[str, ...]:
    """The lines about one VM."""
    wanted = f"VM {vm_id} "
    return tuple(
        f"{clock_time(event.at)}  {event.message}"
        for event in events
        if wanted in f"{event.message} ".replace(":", " ")
    )


_SEVERITIES = {"E": "error", "W": "warning"}


_MOST = 500
"""Lines that are kept."""


class EventLog(RichLog):
    """A line an event; what was written stays where it is."""

    def __init__(self) -> None:
        super().__init__(
            id="events", classes="panel", markup=False, highlight=False, wrap=True, max_lines=_MOST, auto_scroll=True
        )
        self._last: Event | None = None
        self._lines: deque[tuple[str, str, float]] = deque(maxlen=_MOST)

    def on_mount(self) -> None:
        """What it is, and its key."""
        title_panel(self, "Events", "w writes them into a file")
        self.app.theme_changed_signal.subscribe(self, lambda _: self._rewrite())

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
        self._lines.append((message, severity, at))
        self._write_line(message, severity, at)

    def _write_line(self, message: str, severity: str, at: float) -> None:
        line = Text(f"{clock_time(at)} {severity} ", style=theme_color(self.app, "muted"))
        name = _SEVERITIES.get(severity)
        line.append(one_line(message), style=theme_color(self.app, name) if name else "")
        self.write(line)

    def _rewrite(self) -> None:
        """A line keeps the colours of the theme in which it was written."""
        self.clear()
        for line in self._lines:
            self._write_line(*line)
