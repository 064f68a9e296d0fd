"""Saving the draft as a preset, and a text as a file: asks for the name, and again before it overwrites."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from wizard.core.cluster.events import Event, as_json, as_text
from wizard.core.plan.diffs import as_lines, differences
from wizard.core.text import one_line
from wizard.operations.machine import local_time
from wizard.storage.files import (
    AlreadyThere,
    PresetFile,
    PresetFileError,
    delete_preset,
    rename_preset,
    save_preset,
    write_atomically,
    wrong_with_name,
    wrong_with_path,
)
from wizard.tui.background import run_in_thread
from wizard.tui.session import Session
from wizard.tui.widgets.dialogs import Ask, Confirm, Dialog, Notice

if TYPE_CHECKING:
    from wizard.tui.navigation import Wizard


async def save_draft(app: App[int], session: Session) -> Path | None:
    """The path it was saved to, None where the operator thought better of it. Raises PresetFileError.

    To be awaited in a worker, since it waits for answers.
    """
    text = "A name of letters, digits, '.', '_' and '-'. It goes into your own folder of presets."
    name = await app.push_screen_wait(Ask("Save as preset", text, session.preset_name, wrong_with_name))
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
    folder = await run_in_thread(Path.cwd)
    question = Ask("Write to a file", f"A path; without a folder it goes into {folder}.", suggested, wrong_with_path)
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


def export_path(name: str, kind: str, folder: Path | None = None) -> Path:
    """A path in the current folder (or the given one) that does not exist yet.

    For the kind `template.json` it is such as `flower-prod.template.json`.
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.").lower()[:80] or "service"
    place = folder or Path.cwd()
    path = place / f"{stem}.{kind}"
    number = 2
    while path.exists():
        path = place / f"{stem}.{number}.{kind}"
        number += 1
    return path


LINES = ".jsonl"


async def write_events(app: Wizard, events: Iterable[Event], stem: str) -> None:
    """Ask for the file and write it; `.jsonl` makes JSON lines, anything else text."""
    offered = export_path(stem, "events.txt")
    text = f"As text; with the ending {LINES} as JSON lines, as `flowerneb-wizard events --json` prints them."
    given = await app.push_screen_wait(Ask("Write the events to", text, str(offered), wrong_with_path))
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
        await run_in_thread(lambda: write_atomically(path, body))
    except PresetFileError as error:
        app.notify(str(error), title="Not written", severity="error", markup=False)
        return
    app.notify(str(path), title="Written", markup=False)


def _place(given: str) -> tuple[Path, bool]:
    path = Path(given).expanduser()
    return path, path.exists()


class PresetChooser(Dialog[PresetFile | None]):
    """A list of presets. Enter takes the marked one, Esc none."""

    SHAPE = "tall"
    HELP = "A list of presets. Up and Down mark one, Enter takes it."
    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, title: str, presets: tuple[PresetFile, ...]) -> None:
        super().__init__()
        self.heading, self.presets = one_line(title), presets

    def compose_dialog(self) -> ComposeResult:
        """The list."""
        yield OptionList(markup=False, compact=True)

    def on_mount(self) -> None:
        """List them."""
        options = self.query_one(OptionList)
        for item in self.presets:
            origin = "" if item.shipped else "  (yours)"
            options.add_option(Option(one_line(f"{item.name}{origin}")))
        options.highlighted = 0
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the chosen one."""
        self.dismiss(self.presets[event.option_index])


_WIDTH = 64
"""Columns of text in a dialog."""

_NAMES = "A name of letters, digits, '.', '_' and '-'."


async def rename(app: App[int], item: PresetFile) -> str | None:
    """Ask for the new name and rename; the new name, None where nothing was renamed."""

    def check(new: str) -> str:
        return wrong_with_name(new, is_new=True) if new != item.name else ""

    name = await app.push_screen_wait(Ask(f"Rename {item.name}", _NAMES, item.name, check))
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
