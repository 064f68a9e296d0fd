"""Dialogs: a question, a line to give, an error to read. Everything in them is plain text, never markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.visual import VisualType
from textual.widgets import Button, Input, Static

from wizard.core.errors import WizardError
from wizard.core.text import harmless, one_line
from wizard.tui.widgets.line_input import LineInput
from wizard.tui.widgets.lines import KeyLine, title_panel

ANSWER_LONGEST = 256
"""Characters that a question takes as its answer: a name, not a text."""


Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A panel over the screen: its heading on the border, what it holds, and in the last line the keys that work in it.

    `SHAPE` has style classes: `tall`, `wide`, `reading`.
    """

    SHAPE = ""
    BINDINGS = [Binding("f1", "app.help", "Help")]

    heading = ""
    hint = ""
    """A key that the last line can't have, since what has the focus takes it."""

    def compose(self) -> ComposeResult:
        """The panel and the keys."""
        with Vertical(classes=f"dialog panel {self.SHAPE}".rstrip()) as panel:
            yield from self.compose_dialog()
        title_panel(panel, one_line(self.heading), self.hint)
        yield KeyLine()

    def compose_dialog(self) -> ComposeResult:
        """What the panel holds."""
        yield from ()


class Confirm(Dialog[bool]):
    """A question with two answers. Enter is the focused one, Esc is no.

    `again` is a key that says yes when it is pressed once more. `command` does the same in a shell. With `typed` only
    that text, typed into a line, makes yes possible; Enter after it is yes.
    """

    HELP = "A question. Enter gives the marked answer; Left, Right and Tab mark the other one; Esc is no."
    BINDINGS = [
        Binding("escape", "dismiss(False)", "Cancel"),
        Binding("left,right", "app.focus_next", "Other button", show=False),
        Binding("c", "copy", "Copy the command"),
    ]

    def __init__(
        self,
        title: str,
        text: str,
        yes: str,
        *,
        no: str = "Cancel",
        danger: bool = False,
        again: str = "",
        command: str = "",
        typed: str = "",
    ) -> None:
        super().__init__()
        self.heading, self.text, self.yes, self.no, self.danger = one_line(title), harmless(text), yes, no, danger
        self.again, self.command, self.typed = again, one_line(command), one_line(typed)

    def compose_dialog(self) -> ComposeResult:
        """Text and the two buttons; where it is dangerous, the focus is on no."""
        with VerticalScroll(classes="dialog-text", can_focus=False):
            yield Static(self.text, markup=False)
        if self.command:
            yield Static(f"$ {self.command}", classes="dialog-command", markup=False)
        if self.typed:
            yield Static(f"Type {self.typed} and press Enter to go on:", classes="dialog-hint", markup=False)
            yield LineInput(longest=ANSWER_LONGEST, id="typed")
            yield Static("", id="typed-problem", markup=False)
        with Horizontal(classes="dialog-buttons"):
            yield Button(self.yes, id="yes", variant="error" if self.danger else "primary", compact=True)
            yield Button(self.no, id="no", compact=True)

    def on_mount(self) -> None:
        """Focus the answer that does no harm."""
        self.query_one("#yes", Button).disabled = bool(self.typed)
        self.query_one("#typed" if self.typed else "#no" if self.danger else "#yes").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Yes is possible once the text is the wanted one."""
        self.query_one("#yes", Button).disabled = event.value.strip() != self.typed
        self.query_one("#typed-problem", Static).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The wanted text, typed out, is yes; any other is refused with a word."""
        if event.value.strip() == self.typed:
            self.dismiss(True)
        else:
            said = f"That is not {self.typed}. Nothing is sent."
            self.query_one("#typed-problem", Static).update(Content.styled(said, "$text-error"))

    def on_key(self, event: Key) -> None:
        """The key that asked, pressed once more, is yes."""
        if self.again and event.key == self.again:
            event.stop()
            self.dismiss(True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a command there is none to copy."""
        return bool(self.command) if action == "copy" else super().check_action(action, parameters)

    def action_copy(self) -> None:
        """Put the command on the terminal's clipboard, where the terminal allows it."""
        self.app.copy_to_clipboard(self.command)
        self.notify("Sent to the terminal's clipboard.", markup=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Give the answer."""
        self.dismiss(event.button.id == "yes")


def _nothing_wrong(_: str) -> str:
    return ""


class Ask(Dialog[str | None]):
    """Asks for one line of text; what is offered is replaced by typing. Enter gives the line, Esc gives None.

    `check` says what is wrong with a line, in a sentence; then the dialog stays with the line in it.
    """

    HELP = "Type a line and press Enter; what is offered is replaced by typing. Esc leaves it."
    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]

    hint = "Enter OK"

    def __init__(self, title: str, text: str, value: str, check: Callable[[str], str] = _nothing_wrong) -> None:
        super().__init__()
        self.heading, self.text, self.value, self.check = title, text, value, check

    def compose_dialog(self) -> ComposeResult:
        """Text, the line, and what is wrong with it."""
        yield Static(self.text, markup=False)
        yield LineInput(self.value, longest=ANSWER_LONGEST, select_on_focus=True, id="answer")
        yield Static("", id="answer-problem", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    def on_input_changed(self) -> None:
        """What was wrong may be right by now."""
        self.query_one("#answer-problem", Static).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give what was typed, unless something is wrong with it."""
        event.stop()
        answer = event.value.strip()
        if problem := self.check(answer):
            self.query_one("#answer-problem", Static).update(Content.styled(one_line(problem), "$text-error"))
        else:
            self.dismiss(answer)


class Notice(Dialog[None]):
    """Something to read; it scrolls, can be copied with `c`, and any of Esc, Enter and q closes it."""

    HELP = "Something to read. The arrow keys scroll."
    BINDINGS = [
        Binding("escape,enter,q", "dismiss", "Close"),
        Binding("c", "copy", "Copy"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.heading, self.text = one_line(title), harmless(text)
        self.body: VisualType = self.text
        """What is drawn, where that is more than the text that `c` copies."""

    def compose_dialog(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="dialog-text"):
            yield Static(self.body, markup=False)

    def on_mount(self) -> None:
        """Arrow keys scroll."""
        self.query_one(VerticalScroll).focus()

    def action_copy(self) -> None:
        """Put the text on the terminal's clipboard, where the terminal allows it."""
        self.app.copy_to_clipboard(f"{self.heading}\n{self.text}\n")
        self.notify("Sent to the terminal's clipboard.", markup=False)


class DraftOffer(Dialog[bool | None]):
    """True to continue, False to discard, None (Esc) to leave it for the next start."""

    heading = "Continue where you left off?"
    HELP = (
        "A draft that an earlier session left. Continue takes it up, Discard removes it for good, Esc leaves it lying."
    )
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Decide at the next start"),
        Binding("left", "app.focus_previous", "Other button", show=False),
        Binding("right", "app.focus_next", "Other button", show=False),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = one_line(text)

    def compose_dialog(self) -> ComposeResult:
        """The draft that was being edited, and the two answers."""
        yield Static(self.text, markup=False)
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


def trouble(error: WizardError) -> Notice:
    """A dialog for an error: what happened, to what, in whose words, what to do now."""
    parts = [error.subject, error.detail, error.hint and f"What to do: {error.hint}"]
    return Notice(error.title, "\n\n".join(part for part in parts if part))
