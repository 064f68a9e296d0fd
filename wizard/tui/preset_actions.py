"""Renaming, deleting and comparing presets: what is asked, and what is told. To be awaited in a worker."""

from __future__ import annotations

from textual.app import App

from wizard.core.plan.diffs import as_lines, differences
from wizard.storage.files import PresetFile, PresetFileError, delete_preset, rename_preset
from wizard.tui.widgets.dialogs import Ask, Confirm, Notice
from wizard.tui.widgets.preset_chooser import PresetChooser

_WIDTH = 64
"""Columns of text in a dialog."""

_NAMES = "A name of letters, digits, '.', '_' and '-'."


async def rename(app: App[int], item: PresetFile) -> str | None:
    """Ask for the new name and rename; the new name, None where nothing was renamed."""
    name = await app.push_screen_wait(Ask(f"Rename {item.name}", _NAMES, item.name))
    if name is None or name == item.name:
        return None
    try:
        rename_preset(item.name, name)
    except PresetFileError as error:
        app.notify(str(error), title="Not renamed", severity="error", markup=False)
        return None
    return name


async def delete(app: App[int], item: PresetFile) -> bool:
    """Ask and delete; whether it is gone."""
    question = Confirm(
        "Delete this preset?", f"{item.path}\nServices that run stay as they are.", "Delete", danger=True
    )
    if not await app.push_screen_wait(question):
        return False
    try:
        delete_preset(item.name)
    except PresetFileError as error:
        app.notify(str(error), title="Not deleted", severity="error", markup=False)
        return False
    return True


async def compare(app: App[int], item: PresetFile, presets: tuple[PresetFile, ...]) -> None:
    """Ask with which other preset, and show in what they differ."""
    others = tuple(other for other in presets if other.preset is not None and other.path != item.path)
    if item.preset is None or not others:
        app.notify("There is no other preset to compare it with.", markup=False)
        return
    other = await app.push_screen_wait(PresetChooser(f"Compare {item.name} with …", others))
    if other is None or other.preset is None:
        return
    found = differences(item.preset.plan, other.preset.plan)
    text = as_lines(found, _WIDTH) if found else "No setting differs."
    await app.push_screen_wait(Notice(f"{item.name} → {other.name}", text))
