"""How to connect to a cluster that runs: each line can be copied."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wizard.core.flower.connection_card import Card
from wizard.core.text import one_line


class ConnectionSheet(ModalScreen[None]):
    """The steps of a card. Enter copies the line under the cursor, c all lines of all steps."""

    BINDINGS = [
        Binding("escape,q", "dismiss", "Close"),
        Binding("c", "copy_all", "Copy all"),
    ]

    HELP = (
        "How `flwr run` on your own machine reaches the SuperLink of this service, step by step. Each line can be "
        "copied by itself."
    )

    def __init__(self, card: Card) -> None:
        super().__init__()
        self.card = card
        self.lines: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """Title, steps, and how to leave."""
        with Vertical(classes="dialog tall wide reading"):
            yield Static(one_line(self.card.summary), classes="dialog-title", markup=False)
            yield OptionList(*self._options(), markup=False, compact=True)
            yield Static("Enter copies a line · c copies all · Esc closes", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """The cursor stands on the first line that can be copied."""
        options = self.query_one(OptionList)
        options.focus()
        options.action_first()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Copy a line."""
        event.stop()
        self._copy(self.lines[event.option.id or ""])

    def action_copy_all(self) -> None:
        """Copy every line, step by step."""
        self._copy("\n\n".join("\n".join(step.lines) for step in self.card.steps if step.lines) + "\n")

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.notify("Sent to the terminal's clipboard.", markup=False)

    def _options(self) -> list[Option]:
        found = []
        for number, step in enumerate(self.card.steps, 1):
            found.append(Option(Content.styled(f"{number}. {step.title}", "bold $text-primary"), disabled=True))
            for line in step.lines:
                name = f"line-{len(self.lines)}"
                self.lines[name] = line
                found.append(Option(Content(f"   {one_line(line)}"), id=name))
            if step.note:
                found.append(Option(Content.styled(step.note, "$text-muted"), disabled=True))
        return found
