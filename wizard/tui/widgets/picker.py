"""Choosing one of what the cloud has: a list that shrinks as one types."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from wizard.cloud.pools import CloudObject
from wizard.core.display import one_line


class Picker(ModalScreen[CloudObject | None]):
    """A filter line over a list of id, name and owner. Enter takes the marked one, Esc none."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("down", "move(1)", "Next", show=False, priority=True),
        Binding("up", "move(-1)", "Previous", show=False, priority=True),
    ]

    def __init__(self, title: str, objects: tuple[CloudObject, ...]) -> None:
        super().__init__()
        self.heading, self.objects = title, objects

    def compose(self) -> ComposeResult:
        """Title, filter, list."""
        with Vertical(classes="dialog tall"):
            yield Static(self.heading, classes="dialog-title", markup=False)
            yield Input(placeholder="type to filter by id, name or owner", compact=True)
            yield OptionList(markup=False, compact=True)
            yield Static("Enter takes it · Esc leaves the field as it was", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Show everything at first."""
        self.query_one(Input).cursor_blink = False
        self._fill("")
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches."""
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Take the marked one."""
        marked = self.query_one(OptionList).highlighted
        if marked is not None:
            self._take(self.query_one(OptionList).get_option_at_index(marked))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the clicked one."""
        self._take(event.option)

    def action_move(self, by: int) -> None:
        """Move the mark without leaving the filter."""
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def _fill(self, wanted: str) -> None:
        words = wanted.lower().split()
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            Option(Content(line), id=str(item.id))
            for item in self.objects
            for line in [one_line(f"{item.id:>5}  {item.name}  ({item.owner})")]
            if all(word in line.lower() for word in words)
        )
        if options.option_count:
            options.highlighted = 0

    def _take(self, option: Option) -> None:
        self.dismiss(next(item for item in self.objects if str(item.id) == option.id))
