"""A run of the small app on the deployed cluster, on a page: its steps, its rounds, and who was given what."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content

from wizard.core.errors import WizardError
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.text import NOTHING, harmless, one_line
from wizard.core.views.badges import Tone
from wizard.tui.background import run_in_thread
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.lines import TONES, QuietLine

if TYPE_CHECKING:
    from wizard.operations.flower_run import Word
    from wizard.operations.verify import Verified

PATIENCE = 1200.0
"""Seconds that the run may take."""


class VerifySheet(Dialog[None]):
    """Runs the app, and shows how far it is. To close the page stops the run."""

    SHAPE = "tall wide reading"
    HELP = (
        "A small app runs on the cluster, with the service's own rounds and strategy. At the end stands for each "
        "SuperNode what its client was given beside what the dashboard says. Esc stops the run, where one is on."
    )
    BINDINGS = [Binding("escape,q", "dismiss", "Close"), Binding("c", "copy", "Copy")]

    def __init__(self, snapshot: ServiceSnapshot, *, beside: bool = False) -> None:
        super().__init__()
        self.snapshot, self.beside = snapshot, beside
        self.heading = f"Verify service {snapshot.id} {snapshot.name}"
        self.lines: list[Content] = []
        self.stopped = threading.Event()

    def compose_dialog(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="dialog-text"):
            yield QuietLine(id="verify-text")

    def on_mount(self) -> None:
        """Begin."""
        self.query_one(VerticalScroll).focus()
        self.tell("asking the SuperLink…")
        self._run()

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self.stopped.set()

    def tell(self, text: str, style: str = "") -> None:
        """A line more."""
        if not self.is_attached:
            return
        self.lines.append(Content.styled(harmless(text), style))
        self.query_one("#verify-text", QuietLine).show(Content("\n").join(self.lines))
        self.query_one(VerticalScroll).scroll_end(animate=False)

    def action_copy(self) -> None:
        """Put the text on the terminal's clipboard, where the terminal allows it."""
        self.app.copy_to_clipboard("\n".join(line.plain for line in self.lines) + "\n")
        self.notify("Sent to the terminal's clipboard.", markup=False)

    @work(exclusive=True, group="verify", description="running the app")
    async def _run(self) -> None:
        from wizard.operations.verify import verify

        loop = asyncio.get_running_loop()

        def tell(text: str) -> None:
            loop.call_soon_threadsafe(self.tell, text)

        def hear(word: Word) -> None:
            if word.error:
                tell(f"round {word.round}: a client failed: {one_line(word.error)}")
            elif word.clients is not None:
                tell(f"round {word.round} of {word.of}: {word.clients} clients")

        try:
            found = await run_in_thread(
                lambda: verify(
                    self.snapshot,
                    tell,
                    hear,
                    PATIENCE,
                    may_disturb=lambda: self.beside,
                    stopped=self.stopped.is_set,
                )
            )
        except WizardError as error:
            self.tell(str(error), "$text-error")
        else:
            self._tell_end(found)

    def _tell_end(self, found: Verified) -> None:
        self.tell("")
        for row in found.rows:
            given = "not matched" if row.vm_id in found.unmatched else str(row.partition or NOTHING)
            line = f"VM {row.vm_id}   the dashboard says {row.predicted or 'none'}   its client was given {given}"
            self.tell(line, "" if row.agrees or row.vm_id in found.unmatched else "$text-error")
        if found.unmatched:
            same = "the same partitions" if found.together else "OTHER partitions"
            self.tell(f"Which client is whose is not known; together they were given {same}.")
        self.tell("")
        if found.agrees:
            self.tell(f"{Tone.GOOD.sign} Every client was given what the dashboard says.", TONES[Tone.GOOD])
        elif found.ended.completed:
            self.tell(f"{Tone.BAD.sign} NOT what the dashboard says.", TONES[Tone.BAD])
        else:
            self.tell(f"{Tone.BAD.sign} The run is {one_line(found.ended.status)}.", TONES[Tone.BAD])
            self.tell(found.ended.last_lines)
