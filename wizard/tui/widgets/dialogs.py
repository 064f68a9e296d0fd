"""Dialogs: a question, a name to give, an error to read. Everything in them is plain text, never markup."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.visual import VisualType
from textual.widgets import Button, Input, Static

from wizard.core.errors import WizardError
from wizard.core.text import harmless, one_line
from wizard.tui.widgets.line_input import LineInput

ANSWER_LONGEST = 256
"""Characters that a question takes as its answer: a name, not a text."""


class Confirm(ModalScreen[bool]):
    """A question with two answers. Enter is the focused one, Esc is no."""

    HELP = "A question. Enter gives the marked answer; Left, Right and Tab mark the other one; Esc is no."
    BINDINGS = [
        Binding("escape", "dismiss(False)", "Cancel"),
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]

    def __init__(self, title: str, text: str, yes: str, *, no: str = "Cancel", danger: bool = False) -> None:
        super().__init__()
        self.heading, self.text, self.yes, self.no, self.danger = one_line(title), harmless(text), yes, no, danger

    def compose(self) -> ComposeResult:
        """Title, text, and the two buttons; where it is dangerous, the focus is on no."""
        with Vertical(classes="dialog"):
            yield Static(self.heading, classes="dialog-title", markup=False)
            with VerticalScroll(classes="dialog-text", can_focus=False):
                yield Static(self.text, markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button(self.yes, id="yes", variant="error" if self.danger else "primary", compact=True)
                yield Button(self.no, id="no", compact=True)

    def on_mount(self) -> None:
        """Focus the answer that does no harm."""
        self.query_one("#no" if self.danger else "#yes", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Give the answer."""
        self.dismiss(event.button.id == "yes")


class Ask(ModalScreen[str | None]):
    """Asks for one line of text; what is offered is replaced by typing. Enter gives the line, Esc gives None."""

    HELP = "Type a line and press Enter; what is offered is replaced by typing. Esc leaves it."
    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel"), Binding("enter", "give", "OK", show=False)]

    def __init__(self, title: str, text: str, value: str) -> None:
        super().__init__()
        self.heading, self.text, self.value = title, text, value

    def compose(self) -> ComposeResult:
        """Title, text, the line."""
        with Vertical(classes="dialog"):
            yield Static(self.heading, classes="dialog-title", markup=False)
            yield Static(self.text, markup=False)
            yield LineInput(self.value, longest=ANSWER_LONGEST, select_on_focus=True, id="answer")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give what was typed."""
        self.dismiss(event.value.strip())


class Notice(ModalScreen[None]):
    """Something to read; it scrolls, can be copied with `c`, and any of Esc, Enter and q closes it."""

    HELP = "Something to read. The arrow keys scroll."
    BINDINGS = [
        Binding("escape,enter,q", "dismiss", "Close"),
        Binding("c", "copy", "Copy"),
    ]
    WIDE = False

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.heading, self.text = one_line(title), harmless(text)
        self.body: VisualType = self.text
        """What is drawn, where that is more than the text that `c` copies."""

    def compose(self) -> ComposeResult:
        """Title, text, and how to leave."""
        with Vertical(classes="dialog wide reading" if self.WIDE else "dialog"):
            yield Static(self.heading, classes="dialog-title", markup=False)
            with VerticalScroll(classes="dialog-text"):
                yield Static(self.body, markup=False)
            yield Static("Esc closes · c copies", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Arrow keys scroll."""
        self.query_one(VerticalScroll).focus()

    def action_copy(self) -> None:
        """Put the text on the terminal's clipboard, where the terminal allows it."""
        self.app.copy_to_clipboard(f"{self.heading}\n{self.text}\n")
        self.notify("Sent to the terminal's clipboard.", markup=False)


def trouble(error: WizardError) -> Notice:
    """A dialog for an error: what happened, to what, in whose words, what to do now."""
    parts = [error.subject, error.detail, error.hint and f"What to do: {error.hint}"]
    return Notice(error.title, "\n\n".join(part for part in parts if part))
