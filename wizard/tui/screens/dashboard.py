"""Deployment and dashboard: one screen, since the second grows out of the first."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import Container
from textual.widgets import DataTable

from wizard.cloud.answers import Poll
from wizard.cloud.errors import CloudError
from wizard.core.cluster.estimate import Pace, linked_at
from wizard.core.cluster.events import Alerts, merged
from wizard.core.cluster.outcome import outcome
from wizard.core.flower.superlink import Card
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.states import COMING_UP
from wizard.core.views.action_keys import CONNECT, SUPERLINK
from wizard.core.views.glossary import SERVICE_STATES
from wizard.core.views.next_step import NextStep
from wizard.core.views.rows import Board, board
from wizard.operations.event_bus import EventBus, Link, listening
from wizard.operations.machine import reached_through
from wizard.operations.watch import QUICK, PollResult, Watch, paces
from wizard.storage.process_files import DeploymentRecord, RestartRecord
from wizard.tui.background import calling, run_in_thread
from wizard.tui.flows.saving import write_events
from wizard.tui.help import Passage, terms
from wizard.tui.screens.service_actions import ServiceActions
from wizard.tui.steps import Step
from wizard.tui.terminal.driver import notify
from wizard.tui.widgets.board_panels import (
    DeploymentPanel,
    NextPanel,
    ShardStrip,
    header,
    is_folded,
    signs_legend,
)
from wizard.tui.widgets.dialogs import trouble
from wizard.tui.widgets.event_log import EventLog, contact, events_of
from wizard.tui.widgets.lines import QuietLine
from wizard.tui.widgets.machines import Machines
from wizard.tui.widgets.progress_line import PhasesLine
from wizard.tui.widgets.superlink_sheets import ConnectionSheet
from wizard.tui.widgets.vm_sheet import VmSheet
from wizard.tui.widgets.vm_table import VmTable

if TYPE_CHECKING:
    from wizard.operations.prepare import Prepared

PARTS = "#phases, #progress, #roles, #shards, #waiting, #vm, VmTable, EventLog"
"""The widgets that an answer is drawn in."""

_TALL = 30

UNSEEN = 15.0
"""Seconds between two polls of a dashboard that is not shown, at least."""


class DashboardScreen(ServiceActions):
    """Follows one service: deploys it first where a deployment is given. Leaving it harms nothing: OneFlow goes on.

    `first` is the service as it has just been seen, where it was looked for by its name or id.
    """

    CSS_PATH = ["step.tcss", "dashboard.tcss"]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (_TALL, "-tall")]
    BINDINGS = [
        Binding("r", "poll_now", "Refresh"),
        Binding("g", "switch", "Go to"),
        Binding("w", "write", "Write events"),
    ]
    HELP = (
        "Enter opens a VM, y is the diagnosis, c says how to connect, l what the SuperLink says. s scales, t restarts "
        "what is stale, o recovers, x deletes: each says first what it touches. v proves the cluster by a real run. "
        "g goes to another service, w writes the events into a file."
    )
    step = Step.DASHBOARD
    HAS_RAIL = False
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
        self.bus: EventBus | None = None
        self.earlier: tuple[Pace, ...] | None = None
        self.answered = asyncio.Event()
        """Set with each answer about the service."""

    def compose_content(self) -> ComposeResult:
        """The deployment, what to do next, the shards, the VMs, the events."""
        with Container(id="overview"):
            yield DeploymentPanel()
            yield NextPanel()
        yield ShardStrip()
        yield Machines(lambda: self.session.cloud)
        yield EventLog()

    def on_mount(self) -> None:
        """Deploy what was asked for, then watch."""
        if not self.is_whole:
            return  # Quit while it was being mounted.
        self.help_text(self.HELP)
        self._say(NextStep("Asking OneFlow…" if self.prepared is None else "Deploying…"))
        self.query_one(VmTable).focus()
        self.live()

    def on_unmount(self) -> None:
        """Forget the record, as whoever leaves knows the service; keep it where the service is only being asked for."""
        if self.service_id is None and self.record is not None:
            self.record.leave()
        self._ended()
        if self.bus is not None:
            self.bus.stop()

    def explained(self) -> tuple[Passage, ...]:
        """Meanings of the words on this screen, from the tables that they come from."""
        states = Passage("State of the service", "A role has the same words.", terms(SERVICE_STATES))
        return (PhasesLine.legend(), *signs_legend(), *VmTable.legend(), states)

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
        while True:
            self.wake.clear()
            found = await run_in_thread(lambda: self._look(watch))
            if not self.is_whole:
                return
            if self.bus is None and self.session.keeps:
                # Only now, as the import of the library would keep the first answer from the screen.
                self.bus = listening(watch, os.environ, calling(self.wake.set))
            self._show(watch.latest, found)
            self._tell_aloud(watch.latest)
            self.answered.set()
            if watch.latest.snapshot is not None and watch.latest.snapshot.gone:
                self.sweep(watch.latest.snapshot)
                return
            pause = self._pause(watch)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.wake.wait(), pause)

    @property
    def saves(self) -> bool:
        """What was deployed from here can be saved, while it lives."""
        return self.prepared is not None and not (self.snapshot is not None and self.snapshot.gone)

    @property
    def is_whole(self) -> bool:
        """False while this screen is let go, one of its parts after the other: an answer may come then."""
        return len(self.query(PARTS)) == PARTS.count(",") + 1

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

    @work(exclusive=True, group="begin", description="beginning an action")
    async def act_once_seen(self, action: str) -> None:
        """Begin an action on the service with the next answer about it."""
        self.answered.clear()
        self.wake.set()
        await self.answered.wait()
        self.begun_at_home = True
        if why := self._why_not(action):
            self._nothing_sent(why)
        else:
            await self.run_action(action)

    def action_switch(self) -> None:
        """Go to another service; this one is followed further."""
        self.wizard.switch_service()

    def action_poll_now(self) -> None:
        """Ask at once instead of at the end of the pause."""
        self.wake.set()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that work now; those that the line of keys has no room for are not shown in it."""
        found = super().active_bindings
        if self.restarting is not None and "t" in found:
            now = found["t"]
            stops = replace(now.binding, description="Stop after this one")
            found["t"] = ActiveBinding(now.node, stops, now.enabled, now.tooltip)
        return found

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Before anything is known there is nothing to connect to."""
        if action in (CONNECT, SUPERLINK, "verify") and self.card is None:
            return False
        return super().check_action(action, parameters)

    def action_connect(self) -> None:
        """Show how to connect, each line to be copied."""
        if self.card is not None:
            self.wizard.push_screen(ConnectionSheet(self.card))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open the VM under the cursor."""
        event.stop()
        marked = self.query_one(VmTable).marked()
        if marked is not None and marked >= 0:
            self.open_vm(marked)

    def open_vm(self, vm_id: int) -> None:
        """Show the page of a VM."""
        if self.snapshot is not None:
            self.wizard.push_screen(self._vm_sheet(self.snapshot, vm_id))

    def _vm_sheet(self, snapshot: ServiceSnapshot, vm_id: int) -> VmSheet:
        events = self.watching.latest.events if self.watching else ()
        return VmSheet(
            snapshot,
            vm_id,
            self.session.cloud,
            events_of(events, vm_id),
            self.session.logs,
            follow=lambda: self.snapshot,
        )

    def on_resize(self) -> None:
        """The columns depend on the width."""
        if self.snapshot is not None and self.watching is not None:
            self._show(self.watching.latest, self.board)

    def action_back(self) -> None:
        """To Home, where other services can be reached."""
        self.wizard.go(Step.HOME, "" if self.service_id is None else str(self.service_id))

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
        # Whoever attaches to a service sends nothing, and does not wait for what would.
        from wizard.operations.deploy import send
        from wizard.operations.prepare import InvalidPlan

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
            self._say(NextStep("Not deployed. Esc leads back; what you chose is kept.", trouble=True))
            self.wizard.push_screen(trouble(error))
            return False
        finally:
            self.session.sending = False
        self.service_id = service.id
        self.session.deployed = prepared.draft
        self.wizard.drafts.keep()
        return True

    def _look(self, watch: Watch) -> Board | None:
        """Ask once and work out what is drawn, off the event loop."""
        snapshot, underway = watch.poll().snapshot, self.underway
        if snapshot is None:
            return None
        if underway is not None and underway.is_over(snapshot):
            underway = None
        if self.earlier is None and self.session.keeps and snapshot.state in COMING_UP:
            self.earlier = paces(watch.cloud.where, snapshot.id)
        interrupted = RestartRecord.of(snapshot.id, snapshot.start_time).read() is not None
        return board(snapshot, reached_through(), underway, interrupted=interrupted, read_only=self.refusal)

    def _pause(self, watch: Watch) -> float:
        """Seconds to the next poll: quick while an action runs, rare where nobody looks."""
        if not self.is_current:
            return max(watch.pause, UNSEEN)
        if self.underway is not None and self.snapshot is not None and not watch.latest.stale:
            return min(watch.pause, max(QUICK, self.snapshot.elapsed))
        return watch.pause

    def _show(self, result: PollResult, found: Board | None) -> None:
        snapshot = result.snapshot
        before, self.board = self.refused, found
        if found is not None and snapshot is not None:
            if self.underway is not None and self.underway.is_over(snapshot):
                self.underway = None
            self.set_class(is_folded(snapshot), "-folded")
            self.query_one(PhasesLine).show_phases(found.phases)
            deployment = self.query_one(DeploymentPanel)
            deployment.show(snapshot, found.roles, self.earlier or (), linked_at(result.events))
            self.query_one(ShardStrip).show_shards(found.shards)
            self.query_one(Machines).show(found, gone=snapshot.gone, quick=snapshot.elapsed < QUICK)
        if before != self.refused:
            self.refresh_bindings()
        if snapshot is not None and outcome(snapshot) is not None:
            self._ended()
        self._say(found.next if found else NextStep("Asking OneFlow…"), contact(result))
        self.query_one(EventLog).show(result.events)
        self._show_top()

    def _say(self, step: NextStep, trouble: str = "") -> None:
        self.query_one(NextPanel).tell(step, trouble)

    @property
    def refused(self) -> Mapping[str, str]:
        """Why each action does not apply now."""
        return self.board.refused if self.board else {}

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
            width = self.app.size.width
            link = self.bus.link if self.bus else Link.NONE
            line = header(self.snapshot, self.session.connection, self.watching, width, link)
            self.query_one("#top", QuietLine).show(line)

    def tell(self, message: str, severity: str, at: float | None = None) -> None:
        """Write a line among the events; `at` is a Unix time, by default now."""
        if not self.is_attached:
            return
        self.query_one(EventLog).tell(message, severity, self.session.clock() if at is None else at)
