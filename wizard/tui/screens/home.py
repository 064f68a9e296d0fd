"""Home: the services and what is wrong with them, presets to begin from, or exactly why there is no connection."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from wizard.cloud.errors import CloudError, NotAuthorized
from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import Preset
from wizard.core.text import harmless
from wizard.core.views.action_keys import CHANGING, DELETE, KEYS, RECOVER, RESTART, SCALE, WHY
from wizard.core.views.badges import Tone
from wizard.tui.background import run_in_thread
from wizard.tui.flows.drafts import may_leave
from wizard.tui.screens.step import StepScreen
from wizard.tui.steps import DEPLOY, Step
from wizard.tui.widgets.lines import TONES, QuietLine
from wizard.tui.widgets.preset_browser import PresetBrowser
from wizard.tui.widgets.service_list import ServiceList

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.core.preflight.host_figures import Capacity

EVERY = 10.0
"""Seconds between two looks at the services, while Home is shown."""

ON_A_SERVICE = (SCALE, DELETE, WHY, RESTART, RECOVER)
"""What can be done to the service under the cursor."""

HOSTS_EVERY = 60.0
"""Seconds between two looks at the hosts: in a large cloud they are a long answer."""

NOTHING_YET = "No Flower services yet."
EMPTY = "No Flower services yet. Mark a preset below and press d to deploy it, or Enter to edit it first."

LACKING = "No Flower services yet, and no VM template to deploy from: press a to make both from an image of this cloud."


class HomeScreen(StepScreen):
    """The first screen of a session. `mark` is the service under the cursor, for whoever comes from its dashboard."""

    # Whose focus it is depends on `mark`: a first focus elsewhere would be drawn for nothing.
    AUTO_FOCUS = ""

    CSS_PATH = ["step.tcss", "home.tcss"]
    CHANGES = ("d", "a", *(KEYS[name][0] for name in CHANGING))
    BINDINGS = [
        *(Binding(KEYS[name][0], f"of_service('{name}')", KEYS[name][1]) for name in ON_A_SERVICE),
        Binding("n", "new", "New from defaults"),
        Binding("r", "ask_again", "Refresh"),
        Binding("w", "why", "Connection"),
        Binding("a", "appliance", "Appliance"),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middle"), (120, "-wide"), (160, "-vast")]
    HELP = (
        "Tab goes from the presets to the services and back. On a preset Enter edits, d deploys it as it is, / "
        "filters, c compares it with another, m renames and Del deletes one of your own; n starts from defaults. "
        "On a service Enter opens its dashboard, s scales, x deletes, y shows the diagnosis, t restarts stale "
        "SuperNodes, o recovers; / filters, > sorts. Services in trouble stand first. w says what is wrong with the "
        "connection; a makes the VM templates of the appliance, where the cloud has none."
    )
    step = Step.HOME
    HAS_RAIL = False
    SHOWS_WHEN_SMALL = True

    def __init__(self, mark: int | None = None) -> None:
        super().__init__()
        self.mark = mark
        self.asking = False
        self.listed = False
        self.capacity: Capacity | None = None
        self.sees_hosts = True
        self.hosts_at = -HOSTS_EVERY

    def compose_content(self) -> ComposeResult:
        """What is wrong with the connection, the services, the presets."""
        yield Static("", id="connection", markup=False)
        yield ServiceList(acts=not self.session.read_only_reason)
        yield PresetBrowser(deploys=not self.session.read_only_reason)

    def on_mount(self) -> None:
        """Draw the frame; the presets are read when it stands."""
        self._show_connection()
        services = self.query_one(ServiceList).table
        (self.query_one("#presets") if self.mark is None else services).focus()
        self._list_services()
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

    def on_service_list_chosen(self, message: ServiceList.Chosen) -> None:
        """Show its dashboard."""
        self.wizard.attach(message.row.id)

    def on_descendant_focus(self) -> None:
        """Say what can be done with what has the focus."""
        if not self.query_one(ServiceList).table.has_focus:
            return
        if self.session.read_only_reason:
            self.help_text("Enter opens the dashboard, y shows the diagnosis. Read-only: nothing is changed.")
        else:
            self.help_text("Enter opens the dashboard. s scales, x deletes, y shows the diagnosis, t restarts stale "
                           "SuperNodes, o recovers.")  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Actions on a service need one under the cursor."""
        if action == "why":
            return bool(self._errors)
        if action == "appliance":
            return self.session.makes_appliance
        if action == "back":
            return False
        if action == "of_service":
            found = self.query_one_optional(ServiceList)
            if self.session.read_only_reason and parameters[0] in CHANGING:
                return False
            return found is not None and found.table.has_focus and found.marked is not None
        return super().check_action(action, parameters)

    def action_of_service(self, action: str) -> None:
        """Begin an action on the marked service: on its dashboard, where its VMs are known and its progress is seen."""
        row = self.query_one(ServiceList).marked
        if row is not None:
            self.wizard.attach(row.id, action)

    @work(exclusive=True, group="open", description="deploying a preset")
    async def on_preset_browser_deploy(self, message: PresetBrowser.Deploy) -> None:
        """Open it, and ask on Review whether to deploy it."""
        item = message.item
        if item.preset is not None and await may_leave(self.wizard, self.session):
            self.session.open(item.preset, item.name)
            self.wizard.go(Step.REVIEW, DEPLOY)

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

    @work(exclusive=True, group="open", description="starting from the defaults")
    async def action_new(self) -> None:
        """Start from the defaults."""
        if await may_leave(self.wizard, self.session):
            self.session.open(Preset(Plan()), "")
            self.wizard.go(Step.SERVICE)

    @work(exclusive=True, group="open", description="making the VM templates")
    async def action_appliance(self) -> None:
        """Make the VM templates of the appliance, where the cloud has none."""
        from wizard.tui.flows.appliance import make_templates

        if await make_templates(self.wizard, self.session):
            self.cloud_answered()
            self.refresh_bindings()

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
        if session.error is not None:
            return [session.error]
        return [error for error in ((connection.oneflow_error, connection.oned_error) if connection else ()) if error]

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
            await self._ask_for_hosts(cloud)
        finally:
            self.asking = False

    async def _ask_for_hosts(self, cloud: Cloud) -> None:
        """Show how full the hosts are. Most users may not see them: then they are not asked for again."""
        from wizard.core.preflight.host_figures import capacity

        connection, now = self.session.connection, self.session.clock()
        if not self.sees_hosts or not self.is_current or connection is None or connection.oned_error is not None:
            return
        if now - self.hosts_at < HOSTS_EVERY:
            return
        self.hosts_at = now
        try:
            self.capacity = capacity(await run_in_thread(cloud.hosts))
        except CloudError as error:
            self.capacity, self.sees_hosts = None, not isinstance(error, NotAuthorized)
        else:
            self.sees_hosts = self.capacity is not None
        if self.is_attached:
            self.query_one("#top", QuietLine).show(self.top_line())

    def top_line(self) -> Content:
        """Text of the top line: user, servers, remark, unsaved draft, load of the hosts.

        Where it does not fit, the hosts are left out first, then the remark is shortened.
        """
        session = self.session
        connection = session.connection
        head = Content.styled(" flowerneb", "bold")
        if session.error is not None:
            return head + Content("  ") + _bad(session.error.title)
        if connection is None:
            return head + Content("  asking the cloud…")
        host = urlsplit(connection.oneflow_url).hostname or connection.oneflow_url
        found = head + Content(harmless(f"  {connection.username}@{host}   OneFlow "))
        found += _state(connection.oneflow_error)
        found += Content("  oned ") + _state(connection.oned_error, connection.version or "")
        known = ["read-only"] if session.read_only_reason else []
        known += ["unsaved draft"] if session.unsaved else []
        hosts = [str(self.capacity), self.capacity.brief] if self.capacity is not None else []
        short = session.remark.partition(",")[0]
        ways = [[session.remark, *known, *hosts[:1]], [session.remark, *known, *hosts[1:]], [session.remark, *known]]
        ways += [[short, *known, *hosts[1:]], [short, *known]]
        lines = [found + Content("").join(Content(harmless(f"   {part}")) for part in way if part) for way in ways]
        return next((line for line in lines if line.cell_length <= self.app.size.width), lines[-1])

    def _show_connection(self) -> None:
        errors = self._errors
        block = self.query_one("#connection", Static)
        block.display = bool(errors)
        if errors:
            works = "Presets, editing and export still work. w says more, r tries again."
            block.update(Content("\n").join([_bad(str(error)) for error in errors] + [Content(works)]))

    def _list_services(self, said: str = "") -> None:
        session = self.session
        listed = self.query_one_optional(ServiceList)
        if listed is None:
            # The answer comes while another screen takes the place of this one.
            return
        if not said and not any(service.is_flower for service in session.services):
            none = NOTHING_YET if session.read_only_reason else LACKING if session.lacks_appliance else EMPTY
            known = none if self.listed else "asking…"
            reached = session.error is None and (session.connection is None or not session.connection.oneflow_error)
            said = known if reached else "Services can't be listed while the cloud is out of reach."
        had = listed.table.row_count
        listed.show_services(session.services, session.clock(), said)
        if had and not listed.table.row_count and listed.table.has_focus:
            self.query_one("#presets").focus()
        if self.mark is not None and (listed.mark(self.mark) or self.listed):
            self.mark = None
            if listed.table.has_focus and not listed.table.row_count:
                self.query_one("#presets").focus()


def _state(error: CloudError | None, version: str = "") -> Content:
    if error is not None:
        return Content.styled(f"{Tone.BAD.sign} out of reach", TONES[Tone.BAD])
    return Content.styled(Tone.GOOD.sign, TONES[Tone.GOOD]) + Content(harmless(f" {version}") if version else "")


def _bad(said: str) -> Content:
    return Content.styled(f"{Tone.BAD.sign} ", TONES[Tone.BAD]) + Content(harmless(said))
