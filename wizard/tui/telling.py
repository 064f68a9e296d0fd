"""What the dashboard says in words, besides its tables."""

from __future__ import annotations

import time
from collections.abc import Iterable

from wizard.core.event import Event
from wizard.watch import Sight


def clock_time(at: float) -> str:
    """A Unix time as the frontend's wall clock shows it."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def weather(sight: Sight) -> str:
    """What is wrong with the contact, and how old what is shown is; empty where nothing is."""
    if sight.error is None:
        return ""
    if not sight.stale:
        return f"OneFlow answers, oned does not: {sight.error} The VMs' states are the last known ones."
    said = f"this is what was so at {clock_time(sight.snapshot.taken_at)}" if sight.snapshot else "still asking"
    return f"No contact: {sight.error} ({sight.failures} tries; {said}.)"


def events_of(events: Iterable[Event], vm_id: int) -> tuple[str, ...]:
    """The lines about one VM."""
    wanted = f"VM {vm_id} "
    return tuple(
        f"{clock_time(event.at)}  {event.message}"
        for event in events
        if wanted in f"{event.message} ".replace(":", " ")
    )
