"""Saving the draft as a preset: asks for its name, and again before it overwrites."""

from __future__ import annotations

from pathlib import Path

from textual.app import App

from wizard.files import AlreadyThere, save_preset
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
        question = Confirm("Overwrite it?", f"{taken.where} exists.", "Overwrite", danger=True)
        if not await app.push_screen_wait(question):
            return None
        path = save_preset(name, preset, overwrite=True)
    session.kept, session.preset_name = preset.plan, name
    return path
