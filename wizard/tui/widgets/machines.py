"""The table of VMs, and beside it the VM under the cursor."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import DataTable

from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError
from wizard.core.opennebula.load import Sample
from wizard.core.text import one_line
from wizard.core.views.rows import Board
from wizard.core.views.vm_card import vm_card
from wizard.operations.machine import local_time
from wizard.tui.background import run_in_thread
from wizard.tui.widgets.lines import QuietLine, title_panel
from wizard.tui.widgets.vm_table import VmTable

BESIDE = 120
"""Columns from which there is room for a panel beside the table."""
RESTS = 0.4
"""Seconds for which the cursor rests before a VM's load is asked for."""


class VmPanel(QuietLine):
    """The VM under the cursor, where there is room beside the table."""

    def __init__(self) -> None:
        super().__init__(id="vm")
        self.add_class("panel")

    def show_vm(self, found: Board | None, marked: int | None, measured: Sequence[Sample]) -> None:
        """Draw the VM with that id; nothing where there is none."""
        row = next((row for row in found.rows if row.vm_id == marked), None) if found else None
        lines: Sequence[str] = ()
        if found is not None and row is not None:
            item = next((item for item in found.assignments if item.vm_id == marked), None)
            lines = vm_card(row, item, found.findings, local_time, measured)
        title_panel(self, f"VM {row.number}" if row else "VM", "Enter all of it" if lines else "")
        # As many lines as there is room for: what differs is drawn, and nothing is laid out again.
        blank = [""] * (self.content_size.height - len(lines))
        self.show(Content("\n").join(Content.styled(one_line(line), _style(line)) for line in [*lines, *blank]))


def _style(line: str) -> str:
    return "$text-warning" if line.startswith("! ") else ""


class Machines(Horizontal):
    """Table and panel. The load of a VM is asked for once, when the cursor rests on it; `cloud` gives whom to ask."""

    def __init__(self, cloud: Callable[[], Cloud | None]) -> None:
        super().__init__(id="machines")
        self._cloud = cloud
        self._board: Board | None = None
        self._quick = False
        self._measured: tuple[int, tuple[Sample, ...]] = (-1, ())

    def compose(self) -> ComposeResult:
        """Side by side."""
        yield VmTable()
        yield VmPanel()

    def show(self, found: Board, *, gone: bool, quick: bool) -> None:
        """Draw the VMs, none of which is left where the service is `gone`.

        Of a server that is not `quick` nothing more is asked, since polls come first.
        """
        self._board, self._quick = found, quick
        self.query_one(VmTable).show(found.rows, gone=gone)
        self._show_vm()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Show the VM under the cursor."""
        event.stop()
        self._show_vm()
        self._measure()

    def _show_vm(self) -> None:
        marked = self._marked()
        measured = self._measured[1] if self._measured[0] == marked else ()
        for panel in self.query(VmPanel):
            panel.show_vm(self._board, marked, measured)

    def _marked(self) -> int | None:
        """The VM under the cursor, where there is a panel for it; this may be let go meanwhile."""
        tables = self.query(VmTable)
        return tables.first().marked() if tables and self.app.size.width >= BESIDE else None

    @work(exclusive=True, group="measure", description="asking for the load of a VM")
    async def _measure(self) -> None:
        await asyncio.sleep(RESTS)
        marked, cloud = self._marked(), self._cloud()
        if cloud is None or marked is None or marked < 0 or not self._quick:
            return
        with contextlib.suppress(CloudError):
            self._measured = (marked, await run_in_thread(lambda: cloud.vms.monitoring(marked)))
            self._show_vm()
