"""The application: the session, the way from screen to screen, themes. Everything else is in the screens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.driver import Driver
from textual.events import Resize
from textual.filter import LineFilter, Monochrome, NoColor
from textual.notifications import SeverityLevel
from textual.screen import Screen

from wizard.cloud.errors import CloudError
from wizard.core.plan.plan import Plan
from wizard.storage.files import PresetFileError, first_start, own_presets
from wizard.storage.preferences import HOWS, USUAL, Look
from wizard.tui.background import run_in_thread
from wizard.tui.dashboards import Dashboards
from wizard.tui.flows.drafts import DraftKeeper
from wizard.tui.navigation import Wizard
from wizard.tui.screens.step import StepScreen, fit
from wizard.tui.session import Session
from wizard.tui.steps import Step
from wizard.tui.terminal.textual_internals import driver_of
from wizard.tui.themes import HARMLESS, NO_COLORS, PLAIN_SIGNS, dress

if TYPE_CHECKING:
    from wizard.cloud.answers import Poll
    from wizard.cloud.cloud import Cloud
    from wizard.operations.prepare import Prepared


async def service_named(app: App[int], session: Session, reference: str) -> Poll | None:
    """The service of that name or id; where there is none, a dialog says so. To be awaited in a worker."""
    listed = session.connection.services if session.connection else ()
    try:
        cloud = session.reach()
        return await run_in_thread(lambda: cloud.services.look_up(reference, listed))
    except CloudError as error:
        from wizard.tui.widgets.dialogs import trouble

        app.push_screen(trouble(error))
        return None


_STYLES: dict[SeverityLevel, str] = {
    "information": "$text-success",
    "warning": "$text-warning",
    "error": "bold $text-error",
}

FIRST_PAINTS = 0.1
"""Seconds for Home and the presets on it to be painted, before the libraries are imported that a question to the cloud
needs: that import would take its time from them. A timer, since what waits for a paint is lost with its screen."""


class WizardApp(Wizard):
    """The wizard.

    What only a key or the palette asks for is imported then: the first paint does not wait for it.

    `connect` makes the client when it is first needed and may raise a CloudError; `plan` and `preset_name` are what
    the session begins with; `attach` is the name or id of a service whose dashboard is shown at once; `clock` gives
    Unix seconds; `look` says how it looks. `practice`: it is the sandbox; `tour`: whoever opens the wizard for the
    first time is shown around.
    """

    TITLE = "flowerneb-wizard"
    # Those of Home with it: what a screen brings has all style sheets read again.
    CSS_PATH = ["app.tcss", "screens/step.tcss", "screens/home.tcss"]
    ENABLE_COMMAND_PALETTE = True
    BINDINGS = [
        Binding("f1", "help", "Help", priority=True),
        *(
            Binding(f"f{step.number}", f"go('{step.name}')", step.title, show=False)
            for step in Step
            if step is not Step.HOME
        ),
        Binding("ctrl+s", "save", "Save"),
        Binding("ctrl+l", "redraw", "Redraw the screen", show=False, priority=True),
        Binding("ctrl+q", "leave", "Quit", priority=True),
        Binding("q", "tell_how_to_leave", "How to quit", show=False),
    ]

    def __init__(
        self,
        connect: Callable[[], Cloud],
        *,
        plan: Plan | None = None,
        preset_name: str | None = None,
        attach: str | None = None,
        clock: Callable[[], float] = time.time,
        look: Look = USUAL,
        practice: bool = False,
        tour: bool = False,
    ) -> None:
        super().__init__()
        self.look = look
        self.complaints: tuple[str, ...] = dress(self, look.theme)
        self.session = Session(connect, clock)
        if plan is not None:
            self.session.plan = self.session.kept = plan
            self.session.preset_name = preset_name or ""
        self.drafts = DraftKeeper(self, self.session, practice=practice)
        self.dashboards = Dashboards(self)
        self.notifies = HOWS[0]
        self.greets = tour
        self.starts_with_plan = plan is not None
        self.wanted_service = attach
        self.animation_level = "none"

    def get_driver_class(self) -> type[Driver]:
        """Textual's own driver, except that bytes which are no UTF-8 do not end the program."""
        found = super().get_driver_class()
        if found.__name__ != "LinuxDriver":
            return found
        from wizard.tui.terminal.driver import PatientDriver

        return PatientDriver

    def on_mount(self) -> None:
        """First screen, and the question who we are."""
        if self.look.theme in self.available_themes:
            # Changes nothing unless it is one that `dress` could not begin with.
            self.theme = self.look.theme
        for complaint in self.complaints:
            self.notify(complaint, severity="warning", markup=False)
        # While Textual mounts the application nothing is painted: a screen that came now would be drawn twice.
        self.call_later(self._begin)

    def on_unmount(self) -> None:
        """Keep the draft, whatever ended the program, and let the connections go."""
        self.drafts.keep()
        if self.session.cloud is not None:
            self.session.cloud.close()

    @work(exclusive=True, group="look up", description="asking the cloud")
    async def look_up(self) -> None:
        """Ask the cloud who we are and what it has, then tell the screen."""
        await run_in_thread(self.session.look_up)
        self.session.fill_in_vm_templates()
        for screen in self.screen_stack:
            if isinstance(screen, StepScreen):
                screen.cloud_answered()
        if self.wanted_service is not None:
            wanted, self.wanted_service = self.wanted_service, None
            if (poll := await service_named(self, self.session, wanted)) is not None:
                from wizard.tui.screens.dashboard import DashboardScreen

                self.session.service_id = poll.snapshot.id
                self._replace(DashboardScreen(poll.snapshot.id, first=poll))

    @work(exclusive=True, group="draft", description="offering a draft")
    async def greet(self) -> None:
        """Show a newcomer around, and offer what an earlier session left behind."""
        if self.greets and first_start():
            await self.push_screen_wait(self._tour())
        if await self.drafts.offer():
            self.go(Step.SERVICE)

    @work(exclusive=True, group="draft", description="taking up a draft")
    async def take_up_draft(self) -> None:
        """Offer what an earlier session left behind, on the operator's word."""
        if await self.drafts.take_up():
            self.go(Step.SERVICE)

    def show_tour(self) -> None:
        """Show the tour, once more."""
        self.push_screen(self._tour())

    def go(self, step: Step, focus: str = "") -> None:
        """Show a step; where `focus` names a field, with the cursor in it."""
        if self.session.sending:
            self.notify("The deployment is being sent. A moment, until OneFlow says which service it is.", markup=False)
            return
        if step is Step.DASHBOARD and self.session.service_id is None:
            self.notify("Nothing is deployed or attached yet.", markup=False)
            return
        self._show(step, focus)

    def attach(self, service_id: int, action: str = "") -> None:
        """Show the dashboard of a service; one that is open already goes on where it is. `action` is begun there."""
        from wizard.tui.screens.dashboard import DashboardScreen

        self.session.service_id = service_id
        self._show(Step.DASHBOARD)
        if action and isinstance(self.screen, DashboardScreen):
            self.screen.act_once_seen(action)

    @work(exclusive=True, group="switch", description="going to another service")
    async def switch_service(self) -> None:
        """Let the operator choose another service, and show its dashboard."""
        from wizard.tui.widgets.service_switch import ServiceSwitch

        chosen = await self.push_screen_wait(ServiceSwitch(self.session))
        if chosen is not None and chosen != self.session.service_id:
            self.attach(chosen)

    def deploy(self, prepared: Prepared) -> None:
        """Deploy what was prepared, on the dashboard."""
        from wizard.tui.screens.dashboard import DashboardScreen

        self.session.service_id = None
        self._replace(DashboardScreen(prepared=prepared))

    def keep_dashboard(self, service_id: int, screen: Screen[None]) -> None:
        """Keep the dashboard of a service while others are shown."""
        if isinstance(screen, StepScreen):
            self.dashboards.keep(service_id, screen)

    def forget_dashboard(self, service_id: int) -> None:
        """Let go of the dashboard of a service that is gone."""
        self.dashboards.forget(service_id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Steps, saving and leaving are for the screens of the steps; a dialog is answered first."""
        if action == "save":
            return isinstance(self.screen, StepScreen) and self.screen.saves
        if action in ("go", "leave"):
            return isinstance(self.screen, StepScreen)
        if action == "help":
            return not getattr(self.screen, "NEEDS_NO_HELP", False)
        return super().check_action(action, parameters)

    def action_go(self, name: str) -> None:
        """Go to the step of that name."""
        self.go(Step[name])

    def action_help(self) -> None:
        """Show help on this screen or dialog, and its keys."""
        from wizard.tui.help import help_page

        self.push_screen(help_page(self, self.screen))

    @work(exclusive=True, group="check", description="checking a registered template")
    async def check_template(self) -> None:
        """Show what is wrong with a service template that the cloud has."""
        from wizard.tui.flows.registered import check_registered

        await check_registered(self, self.session)

    @work(exclusive=True, group="open", description="opening a registered template")
    async def open_template(self) -> None:
        """Fill in a service template that the cloud has."""
        from wizard.tui.flows.registered import open_registered

        if await open_registered(self, self.session):
            self.go(Step.SERVICE)

    @work(exclusive=True, group="save", description="saving a preset")
    async def action_save(self) -> None:
        """Save the draft as a preset of the operator's own."""
        from wizard.tui.flows.saving import save_draft

        try:
            path = await save_draft(self, self.session)
        except PresetFileError as error:
            self.notify(str(error), title="Not saved", severity="error", markup=False)
            return
        if path is not None:
            self.drafts.keep()
            self.notify(str(path), title="Saved", markup=False)
            if isinstance(self.screen, StepScreen):
                self.screen.refresh_frame()

    @work(exclusive=True, group="leave", description="leaving")
    async def action_leave(self) -> None:
        """Quit; asks where something that was typed would be lost, or where it is unknown what will be deployed."""
        from wizard.tui.flows.drafts import may_quit

        if await may_quit(self, self.session, self.drafts):
            self.exit(0)

    def action_tell_how_to_leave(self) -> None:
        """A key that leaves other programs: here it would end with one letter what somebody typed."""
        self.notify("Ctrl+Q leaves the wizard. What is deployed goes on in OneFlow.", markup=False)

    def before_key(self) -> None:
        """What was said stands until the next key."""
        if isinstance(self.screen, StepScreen):
            self.screen.hush()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something in the line that the screen has for it; only what finds no place there covers the screen."""
        said = ": ".join(part for part in (title, message) if part)
        screen = self.screen
        if isinstance(screen, StepScreen) and not screen.is_mounted:
            screen.first_words = (said, _STYLES[severity])
        elif not (isinstance(screen, StepScreen) and screen.say(said, _STYLES[severity])):
            super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: what the wizard has, besides what Textual offers."""
        from wizard.tui.palette import commands

        yield from commands(self, screen)
        yield from (item for item in super().get_system_commands(screen) if item.title not in ("Quit", "Theme"))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, except that without colours there are none at all, and a bare console gets plain signs."""
        found = [item for item in super().get_line_filters() if not isinstance(item, (Monochrome, NoColor))]
        found.insert(0, HARMLESS)
        if self.look.colors == "none":
            found.append(NO_COLORS)
        if self.native_ansi_color:
            found.append(PLAIN_SIGNS)
        return found

    def on_resize(self, event: Resize) -> None:
        """A terminal of another size may have lost what it showed; one that is too small shows a notice."""
        self._terminal_changed()
        fit(self, event.size)

    def action_redraw(self) -> None:
        """Send the whole screen anew: something else wrote to the terminal."""
        self._terminal_changed()
        self.screen.refresh()

    def _terminal_changed(self) -> None:
        # Only the driver of a real terminal remembers what is shown there.
        if (forget := getattr(driver_of(self), "forget", None)) is not None:
            forget()

    def _begin(self) -> None:
        self._show(Step.SERVICE if self.starts_with_plan and not self.wanted_service else Step.HOME)
        fit(self, self.size)
        self.set_timer(FIRST_PAINTS, self.look_up)
        if not self.starts_with_plan and self.wanted_service is None:
            self.greet()

    def _tour(self) -> Screen[None]:
        from wizard.tui.widgets.tour import Tour, pages

        return Tour(pages(self, own_presets(), self.drafts.folder))

    def _show(self, step: Step, focus: str = "") -> None:
        from wizard.tui.screens import make

        number = self.session.service_id
        kept = self.dashboards.of(number) if step is Step.DASHBOARD and number is not None else None
        self._replace(kept or make(step, focus, number))

    def _replace(self, screen: StepScreen) -> None:
        self.drafts.keep()
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if screen is self.screen:
            return
        if len(self.screen_stack) > 1:
            self.switch_screen(screen)
        else:
            self.push_screen(screen)
