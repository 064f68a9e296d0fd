"""Deployment and dashboard: one screen, since the second grows out of the first."""

from __future__ import annotations

import asyncio
import contextlib
import os

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import DataTable

from wizard.cloud.answers import Poll
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError
from wizard.core.cluster.events import Alerts, merged
from wizard.core.flower.superlink import Card
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.text import one_line
from wizard.core.views.glossary import SERVICE_STATES
from wizard.core.views.rows import Board, board
from wizard.operations.deploy import outcome, send
from wizard.operations.machine import reached_through
from wizard.operations.prepare import InvalidPlan, Prepared
from wizard.operations.watch import PollResult, Push, Watch, address
from wizard.storage.process_files import DeploymentRecord
from wizard.tui.background import run_in_thread
from wizard.tui.flows.saving import write_events
from wizard.tui.help import Passage, terms
from wizard.tui.screens.service_actions import ServiceActions
from wizard.tui.steps import Step
from wizard.tui.terminal.driver import notify
from wizard.tui.widgets.dialogs import trouble
from wizard.tui.widgets.event_log import EventLog, contact, events_of, top
from wizard.tui.widgets.lines import QuietLine
from wizard.tui.widgets.progress_line import PhasesLine, roles_line, shards_line
from wizard.tui.widgets.superlink_sheets import ConnectionSheet
from wizard.tui.widgets.vm_sheet import VmSheet
from wizard.tui.widgets.vm_table import VmTable

PARTS = "PhasesLine, #roles, #shards, #waiting, VmTable, EventLog"
"""The widgets that an answer is drawn in."""

UNSEEN = 15.0
"""Seconds between two polls of a dashboard that is not shown, at least."""


