"""One VM on a page: what oned says of it, its history, its context, what it published, and the way into it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from textual import work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding
from textual.containers import VerticalScroll

from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError
from wizard.core.cluster.guest_reports import error, stage_for
from wizard.core.opennebula.load import Sample, load_lines
from wizard.core.opennebula.snapshot import ServiceSnapshot, VmFacts
from wizard.core.text import NOTHING, harmless, one_line
from wizard.core.views.glossary import complaints, details, history
from wizard.core.views.rows import vm_rows
from wizard.operations import machine as ssh
from wizard.operations.machine import LOGGED, NOBODY, local_time
from wizard.tui.background import run_in_thread
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.journal_sheet import JournalSheet
from wizard.tui.widgets.lines import QuietLine

LOOKS = 1.0
"""Seconds between two looks at what the dashboard has seen."""


class VmSheet(Dialog[None]):
    """A page about a VM. What the dashboard knows stands there at once; the whole history comes from oned.

    `events` are the lines that the dashboard has about it; `logs` gives what its processes printed, where they are
    ours; `follow` gives the service as it was seen last.
    """

    SHAPE = "tall wide reading"
    HELP = (
        "One VM: its state and partition, its history on hosts, what the dashboard saw of it, what its guest published "
        "and what it was given, its CPU and memory as OpenNebula measured them. s opens a shell in it with ssh and "
        "comes back here, j shows the guest's journal on a page of its own."
    )
    BINDINGS = [
        Binding("escape,enter,q", "dismiss", "Close"),
        Binding("s", "ssh", "ssh"),
        Binding("c", "copy", "Copy the ssh line"),
        Binding("j", "journal", "Guest log"),
        Binding("r", "ask", "Refresh"),
    ]

    def __init__(
        self,
        snapshot: ServiceSnapshot,
        vm_id: int,
        cloud: Cloud | None,
        events: tuple[str, ...] = (),
        logs: Callable[[int], str] | None = None,
        follow: Callable[[], ServiceSnapshot | None] | None = None,
    ) -> None:
        super().__init__()
        self.logs = logs
        self.seen, self.follow = snapshot, follow
        self.vm_id, self.cloud, self.events = vm_id, cloud, events
        self.head, self.vm = _head(snapshot, vm_id)
        self.heading = f"VM {vm_id} {self.vm.name if self.vm else ''}".rstrip()
        self.said = ""
        self.measured: tuple[Sample, ...] = ()

    def compose_dialog(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="dialog-text"):
            yield QuietLine(id="vm-text")

    def on_mount(self) -> None:
        """Arrow keys scroll; oned is asked meanwhile."""
        self.query_one(VerticalScroll).focus()
        self.show()
        self.action_ask()
        self.set_interval(LOOKS, self._look)

    def _look(self) -> None:
        """Show what the dashboard has seen since; nothing is asked for that."""
        latest = self.follow() if self.follow else None
        if latest is not None and latest is not self.seen:
            self.seen = latest
            self.head, vm = _head(latest, self.vm_id)
            if vm is not None and self.vm is not None:
                self.vm = replace(self.vm, user_template=vm.user_template or self.vm.user_template)
            self.show()

    @property
    def line(self) -> tuple[str, ...] | None:
        """Command line of ssh for it, None where there is no address."""
        return ssh.command(self.vm.ips[0]) if self.vm and self.vm.ips else None

    @property
    def unreached(self) -> str:
        """Why it can't be logged in to; empty where it can be tried."""
        if self.vm is not None and self.vm.is_simulated:
            return f"{NOBODY[0].upper()}{NOBODY[1:]}."
        return "" if self.line else "It has no address to reach it at."

    @property
    def text(self) -> str:
        """The whole page."""
        lines = list(self.head)
        lines.append(f"reach it   {self.unreached or ' '.join(self.line or ())}")
        if self.said:
            lines.append(self.said)
        if self.vm is not None:
            lines += [
                *load_lines(self.measured),
                *complaints(self.vm),
                "",
                "History:",
                *_indented(history(self.vm, local_time)),
            ]
            if self.events:
                lines += ["", "Seen from here:", *_indented(self.events)]
            lines += ["", "What it published, and what it was given:", *_pairs(self.vm.user_template)]
            lines += ["", "CONTEXT:", *_pairs(self.vm.context)]
        if self.logs is not None:
            printed = tuple(self.logs(self.vm_id).splitlines()[-LOGGED:])
            lines += ["", f"What its processes printed (the last {LOGGED} lines; r reads on):", *_indented(printed)]
        return "\n".join(map(one_line, lines))

    def show(self) -> None:
        """Draw what differs."""
        self.query_one("#vm-text", QuietLine).show(harmless(self.text))

    @work(exclusive=True, group="ask", description="asking about a VM")
    async def action_ask(self) -> None:
        """Ask oned about it, in full."""
        cloud = self.cloud
        if cloud is None:
            return
        try:
            self.vm = await run_in_thread(lambda: cloud.vms.get(self.vm_id))
            self.said = ""
        except CloudError as error:
            self.said = f"! Shown as it was last known: {error}"
        if self.is_attached:
            self.show()
        with contextlib.suppress(CloudError):
            # Where nothing may be seen of it the page says nothing of it.
            self.measured = await run_in_thread(lambda: cloud.vms.monitoring(self.vm_id))
        if self.is_attached:
            self.show()

    def action_journal(self) -> None:
        """Show the guest's journal; what processes of ours print stands at the end of this page."""
        if self.logs is not None:
            self.show()
            self.query_one(VerticalScroll).scroll_end(animate=False)
        elif self.unreached:
            self.notify(self.unreached, severity="warning", markup=False)
        else:
            self.app.push_screen(JournalSheet(self.vm_id, self.vm.ips[0] if self.vm and self.vm.ips else ""))

    def action_copy(self) -> None:
        """Put the ssh line on the terminal's clipboard, where the terminal allows it."""
        if self.line is not None and not self.unreached:
            self.app.copy_to_clipboard(" ".join(self.line))
            self.notify("Sent to the terminal's clipboard.", markup=False)

    def action_ssh(self) -> None:
        """Hand the terminal to ssh, and come back when it has ended."""
        line, why = self.line, self.unreached or ssh.missing()
        if line is None or why:
            self.notify(why, severity="warning", markup=False)
            return
        try:
            with self.app.suspend():
                ended = ssh.run(line)
        except SuspendNotSupported:
            ended = f"This terminal can't be handed over. Run it by hand: {' '.join(line)}"
        self.notify(ended, markup=False)
        self.action_ask()


