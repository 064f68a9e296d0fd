"""Actions of the dashboard on its service. Each shows beforehand what it touches, asks once, and is sent once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from textual import work
from textual.binding import Binding
from textual.events import Key

from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError
from wizard.core.cluster import action_preview
from wizard.core.cluster.action_preview import ActionPreview
from wizard.core.cluster.diagnosis import diagnose
from wizard.core.cluster.partitions import assignments
from wizard.core.cluster.progress import waiting_for
from wizard.core.cluster.underway import Doing, Underway
from wizard.core.flower.superlink import card
from wizard.core.opennebula.snapshot import SUPERNODE, ServiceSnapshot
from wizard.core.opennebula.states import Verb
from wizard.core.text import one_line
from wizard.core.views.action_keys import CONNECT, DELETE, KEYS, RECOVER, RESTART, SCALE, SUPERLINK, WHY
from wizard.core.views.commands import command_of
from wizard.core.views.next_step import BUSY, refusals
from wizard.operations import service_actions
from wizard.operations.restart import Ended, Restarted, StaleRestart
from wizard.operations.service_actions import Stop
from wizard.tui.background import run_in_thread
from wizard.tui.screens.step import StepScreen, refusal
from wizard.tui.steps import Step
from wizard.tui.widgets.diagnosis_sheet import DiagnosisSheet
from wizard.tui.widgets.dialogs import Ask, Confirm, trouble
from wizard.tui.widgets.superlink_sheets import SuperLinkSheet

AFTER_A_SCALE = f"Afterwards {KEYS[RECOVER][0]} ends the COOLDOWN."
AND_STALE = f"Afterwards {KEYS[RESTART][0]} restarts what is stale, {KEYS[RECOVER][0]} ends the COOLDOWN."
"""The keys for what the question about a scale says of afterwards; the second where something will be stale."""


class ServiceActions(StepScreen):
    """A screen that knows a service: scale, restart what is stale, recover, delete, and why it hangs."""

    CHANGES = ("v",)
    BINDINGS = [
        *(
            Binding(KEYS[name][0], name, KEYS[name][1])
            for name in (CONNECT, RESTART, RECOVER, WHY, SCALE, DELETE, SUPERLINK)
        ),
        Binding("v", "verify", "Verify"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.removing = False
        self.restarting: threading.Event | None = None
        self.underway: Underway | None = None
        self.begun_at_home = False
        """An action was begun in the list of services, and nothing was pressed here since."""

    @property
    def is_busy(self) -> bool:
        """True if SuperNodes are being restarted."""
        return self.restarting is not None

    @property
    def snapshot(self) -> ServiceSnapshot | None:
        """The service as it was seen last."""
        raise NotImplementedError

    def tell(self, message: str, severity: str) -> None:
        """A line among the events."""
        raise NotImplementedError

    def action_poll_now(self) -> None:
        """Look at the service at once."""
        raise NotImplementedError

    def open_vm(self, vm_id: int) -> None:
        """Show the page of a VM."""
        raise NotImplementedError

    def action_superlink(self) -> None:
        """Show what the SuperLink itself says."""
        snapshot = self._present()
        found = card(snapshot) if snapshot else None
        if snapshot is not None and found is not None:
            self.wizard.push_screen(SuperLinkSheet(snapshot, found))

    @work(exclusive=True, group="open", description="verifying")
    async def action_verify(self) -> None:
        """Run a small app on the cluster, and hold it against what is shown."""
        from wizard.tui.widgets.verify_sheet import VerifySheet

        snapshot = self._present()
        if snapshot is None or card(snapshot) is None:
            return
        text = (
            "A small app, numpy only, is submitted to the SuperLink with the service's rounds and strategy. Each "
            "client says which partition it was given, and that is held against the dashboard. A run that is on is "
            "not disturbed: then nothing is submitted."
        )
        command = f"flowerneb-wizard verify {snapshot.id}"
        if await self.wizard.push_screen_wait(Confirm("Verify by a real run?", text, "Run", command=command)):
            self.wizard.push_screen(VerifySheet(snapshot))

    @work(exclusive=True, group="act", description="scaling")
    async def action_scale(self) -> None:
        """Ask how many, tell what that does to which VMs and shards, and send it once."""
        snapshot = self._idle()
        if snapshot is None:
            return
        if pending := await run_in_thread(lambda: service_actions.scale_pending(snapshot)):
            self._nothing_sent(pending)
            return
        role = snapshot.role(SUPERNODE)
        now, least, most = (role.cardinality, role.min_vms, role.max_vms) if role else (0, None, None)
        bounds = "".join(f", {word} {count}" for word, count in (("min", least), ("max", most)) if count is not None)

        def check(text: str) -> str:
            if not (text.isascii() and text.isdigit() and len(text) < 7):
                return "Enter a whole number."
            return action_preview.scale(snapshot, int(text)).refused

        question = Ask("Scale the SuperNodes", f"SuperNodes (now {now}{bounds})", str(now), check)
        wanted = await self.wizard.push_screen_wait(question)
        if wanted is None:
            self._nothing_sent()
            return
        count = int(wanted)
        found = action_preview.scale(snapshot, count)
        command = command_of(SCALE, snapshot, count)
        if found.says:
            found = replace(found, says=(*found.says, AND_STALE if found.stale else AFTER_A_SCALE))
        if await self._agreed(snapshot, found, f"Scale to {count} SuperNodes?", "Scale", command):
            tell = self._tell_from_afar()
            await self._sent(
                lambda cloud, stop: service_actions.scale(cloud, snapshot, SUPERNODE, count, tell, stop),
                Underway(Doing.SCALE, wanted=count),
            )

    @work(exclusive=True, group="act", description="recovering")
    async def action_recover(self) -> None:
        """Tell what it does, and send it once."""
        snapshot = self._idle()
        if snapshot is not None and await self._agreed(
            snapshot, action_preview.recover(snapshot), "Recover the service?", "Recover", command_of(RECOVER, snapshot)
        ):
            tell = self._tell_from_afar()
            await self._sent(
                lambda cloud, stop: service_actions.recover(cloud, snapshot, tell, stop),
                Underway(Doing.RECOVER, since=self.session.clock()),
            )

    @work(exclusive=True, group="act", description="deleting the service")
    async def action_delete(self) -> None:
        """Ask, saying what will be sent and which VMs it stops; then send it once."""
        snapshot = self._idle()
        if snapshot is None:
            return
        if self.underway is not None and self.underway.kind is Doing.REMOVE:
            self.notify("It is being deleted already. Nothing was sent.", severity="warning", markup=False)
            return
        found = action_preview.remove(snapshot)
        title, command = f"Delete service {snapshot.id}, {snapshot.name}?", command_of(DELETE, snapshot)
        if not await self._agreed(snapshot, found, title, "Delete", command, danger=True):
            return
        self.removing = True
        verbs: list[Verb] = []
        tell = self._tell_from_afar()
        sent = await self._sent(
            lambda cloud, stop: verbs.append(service_actions.remove(cloud, snapshot, tell, stop)),
            Underway(Doing.REMOVE),
        )
        # Where another removes it, nobody here has agreed to the end of what may stay behind.
        self.removing = sent and verbs[0] is not Verb.WAIT
        if self.removing:
            self.tell(f"{verbs[0].value} sent; waiting for OneFlow to remove the service", "I")
        elif sent:
            self.tell("nothing was sent: it is being deleted already", "I")

    @work(exclusive=True, group="sweep", description="looking for VMs that stayed behind")
    async def sweep(self, gone: ServiceSnapshot) -> None:
        """After a removal: name the VMs that still carry the service's id, and terminate them.

        Where it was not removed from here, the operator is asked first.
        """
        cloud = self.session.cloud
        if cloud is None:
            return
        try:
            left = await run_in_thread(lambda: cloud.vms.left_behind(gone))
        except CloudError as error:
            self.tell(f"whether VMs are left over is not known: {error}", "W")
            return
        if not left:
            self.tell("no VM was left over", "I")
            return
        named = "\n".join(one_line(f"VM {vm.id} {vm.name}: {vm.state_name}") for vm in left)
        self.tell(f"left over: {', '.join(one_line(f'VM {vm.id} {vm.name}') for vm in left)}", "W")
        if self.session.read_only_reason:
            return
        text = f"The service is gone; these VMs still carry its id:\n{named}"
        question = Confirm("Terminate the leftover VMs?", text, "Terminate", danger=True)
        if self.removing or await self.wizard.push_screen_wait(question):
            tell = self._tell_from_afar()
            try:
                still = await run_in_thread(lambda: service_actions.sweep(cloud, left, tell))
            except CloudError as error:
                self.wizard.push_screen(trouble(error))
                return
            if still:
                ids = ",".join(str(vm.id) for vm in still)
                self.tell(f"VMs are left over; terminate them: onevm terminate {ids}", "E")

    def action_restart_stale(self) -> None:
        """Restart one after another; the same key stops before the next one."""
        if self.restarting is None:
            self._restart()
        else:
            self.restarting.set()
            if self.underway is not None:
                self._go_on(replace(self.underway, stopping=True))
            self.tell("stopping once this one is READY again", "I")

    @work(exclusive=True, group="restart", description="restarting stale SuperNodes")
    async def _restart(self) -> None:
        snapshot = self._present()
        cloud = self.session.cloud
        if snapshot is None or cloud is None:
            return
        restart = await run_in_thread(lambda: StaleRestart.of(snapshot))
        command = command_of(RESTART, snapshot)
        if not await self._agreed(snapshot, restart.preview, "Restart the stale SuperNodes?", "Restart", command):
            return
        stop = self.restarting = threading.Event()
        tell, loop = self._tell_from_afar(), asyncio.get_running_loop()

        def reach(done: int, vm_ids: Sequence[int]) -> None:
            now = Underway(Doing.RESTART, tuple(vm_ids), done, stopping=stop.is_set())
            loop.call_soon_threadsafe(self._go_on, now)

        self._go_on(Underway(Doing.RESTART, restart.preview.touches))
        self.refresh_bindings()
        try:
            self._tell_end(await run_in_thread(lambda: restart.run(cloud, tell, stop.is_set, reach)))
        except CloudError as error:
            self.wizard.push_screen(trouble(error))
        finally:
            stop.set()
            self.restarting = None
            self._go_on(None)
            self.refresh_bindings()

    def _go_on(self, underway: Underway | None) -> None:
        """Say how far an action is, and look at the service."""
        self.underway = underway
        self.action_poll_now()

    @property
    def refusal(self) -> str:
        """The sentence for each action where nothing may be changed; empty where it may."""
        return refusal(self.session) if self.session.read_only_reason else ""

    @property
    def refused(self) -> Mapping[str, str]:
        """Why each action does not apply now, by its name; empty where it does, or where nothing is known yet."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no action that the service's state refuses, and none that changes something in read-only mode."""
        if action == "verify" and self.session.read_only_reason:
            return False
        return not self._why_not(action) and super().check_action(action, parameters)

    def on_key(self, event: Key) -> None:
        """A key whose action does not apply now says why."""
        self.begun_at_home = False
        action = next((action for action, (key, _) in KEYS.items() if key == event.key), "")
        if event.key == "v" and not self.session.read_only_reason:
            action = CONNECT  # A run goes where `flwr run` does.
        if why := self._why_not(action):
            event.stop()
            self.notify(one_line(why), severity="warning", markup=False)

    def _why_not(self, action: str) -> str:
        if self.restarting is not None and action in (SCALE, RECOVER, DELETE, RESTART):
            return "" if action == RESTART else BUSY
        return self.refused.get(action, "")

    @work(exclusive=True, group="why", description="the diagnosis")
    async def action_why(self) -> None:
        """Everything that is wrong: cause, check and fix; then do the fix that was chosen."""
        snapshot = self._present()
        if snapshot is None:
            return
        assigned = assignments(snapshot)
        found = diagnose(snapshot, assigned, self.underway)
        refused = refusals(snapshot, assigned, card(snapshot), self.underway, read_only=self.refusal)
        chosen = await self.wizard.push_screen_wait(DiagnosisSheet(found, refused, waiting_for(snapshot, found)))
        if isinstance(chosen, int):
            self.open_vm(chosen)
        elif chosen is not None:
            await self.run_action(chosen)
        elif self.begun_at_home:
            self._back_home()

    def _idle(self) -> ServiceSnapshot | None:
        """The service, where nothing is being done to it from here."""
        if self.restarting is not None:
            self.notify(BUSY, severity="warning", markup=False)
            return None
        return self._present()

    def _present(self) -> ServiceSnapshot | None:
        snapshot = self.snapshot
        if snapshot is None or snapshot.gone or self.session.cloud is None:
            self.notify("No service selected.", markup=False)
            return None
        return snapshot

    async def _agreed(
        self,
        snapshot: ServiceSnapshot,
        found: ActionPreview,
        title: str,
        yes: str,
        command: str,
        *,
        danger: bool = False,
    ) -> bool:
        if found.refused:
            self._nothing_sent(found.refused)
            return False
        # So many VMs are touched that a slip of a key would be costly.
        typed = snapshot.name.strip() if found.is_large else ""
        question = Confirm(title, "\n\n".join(found.says), yes, danger=danger, command=command, typed=typed)
        agreed = await self.wizard.push_screen_wait(question)
        if not agreed:
            self._nothing_sent()
        return agreed

    def _nothing_sent(self, why: str = "") -> None:
        """Say so, where the action was begun."""
        if self.begun_at_home:
            self._back_home()
        said = f"Nothing was sent: {one_line(why)}" if why else "Nothing was sent."
        self.wizard.notify(said, severity="warning" if why else "information", markup=False)

    def _back_home(self) -> None:
        self.begun_at_home = False
        snapshot = self.snapshot
        self.wizard.go(Step.HOME, str(snapshot.id) if snapshot else "")

    async def _sent(self, send: Callable[[Cloud, Stop], object], underway: Underway) -> bool:
        cloud = self.session.cloud
        if cloud is None:
            return False
        self.begun_at_home = False
        self._go_on(underway)
        done = False
        # The thread outlives this screen: what still waits for its turn then is not to be sent any more.
        stopped = threading.Event()
        try:
            await run_in_thread(lambda: send(cloud, stopped.is_set))
            done = True
        except service_actions.Unanswered as error:
            self.tell(f"{error.title}. {error.hint}", "W")
            return False
        except CloudError as error:
            await self.wizard.push_screen_wait(trouble(error))
            return False
        finally:
            stopped.set()
            if not done:
                self.underway = None
            self.action_poll_now()
        return True

    def _tell_from_afar(self) -> Callable[[str], None]:
        loop = asyncio.get_running_loop()
        return lambda line: _ignored(loop.call_soon_threadsafe(self.tell, line, "I"))

    def _tell_end(self, found: Restarted) -> None:
        if found.ended is Ended.DONE:
            self.tell("every stale SuperNode was restarted", "I")
        elif found.ended is Ended.STOPPED:
            self.tell(f"stopped; not restarted: {', '.join(map(str, found.left))}", "I")
        else:
            self.tell(f"VM {found.at} did not come back: {found.why}. No other was touched.", "E")


def _ignored(_: object) -> None:
    return None
