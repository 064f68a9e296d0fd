"""Renaming, deleting and comparing presets: what is asked, and what is told. To be awaited in a worker."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wizard.core.plan.diffs import as_lines, differences
from wizard.core.text import one_line
from wizard.storage.files import PresetFile, PresetFileError, delete_preset, rename_preset
from wizard.tui.widgets.dialogs import Ask, Confirm, Notice


class PresetChooser(ModalScreen[PresetFile | None]):
    """A list of presets. Enter takes the marked one, Esc none."""

    HELP = "A list of presets. Up and Down mark one, Enter takes it."
    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, title: str, presets: tuple[PresetFile, ...]) -> None:
        super().__init__()
        self.heading, self.presets = one_line(title), presets

    def compose(self) -> ComposeResult:
        """Title, list, how to leave."""
        with Vertical(classes="dialog tall"):
            yield Static(self.heading, classes="dialog-title", markup=False)
            yield OptionList(markup=False, compact=True)
            yield Static("Enter takes it · Esc closes", classes="dialog-hint", markup=False)

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