def _head(snapshot: ServiceSnapshot, vm_id: int) -> tuple[tuple[str, ...], VmFacts | None]:
    row = next((row for row in vm_rows(snapshot) if row.vm_id == vm_id), None)
    vm = next((vm for vm in snapshot.facts if vm.id == vm_id), None)
    if row is None:
        return ("The service no longer lists it.",), vm
    lines = [
        f"role       {row.role}, position {row.index}",
        f"state      {row.state}, READY {row.ready}",
        f"IP         {row.ip}",
        f"host       {row.host}",
        f"made       {local_time(row.since) if row.since else NOTHING}",
    ]
    if vm is not None and (at := stage_for(vm, snapshot.taken_at)):
        lines.append(f"guest      {at}")
    if vm is not None and (why := error(vm)):
        lines.append(f"error      {why}")
    if row.partition:
        lines.append(f"partition  {row.partition} ({row.assigned_by}, {row.sync})")
    return tuple(lines), vm


def _indented(lines: tuple[str, ...]) -> list[str]:
    return [f"  {one_line(line)}" for line in lines] or ["  nothing"]


def _pairs(values: Mapping[str, str] | None) -> list[str]:
    if values is None:
        return ["  not known"]
    return [f"  {key} = {value}" for key, value in details(values).items()] or ["  nothing"]