class DashboardScreen(ServiceActions):
    """Follows one service: deploys it first where a deployment is given. Leaving it harms nothing: OneFlow goes on.

    `first` is the service as it has just been seen, where it was looked for by its name or id.
    """

    CSS_PATH = ["step.tcss", "dashboard.tcss"]
    BINDINGS = [
        Binding("r", "poll_now", "Refresh"),
        Binding("c", "connect", "Connect"),
        Binding("w", "write", "Write events", show=False),
        Binding("g", "switch", "Go to", show=False),
    ]
    HELP = (
        "Enter opens a VM, y says what is wrong, c how to connect, l what the SuperLink says. s scales, t restarts "
        "what is stale, o recovers, x deletes: each says first what it touches. g goes to another service, w writes "
        "events."
    )
    step = Step.DASHBOARD
    SHOWS_WHEN_SMALL = True

    def __init__(
        self, service_id: int | None = None, prepared: Prepared | None = None, first: Poll | None = None
    ) -> None:
        super().__init__()
        self.first = first
        self.service_id = service_id
        self.prepared = prepared
        self.watching: Watch | None = None
        self.board: Board | None = None
        self.record: DeploymentRecord | None = None
        self.wake = asyncio.Event()
        self.alerts = Alerts()
        self.push: Push | None = None
        self.asked_for = ""
        """An action that is to begin as soon as the service is known."""

    def compose_content(self) -> ComposeResult:
        """Phases, roles, what it waits for, the VMs, the events."""
        yield PhasesLine()
        yield QuietLine(id="roles")
        yield QuietLine(id="shards")
        yield QuietLine(id="waiting")
        yield VmTable()
        yield EventLog()

    def on_mount(self) -> None:
        """Deploy what was asked for, then watch."""
        self.help_text(self.HELP)
        self.query_one(VmTable).focus()
        self.live()

    def on_unmount(self) -> None:
        """Forget the record, as whoever leaves knows the service; keep it where the service is only being asked for."""
        if self.service_id is None and self.record is not None:
            self.record.leave()
        self._ended()
        if self.push is not None:
            self.push.stop()

    def explained(self) -> tuple[Passage, ...]:
        """Meanings of the words on this screen, from the tables that they come from."""
        states = Passage("State of the service", "A role has the same words.", terms(SERVICE_STATES))
        return (PhasesLine.legend(), *VmTable.legend(), states)

    def refresh_frame(self) -> None:
        """Draw the top line and the rail again; the top line is the service's own."""
        super().refresh_frame()
        self._show_top()

    @work(exclusive=True, group="live", description="following the service")
    async def live(self) -> None:
        """One loop: ask, show, wait. There is never a second poll in flight."""
        if self.service_id is None and not await self._deploy():
            return
        if self.service_id is None:
            return
        if self.is_current:
            self.session.service_id = self.service_id
        self.wizard.keep_dashboard(self.service_id, self)
        try:
            cloud = await run_in_thread(self.session.reach)
        except CloudError as error:
            self.tell(str(error), "E")
            return
        journals = self.session.journals(cloud)
        self.watching = watch = Watch(cloud, self.service_id, journals=journals, first=self.first)
        self._listen(cloud, self.service_id)
        while True:
            self.wake.clear()
            found = await run_in_thread(lambda: self._look(watch))
            if len(self.query(PARTS)) < PARTS.count(",") + 1:
                # The answer comes while this screen is let go, one of its parts after the other.
                return
            self._show(watch.latest, found)
            self._tell_aloud(watch.latest)
            if watch.latest.snapshot is not None and watch.latest.snapshot.gone:
                self.sweep(watch.latest.snapshot)
                return
            pause = watch.pause if self.is_current else max(watch.pause, UNSEEN)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.wake.wait(), pause)

    def on_screen_resume(self) -> None:
        """Shown again: this is the service that is meant now, and it is looked at at once."""
        if self.service_id is not None:
            self.session.service_id = self.service_id
            self.refresh_frame()
            self.wake.set()

    def on_screen_suspend(self) -> None:
        """Nobody looks any more: a service that is gone is forgotten."""
        if self.snapshot is not None and self.snapshot.gone and self.service_id is not None:
            self.call_later(self.wizard.forget_dashboard, self.service_id)

    def action_switch(self) -> None:
        """Go to another service; this one is followed further."""
        self.wizard.switch_service()

    def _listen(self, cloud: Cloud, service_id: int) -> None:
        """Be woken by OpenNebula's own events, where they can be heard."""
        loop = asyncio.get_running_loop()
        url = address(cloud.oned_url, os.environ) if self.session.keeps else ""
        self.push = Push(url, service_id, self._vm_ids, lambda: loop.call_soon_threadsafe(self.wake.set))
        self.push.start()

    def _vm_ids(self) -> tuple[int, ...]:
        return self.snapshot.vm_ids if self.snapshot else ()

    def action_poll_now(self) -> None:
        """Ask at once instead of at the end of the pause."""
        self.wake.set()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A SuperLink that is not READY is not offered to connect to."""
        if action in ("connect", "superlink"):
            return self.card is not None
        return super().check_action(action, parameters)

    def action_connect(self) -> None:
        """Show how to connect, each line to be copied."""
        if self.card is not None:
            self.wizard.push_screen(ConnectionSheet(self.card))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open the VM under the cursor."""
        event.stop()
        marked = self.query_one(VmTable).marked()
        if self.snapshot is not None and marked is not None and marked >= 0:
            self.wizard.push_screen(self._vm_sheet(self.snapshot, marked))

    def _vm_sheet(self, snapshot: ServiceSnapshot, vm_id: int) -> VmSheet:
        events = self.watching.latest.events if self.watching else ()
        return VmSheet(snapshot, vm_id, self.session.cloud, events_of(events, vm_id), self.session.logs)

    def on_resize(self) -> None:
        """The columns depend on the width."""
        if self.snapshot is not None and self.watching is not None:
            self._show(self.watching.latest, self.board)

    def action_back(self) -> None:
        """To Home, where other services can be reached."""
        self.wizard.go(Step.HOME)

    @property
    def card(self) -> Card | None:
        """Steps to connect to the SuperLink, while there is one that is READY."""
        return self.board.card if self.board else None

    @property
    def snapshot(self) -> ServiceSnapshot | None:
        """The service as it was seen last."""
        return self.watching.latest.snapshot if self.watching else None

    async def _deploy(self) -> bool:
        prepared = self.prepared
        if prepared is None:
            return False
        loop = asyncio.get_running_loop()

        def tell(line: str) -> None:
            loop.call_soon_threadsafe(self.tell, line, "I")

        self.session.sending = True
        try:
            cloud = await run_in_thread(self.session.reach)
            self.record = record = DeploymentRecord(cloud.where) if self.session.keeps else None
            service = await run_in_thread(lambda: send(prepared, cloud, tell, record))
        except InvalidPlan as error:
            self.wizard.push_screen(trouble(error))
            return False
        except CloudError as error:
            self.tell(str(error), "E")
            self.show_line("#waiting", "Not deployed. Esc leads back; what you chose is kept.")
            self.wizard.push_screen(trouble(error))
            return False
        finally:
            self.session.sending = False
        self.service_id = service.id
        self.session.deployed = prepared.draft
        self.wizard.drafts.keep()
        return True

    @staticmethod
    def _look(watch: Watch) -> Board | None:
        """Ask once and work out what is drawn, off the event loop."""
        snapshot = watch.poll().snapshot
        return board(snapshot, reached_through()) if snapshot else None

    def _show(self, result: PollResult, found: Board | None) -> None:
        snapshot = result.snapshot
        offered, self.board = self.card, found
        if found is not None:
            self.query_one(PhasesLine).show_phases(found.phases)
            self.query_one("#roles", QuietLine).show(roles_line(found.roles) if found.roles else Content())
            self.query_one(VmTable).show(found.rows)
            self.query_one("#shards", QuietLine).show(shards_line(found.shards))
        if (offered is None) != (self.card is None):
            self.refresh_bindings()
        if snapshot is not None and outcome(snapshot) is not None:
            self._ended()
        said = contact(result) or (found.waiting if found else "asking OneFlow…")
        self.show_line("#waiting", one_line(said))
        self.query_one(EventLog).show(result.events)
        self._show_top()
        if snapshot is not None and self.asked_for:
            action, self.asked_for = self.asked_for, ""
            self.call_next(self.run_action, f"screen.{action}")

    def _tell_aloud(self, result: PollResult) -> None:
        """Ring where something is worth it; where another screen is shown, say it there too."""
        if result.snapshot is None or self.board is None or result.stale:
            return
        if said := self.alerts.of(result.snapshot, self.board.findings):
            notify(self.app, self.wizard.notifies, said)
            if not self.is_current:
                self.notify(said, markup=False)

    @work(exclusive=True, group="write", description="writing the events")
    async def action_write(self) -> None:
        """Write the events into a file, as text or as JSON lines."""
        if self.watching is None or self.snapshot is None:
            return
        events, stem = self.watching.latest.events, f"{self.snapshot.name}-{self.snapshot.id}"
        journal = self.watching.journal
        found = merged(await run_in_thread(journal.read) if journal else (), events)
        await write_events(self.wizard, found, stem)

    def _ended(self) -> None:
        if self.record is not None:
            self.record.done()
            self.record = None

    def _show_top(self) -> None:
        if self.snapshot is not None:
            self.show_line("#top", top(self.snapshot, self.session.connection, self.watching))

    def tell(self, message: str, severity: str, at: float | None = None) -> None:
        """Write a line among the events; `at` is a Unix time, by default now."""
        if not self.is_attached:
            return
        self.query_one(EventLog).tell(message, severity, self.session.clock() if at is None else at)
