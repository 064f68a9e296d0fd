"""The journal of a guest on a page, read by ssh."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content

from wizard.core.text import harmless, one_line
from wizard.operations import machine as ssh
from wizard.operations.machine import LOGGED
from wizard.tui.background import run_in_thread
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.lines import QuietLine


class JournalSheet(Dialog[None]):
    """The last lines of the journal of the guest at an address. What keeps ssh from it is said in the journal's place,
    with the command to try by hand."""

    SHAPE = "tall wide reading"
    HELP = "The guest's journal, the newest lines at the end; r reads it again. It is read by ssh, as root, by key."
    BINDINGS = [
        Binding("escape,enter,q", "dismiss", "Close"),
        Binding("r", "read", "Read again"),
        Binding("c", "copy", "Copy"),
    ]

    def __init__(self, vm_id: int, address: str) -> None:
        super().__init__()
        self.heading = f"Journal of VM {vm_id}, the last {LOGGED} lines"
        self.address = address
        self.text = ""

    def compose_dialog(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="dialog-text"):
            yield QuietLine(id="journal-text")

    def on_mount(self) -> None:
        """Read it."""
        self.query_one(VerticalScroll).focus()
        self.action_read()

    @work(exclusive=True, group="journal", description="reading a guest's journal")
    async def action_read(self) -> None:
        """Read it by ssh, without waiting for a password; the page stays as it is meanwhile."""
        line = self.query_one("#journal-text", QuietLine)
        if not self.text:
            line.show(f"Asking {one_line(self.address)} by ssh…")
        found = await run_in_thread(lambda: ssh.guest_log(self.address))
        if not self.is_attached:
            return
        self.text = harmless(found.text or found.failure)
        line.show(Content.styled(self.text, "$text-warning" if found.failure else ""))
        if not found.failure:
            self.query_one(VerticalScroll).scroll_end(animate=False)

    def action_copy(self) -> None:
        """Put the text on the terminal's clipboard, where the terminal allows it."""
        self.app.copy_to_clipboard(f"{self.text}\n")
        self.notify("Sent to the terminal's clipboard.", markup=False)
