"""Offers the draft of an earlier sitting: go on with it, discard it, or decide another time."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from wizard.core.text import one_line


class DraftOffer(ModalScreen[bool | None]):
    """True to continue, False to discard, None (Esc) to leave it for the next start."""

    TITLE = "Kept draft"
    HELP = (
        "A draft that an earlier sitting left. Continue takes it up, Discard removes it for good, Esc leaves it lying."
    )
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Later"),
        Binding("left", "app.focus_previous", "Other button", show=False),
        Binding("right", "app.focus_next", "Other button", show=False),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = one_line(text)

    def compose(self) -> ComposeResult:
        """What was being edited, and the two answers."""
        with Vertical(classes="dialog"):
            yield Static("Continue where you left off?", classes="dialog-title", markup=False)
            yield Static(self.text, markup=False)
            yield Static("Esc decides at the next start.", classes="dialog-hint", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Continue", id="continue", variant="primary", compact=True)
                yield Button("Discard", id="discard", compact=True)

    def on_mount(self) -> None:
        """Focus the answer that does no harm."""
        self.query_one("#continue").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Give the answer."""
        event.stop()
        self.dismiss(event.button.id == "continue")
