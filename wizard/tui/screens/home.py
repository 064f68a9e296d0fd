"""Home: the connection or exactly why there is none, presets to open, services to attach to."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from wizard.cloud.errors import CloudError
from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import Preset
from wizard.core.text import harmless, one_line
from wizard.core.views.action_keys import DELETE, KEYS, RECOVER, RESTART, SCALE
from wizard.core.views.badges import Tone
from wizard.tui.background import run_in_thread
from wizard.tui.flows.drafts import may_leave
from wizard.tui.screens.step import StepScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.lines import TONES, QuietLine
from wizard.tui.widgets.preset_browser import PresetBrowser
from wizard.tui.widgets.service_list import ServiceList

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.opennebula.snapshot import ServiceSnapshot

_KEYS = "Enter opens · / filter · > sort · y diagnosis"

_NONE = "none yet: choose a preset below, Enter edits it, d deploys it"

EVERY = 10.0
"""Seconds between two looks at the services, while Home is shown."""


HOSTS_EVERY = 60.0
"""Seconds between two looks at the hosts: in a large cloud they are a long answer."""


class HomeScreen(StepScreen):
    """The first screen of a session."""

    CSS_PATH = ["step.tcss", "home.tcss"]
    BINDINGS = [
        *(Binding(KEYS[action][0], f"act('{action}')", KEYS[action][1]) for action in (RESTART, RECOVER)),
        Binding("y", "act('why')", "Diagnosis"),
        *(Binding(KEYS[action][0], f"act('{action}')", KEYS[action][1]) for action in (SCALE, DELETE)),
        Binding("n", "new", "New from defaults"),
        Binding("r", "ask_again", "Refresh"),
        Binding("w", "why", "Why?"),
    ]
    HELP = (
        "Enter edits a preset, or opens the dashboard of a service. d deploys a preset as it is, n starts from the "
        "defaults. / filters, > sorts. On a preset c compares it with another, m renames and Del deletes one of your "
        "own. On a service y is the diagnosis, s scales, t restarts what is stale, o recovers, x deletes; those in "
        "trouble come first."
    )
    step = Step.HOME

    def __init__(self) -> None:
        super().__init__()
        self.asking = False
        self.listed = False
        self.hosts_at = -HOSTS_EVERY

    def compose_content(self) -> ComposeResult:
        """What is wrong with the connection, the services, the presets."""
        yield Static("", id="connection", markup=False)
        yield ServiceList(hint=_KEYS)
        yield PresetBrowser()

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
            self.wizard.go(Step.REVIEW if message.deploy else Step.SERVICE, "deploy" if message.deploy else "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Actions on a service need one under the cursor; letters go into a filter while it is typed in."""
        if action == "act":
            listed = self.query_one_optional(ServiceList)
            return listed is not None and listed.has_focus_within and not listed.is_typed_in and bool(listed.marked)
        if action == "why":
            return bool(self._errors)
        if action == "back":
            return False
        return super().check_action(action, parameters)

    def action_act(self, action: str) -> None:
        """Do this to the service under the cursor: its dashboard asks what there is to ask."""
        row = self.query_one(ServiceList).marked
        if row is not None:
            self.wizard.attach(row.id, action)

    @work(exclusive=True, group="open", description="starting from the defaults")
    async def action_new(self) -> None:
        """Start from the defaults."""
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

        if self._errors:
            self.wizard.push_screen(trouble(self._errors[0]))

    @property
    def _errors(self) -> list[CloudError]:
        """What is wrong with the connection."""
        session, connection = self.session, self.session.connection
        found = [session.error] if session.error else []
        return found + [
            error for error in ((connection.oneflow_error, connection.oned_error) if connection else ()) if error
        ]

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
            if poll.oned_error is None:
                await self._ask_for_hosts(cloud)
        finally:
            self.asking = False

    async def _ask_for_hosts(self, cloud: Cloud) -> None:
        """Ask how busy the hosts are, now and then; who may not see them sees nothing of them."""
        now = self.session.clock()
        if now - self.hosts_at >= HOSTS_EVERY:
            self.hosts_at = now
            with contextlib.suppress(CloudError):
                self.session.hosts = await run_in_thread(cloud.hosts)
            if self.is_attached:
                self.query_one("#top", QuietLine).show(self._top())

    def refresh_frame(self) -> None:
        """The line on top is of the connection: the draft is on the other screens."""
        super().refresh_frame()
        self.query_one("#top", QuietLine).show(self._top())
        self.refresh_bindings()

    def _top(self) -> Content:
        session, connection = self.session, self.session.connection
        parts = [Content.styled("flowerneb", "bold")]
        if connection is None:
            said = "asking the cloud…" if session.error is None else session.error.title
            return Content("  ").join([Content(" ") + parts[0], Content(harmless(said))])
        host = urlsplit(connection.oneflow_url).hostname or connection.oneflow_url
        parts.append(Content(one_line(f"{connection.username}@{host}")))
        parts.append(_state("OneFlow", connection.oneflow_error))
        parts.append(_state("oned", connection.oned_error) + Content(one_line(f" {connection.version or ''}".rstrip())))
        if session.hosts:
            from wizard.core.views.host_load import host_load

            parts.append(Content(host_load(session.hosts, bars=self.app.size.width >= 100)))
        return Content(" ") + Content("   ").join(parts)

    def _show_connection(self) -> None:
        lines = [_bad(error) for error in self._errors[:1]]
        if lines:
            lines.append(Content("  w tells more, r refreshes. Editing and export work meanwhile."))
        found = self.query_one("#connection", Static)
        found.display = bool(lines)
        found.update(Content("\n").join(lines))
        self.query_one("#top", QuietLine).show(self._top())

    def _list_services(self, said: str = "") -> None:
        session = self.session
        listed = self.query_one_optional(ServiceList)
        if listed is None:
            # The answer comes while another screen takes the place of this one.
            return
        if not said and not any(service.is_flower for service in session.services):
            known = _NONE if self.listed else "asking…"
            said = known if session.error is None else "unknown"
        listed.show_services(session.services, session.clock(), said)


def _state(name: str, error: CloudError | None) -> Content:
    tone = Tone.GOOD if error is None else Tone.BAD
    said = "" if error is None else " out of reach"
    return Content(f"{name} ") + Content.styled(f"{tone.sign}{said}", TONES[tone])


def _bad(error: CloudError) -> Content:
    return Content.styled("! ", "bold $text-error") + Content(harmless(str(error)))
