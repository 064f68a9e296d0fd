"""Saving the draft as a preset, and a text as a file: asks for the name, and again before it overwrites."""

from __future__ import annotations

import os
from pathlib import Path

from textual.app import App

from wizard.storage.files import AlreadyThere, save_preset, write_atomically
from wizard.tui.background import away
from wizard.tui.session import Session
from wizard.tui.widgets.dialogs import Ask, Confirm


async def save_draft(app: App[int], session: Session) -> Path | None:
    """The path it was saved to, None where the operator thought better of it. Raises PresetFileError.

    To be awaited in a worker, since it waits for answers.
    """
    text = "A name of letters, digits, '.', '_' and '-'. It goes into your own folder of presets."
    name = await app.push_screen_wait(Ask("Save as preset", text, session.preset_name))
    if name is None:
        return None
    preset = session.preset()
    try:
        path = save_preset(name, preset)
    except AlreadyThere as taken:
        question = Confirm("Overwrite it?", f"{taken.subject} exists.", "Overwrite", danger=True)
        if not await app.push_screen_wait(question):
            return None
        path = save_preset(name, preset, overwrite=True)
    session.kept, session.preset_name = preset.plan, name
    return path


async def save_as(app: App[object], text: str, suggested: str) -> Path | None:
    """The path that a text was written to, None where the operator thought better of it. Raises PresetFileError."""
    folder = await away(Path.cwd)
    question = Ask("Write to a file", f"A path; without a folder it goes into {folder}.", suggested)
    wanted = await app.push_screen_wait(question)
    if not wanted:
        return None
    path, taken = _looked_at(wanted)
    if taken and not await app.push_screen_wait(Confirm("Overwrite it?", f"{path} exists.", "Overwrite", danger=True)):
        return None
    write_atomically(path, text)
    return path


def _looked_at(wanted: str) -> tuple[Path, bool]:
    path = Path(wanted).expanduser()
    return path, os.path.lexists(path)
