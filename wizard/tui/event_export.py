"""Writing the events of a service into a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.core.cluster.events import Event, as_json, as_text
from wizard.operations.machine import local_time
from wizard.storage.files import PresetFileError, write_atomically
from wizard.tui.background import away
from wizard.tui.exports import export_path
from wizard.tui.widgets.dialogs import Ask, Confirm

if TYPE_CHECKING:
    from wizard.tui.app import WizardApp

LINES = ".jsonl"


async def write_events(app: WizardApp, events: Iterable[Event], stem: str) -> None:
    """Ask for the file and write it; `.jsonl` makes JSON lines, anything else text."""
    offered = export_path(stem, "events.txt")
    text = f"As text; with the ending {LINES} as JSON lines, as `flowerneb-wizard events --json` prints them."
    given = await app.push_screen_wait(Ask("Write the events to", text, str(offered)))
    if not given:
        return
    path, taken = _place(given)
    if taken:
        question = Confirm("Overwrite it?", f"{path} exists.", "Overwrite", danger=True)
        if not await app.push_screen_wait(question):
            return
    lines = (as_json(event) if path.suffix == LINES else as_text(event, local_time) for event in events)
    body = "".join(f"{line}\n" for line in lines)
    try:
        await away(lambda: write_atomically(path, body))
    except PresetFileError as error:
        app.notify(str(error), title="Not written", severity="error", markup=False)
        return
    app.notify(str(path), title="Written", markup=False)


def _place(given: str) -> tuple[Path, bool]:
    path = Path(given).expanduser()
    return path, path.exists()
