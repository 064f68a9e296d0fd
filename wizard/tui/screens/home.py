"""Home: the connection or exactly why there is none, presets to open, services to attach to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from wizard.cloud.errors import CloudError
from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import Preset
from wizard.core.text import harmless
from wizard.tui.background import run_in_thread
from wizard.tui.flows.drafts import may_leave
from wizard.tui.screens.step import StepScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.preset_browser import PresetBrowser
from wizard.tui.widgets.service_list import ServiceList

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.opennebula.snapshot import ServiceSnapshot

EVERY = 10.0
"""Seconds between two looks at the services, while Home is shown."""


class HomeScreen(StepScreen):
    """The first screen of a session."""

    CSS_PATH = ["step.tcss", "home.tcss"]
    BINDINGS = [
        Binding("n", "new", "New"),
        Binding("r", "ask_again", "Ask again"),
        Binding("w", "why", "Why?"),
    ]
    HELP = (
        "Enter opens a preset, or the dashboard of a service. n begins with the defaults. On a preset / searches, "
        "c compares it with another, m renames and Del deletes one of your own. Among the services / filters; those in "
        "grave trouble stand first."
    )
    step = Step.HOME

    def __init__(self) -> None:
        super().__init__()
        self.asking = False
        self.listed = False

    def compose_content(self) -> ComposeResult:
        """Three blocks."""
        yield Static("Connection", classes="heading", markup=False)
        yield Static("", id="connection", markup=False)
        yield Static("Presets", classes="heading", markup=False)
        yield PresetBrowser()
        yield Static("Flower services in this cloud", classes="heading", markup=False)
        yield ServiceList()

    def on_mount(self) -> None:
        """Draw the frame; the presets are read when it stands."""
        self._show_connection()
        self._list_services()
        self.query_one("#presets").focus()
        self.set_interval(EVERY, self.ask_for_services)

    def cloud_answered(self) -> None:
        """Show who we are, and the services that came with the answer; not those where another screen comes at once."""
        super().cloud_answered()
        self._show_connection()
        if self.wizard.wanted_service is None:
            connection = self.session.connection
            self.ask_for_services(connection.services if connection else None)

    def on_screen_resume(self) -> None:
        """Presets may have been saved meanwhile, and services have come and gone."""
        # Next: after Textual's own part of this, in which Home is painted for the first time.
        self.call_next(self.query_one(PresetBrowser).read_again)
        self.ask_for_services()

    def on_preset_browser_marked(self, message: PresetBrowser.Marked) -> None:
        """Tell what a preset is for."""
        self.help_text(message.help)

    def on_preset_browser_renamed(self, message: PresetBrowser.Renamed) -> None:
        """The draft follows the preset that it was opened from."""
        if self.session.preset_name == message.old:
            self.session.preset_name = message.new
            self.refresh_frame()

    def on_filter_list_chosen(self) -> None:
        """Attach to a service; what is chosen among the presets does not come here."""
        row = self.query_one(ServiceList).marked
        if row is not None:
            self.wizard.attach(row.id)

    @work(exclusive=True, group="open", description="opening")
    async def on_preset_browser_chosen(self, message: PresetBrowser.Chosen) -> None:
        """Open a preset."""
        from wizard.tui.widgets.dialogs import Notice

        item = message.item
        if item.preset is None:
            await self.wizard.push_screen_wait(Notice("This preset can't be used", str(item.error)))
        elif await may_leave(self.wizard, self.session):
            self.session.open(item.preset, item.name)
            self.wizard.go(Step.SERVICE)

    @work(exclusive=True, group="open", description="beginning anew")
    async def action_new(self) -> None:
        """Begin with the defaults."""
        if await may_leave(self.wizard, self.session):
            self.session.open(Preset(Plan()), "")
            self.wizard.go(Step.SERVICE)

    def action_ask_again(self) -> None:
        """Ask the cloud and read the presets again."""
        self.query_one(PresetBrowser).read_again()
        self.wizard.look_up()

    def action_why(self) -> None:
        """Say why there is no connection, with what to do."""
        from wizard.tui.widgets.dialogs import trouble

        session = self.session
        connection = session.connection
        found = [session.error] if session.error else []
        found += [error for error in (connection.oneflow_error, connection.oned_error) if error] if connection else []
        if found:
            self.wizard.push_screen(trouble(found[0]))
        else:
            self.notify("The connection is in order.", markup=False)

    def ask_for_services(self, listed: tuple[ServiceSnapshot, ...] | None = None) -> None:
        """Ask which services there are, unless that is being asked, or can't be seen from here.

        `listed` are those of an answer that is there already.
        """
        session = self.session
        reached = session.connection is not None and session.connection.oneflow_error is None
        if reached and session.cloud is not None and self.is_current and not self.asking:
            self.asking = True
            self._ask(session.cloud, listed)
        else:
            self._list_services()

    @work(group="services", description="listing services")
    async def _ask(self, cloud: Cloud, listed: tuple[ServiceSnapshot, ...] | None) -> None:
        session = self.session
        try:
            poll = await run_in_thread(lambda: cloud.services.poll_all(session.services, listed))
        except CloudError as error:
            self._list_services(str(error))
        else:
            session.services, self.listed = poll.services, True
            self._list_services(f"READY is not known: {poll.oned_error}" if poll.oned_error else "")
        finally:
            self.asking = False

    def _show_connection(self) -> None:
        session = self.session
        connection = session.connection
        if session.error is not None:
            lines = [_bad(session.error), Content("  w tells more, r asks again. Editing and export work meanwhile.")]
        elif connection is None:
            lines = [Content("asking the cloud…"), Content("")]
        else:
            lines = [
                Content(f"OneFlow  {connection.oneflow_url}  ") + _state(connection.oneflow_error),
                Content(f"oned     {connection.oned_url}  ") + _state(connection.oned_error, connection.version or ""),
                Content(f"user     {connection.username}"),
            ]
            errors = [error for error in (connection.oneflow_error, connection.oned_error) if error]
            lines += [_bad(error) for error in errors[:1]]
        self.query_one("#connection", Static).update(Content("\n").join(lines))

    def _list_services(self, said: str = "") -> None:
        session = self.session
        listed = self.query_one_optional(ServiceList)
        if listed is None:
            # The answer comes while another screen takes the place of this one.
            return
        if not said and not any(service.is_flower for service in session.services):
            known = "none" if self.listed else "asking…"
            said = known if session.error is None else "unknown"
        listed.show_services(session.services, session.clock(), said)


def _state(error: CloudError | None, version: str = "") -> Content:
    if error is not None:
        return Content.styled("out of reach", "$text-error")
    return Content.styled("ok", "$text-success") + Content(f" {version}" if version else "")


def _bad(error: CloudError) -> Content:
    return Content.styled("! ", "bold $text-error") + Content(harmless(str(error)))
