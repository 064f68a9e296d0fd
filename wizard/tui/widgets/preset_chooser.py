"""Choosing one preset of a list."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wizard.core.text import one_line
from wizard.storage.files import PresetFile


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
