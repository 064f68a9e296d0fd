"""Report of the SuperLink itself, asked again and again while the page is open."""

from __future__ import annotations

import asyncio

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from wizard.core.flower.superlink import Card, SuperLinkReport, lines
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.text import harmless, one_line
from wizard.operations.superlink import Control, ControlError
from wizard.tui.background import run_in_thread
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.lines import QuietLine

PAUSE = 5.0
"""Seconds between two questions."""


class SuperLinkSheet(Dialog[None]):
    """A page about a SuperLink. Without access it says why, and asks on."""

    HELP = (
        "What the SuperLink itself says: which SuperNodes are connected, and which runs there are. OneFlow knows only "
        "whether a guest said READY once. It is asked at its own address, then at 127.0.0.1, where a tunnel may end."
    )
    SHAPE = "tall wide reading"
    BINDINGS = [
        Binding("escape,q", "dismiss", "Close"),
        Binding("r", "ask_now", "Refresh"),
    ]

    def __init__(self, snapshot: ServiceSnapshot, card: Card, control: Control | None = None) -> None:
        super().__init__()
        self.snapshot = snapshot
        self.card, self.heading = card, card.summary
        self.control = control or Control(card)
        self.wake = asyncio.Event()

    def compose_dialog(self) -> ComposeResult:
        """What it says."""
        with VerticalScroll(classes="dialog-text"):
            yield QuietLine(id="superlink-text")

    def on_mount(self) -> None:
        """Arrow keys scroll; it is asked meanwhile."""
        self.query_one(VerticalScroll).focus()
        self.query_one("#superlink-text", QuietLine).show(f"asking {', then '.join(self.control.places)}…")
        self._follow()

    def action_ask_now(self) -> None:
        """Ask at once."""
        self.wake.set()

    @work(exclusive=True, group="superlink", description="asking the SuperLink")
    async def _follow(self) -> None:
        control = self.control
        try:
            while self.is_attached:
                try:
                    self.show(await run_in_thread(control.ask))
                except ControlError as error:
                    self._complain(error)
                self.wake.clear()
                try:
                    await asyncio.wait_for(self.wake.wait(), PAUSE)
                except asyncio.TimeoutError:
                    continue
        finally:
            control.close()

    def show(self, word: SuperLinkReport) -> None:
        """Draw what it said, where it differs."""
        if self.is_attached:
            self.query_one("#superlink-text", QuietLine).show(harmless("\n".join(lines(word, self.snapshot))))

    def _complain(self, error: ControlError) -> None:
        if self.is_attached:
            said = f"The SuperLink itself can't be asked: {error.title}\n\n{error.hint}"
            self.query_one("#superlink-text", QuietLine).show(harmless(said.rstrip()))


class ConnectionSheet(Dialog[None]):
    """The steps of a card. Enter copies the line under the cursor, c all lines of all steps."""

    SHAPE = "tall wide reading"
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
        self.card, self.heading = card, card.summary
        self.lines: dict[str, str] = {}

    def compose_dialog(self) -> ComposeResult:
        """The steps."""
        yield OptionList(*self._options(), markup=False, compact=True)

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
