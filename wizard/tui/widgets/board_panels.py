"""Regions of the dashboard: the line on top, the deployment, what to do next, and the VM under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.css.styles import RulesMap

from wizard.cloud.answers import Connection
from wizard.core.cluster.coverage import MISSING, ONCE, UNCERTAIN, VERY_MANY, Coverage, short, strip
from wizard.core.cluster.estimate import Pace, done, left
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.states import COMING_UP, SETTLED, ServiceState
from wizard.core.text import duration, one_line
from wizard.core.views.action_keys import KEYS, WHY
from wizard.core.views.badges import service_badge
from wizard.core.views.glossary import SHARDS
from wizard.core.views.glossary import TONES as SIGNS
from wizard.core.views.next_step import NextStep
from wizard.core.views.rows import RoleRow
from wizard.operations.event_bus import Link
from wizard.operations.watch import Watch
from wizard.tui.help import Passage
from wizard.tui.widgets.event_log import clock_time
from wizard.tui.widgets.lines import QuietLine, badge_content, title_panel
from wizard.tui.widgets.progress_line import PhasesLine, roles_line

_STANDS = SETTLED | {ServiceState.SCALING, ServiceState.FAILED_SCALING}
_CAME_UP_BADLY = (ServiceState.FAILED_DEPLOYING, ServiceState.FAILED_DEPLOYING_NETS)
_BAR = 21
_LEAST_NAME = 8
_ROOM_FOR_WHO = 120
_TOP_LINE = (
    ("every 8 s", "how often the cloud is asked: more often while something moves"),
    ("push", "OpenNebula's own events are heard, and each has the cloud asked at once"),
    ("no push", "nobody publishes events where they are looked for; ONE_ZMQ says where"),
)
_PUSH = {Link.NONE: "", Link.WAITING: "no push, ", Link.CONNECTED: "push, "}


def header(
    snapshot: ServiceSnapshot, connection: Connection | None, watch: Watch | None, width: int, link: Link = Link.NONE
) -> Content:
    """The line on top: where one is, the state, its age while it comes up, who asks and how often.

    `width` is in columns; below 120 who asks is left out, and where it does not fit the name is cut. `link` is how it
    stands with OpenNebula's events.
    """
    age = duration(snapshot.taken_at - snapshot.start_time) if snapshot.state in COMING_UP else ""
    who = f"OpenNebula {connection.version} · {connection.username}" if connection else ""
    stale = f"as of {clock_time(snapshot.taken_at)}" if watch and watch.latest.stale else ""
    poll = f"{_PUSH[link]}every {seconds(watch.pause)}" if watch and not snapshot.gone and not stale else ""
    badge = badge_content(service_badge(snapshot))
    name, number = one_line(snapshot.name), f" #{snapshot.id}"
    parts = (age, stale, who if width >= _ROOM_FOR_WHO else "", poll)
    rest = [Content(one_line(part)) for part in parts if part]
    taken = len(" Home › ") + len(number) + sum(part.cell_length + 3 for part in (badge, *rest))
    if cell_len(name) > width - taken:
        name = f"{set_cell_size(name, max(_LEAST_NAME, width - taken - 1)).rstrip()}…"
    return Content("   ").join([Content(f" Home › {name}{number}"), badge, *rest])


def signs_legend() -> tuple[Passage, ...]:
    """Meanings of the signs before a state, of those of the strip of shards, and of the words in the top line."""
    signs = tuple((tone.sign, meaning) for tone, meaning in SIGNS.items())
    shards = tuple((_SIGNS[sign][0], meaning) for sign, meaning in SHARDS.items())
    strip_of_them = Passage("Shards", "The data from its beginning to its end.", shards)
    return Passage("Signs of a state", terms=signs), strip_of_them, Passage("In the top line", terms=_TOP_LINE)


def seconds(pause: float) -> str:
    """A pause in whole seconds."""
    return f"{max(1, round(pause))} s"


def is_folded(snapshot: ServiceSnapshot) -> bool:
    """True if nothing is deployed or removed any more, and the phases tell nothing."""
    return snapshot.gone or (snapshot.state in _STANDS and not snapshot.dead)


class DeploymentPanel(Vertical):
    """The phases, a bar with the time, and the roles; once it runs, the roles alone."""

    def __init__(self) -> None:
        super().__init__(id="deployment", classes="panel")

    def compose(self) -> ComposeResult:
        """A line each."""
        yield PhasesLine()
        yield QuietLine(id="progress")
        yield QuietLine(id="roles")

    def on_mount(self) -> None:
        """What it is."""
        title_panel(self, "Deployment")

    def show(self, snapshot: ServiceSnapshot, roles: Sequence[RoleRow], earlier: Sequence[Pace], linked: float) -> None:
        """Draw bar and roles."""
        self.query_one("#progress", QuietLine).show(progress(snapshot, earlier, linked))
        self.query_one("#roles", QuietLine).show(roles_line(tuple(roles)))


def progress(snapshot: ServiceSnapshot, earlier: Sequence[Pace], linked: float) -> Content:
    """`▓▓▓▓▓░░░ 67 %  00:43, about 00:20 left`; nothing where nothing is deployed."""
    if snapshot.state not in (*COMING_UP, *_CAME_UP_BADLY):
        return Content()
    share = done(snapshot)
    filled = round(share * _BAR)
    said = f" {round(share * 100)} %"
    if snapshot.state in COMING_UP:
        # No clock runs beside what has failed: nothing changes there by itself.
        more = left(snapshot, earlier, linked)
        took = duration(snapshot.taken_at - snapshot.start_time)
        said += f"  {took}{f', about {duration(more)} left' if more else ''}"
    style = "$text-error" if snapshot.failed else "$text-warning"
    return Content.styled("▓" * filled + "░" * (_BAR - filled), style) + Content(said)


class NextPanel(QuietLine):
    """What to do now, with its keys on the border. As high as it is, whatever it says."""

    def __init__(self) -> None:
        super().__init__(id="waiting")
        self.add_class("panel")

    def on_mount(self) -> None:
        """What it is."""
        title_panel(self, "Next")

    def tell(self, step: NextStep, trouble: str = "") -> None:
        """Say what to do, or what is wrong with the contact."""
        wrong = bool(trouble) or step.trouble
        doing = one_line(step.doing)
        room = self.content_size.height - bool(doing)
        said = fitted(one_line(trouble or step.text), self.content_size.width, room)
        parts = (Content.styled(doing, "bold"), Content.styled(said, "$text-warning" if wrong else ""))
        self.show(Content("\n").join(part for part in parts if part.plain))
        actions = () if trouble else (*step.actions, *((WHY,) if step.trouble else ()))
        keys = [f"{KEYS[action][0]} {KEYS[action][1].lower()}" for action in actions]
        title_panel(self, "Next", " · ".join(keys))


def fitted(text: str, width: int, lines: int) -> str:
    """The words of a text that fit into so many lines, with an ellipsis where some do not."""
    if width <= 0 or lines <= 0:
        return text
    words, shown = text.split(" "), text
    while len(words) > 1 and Content(shown).get_height(RulesMap(), width) > lines:
        words.pop()
        shown = f"{' '.join(words)} …"
    return shown


class ShardStrip(QuietLine):
    """The data as a line as wide as the terminal, and how it is covered in words."""

    def __init__(self) -> None:
        super().__init__(id="shards")
        self._found: Coverage | None = None

    def show_shards(self, found: Coverage | None) -> None:
        """Draw the shards."""
        self._found = found
        self.on_resize()

    def on_resize(self) -> None:
        """The strip takes what the words leave."""
        self.show(shards_line(self._found, self.content_size.width or self.app.size.width))


_SIGNS = {
    ONCE: ("━", "$text-success"),
    VERY_MANY: ("▓", "bold $text-warning"),
    MISSING: ("·", "bold $text-error"),
    UNCERTAIN: ("?", "$text-muted"),
}
_LEAST_STRIP = 10


def shards_line(found: Coverage | None, width: int) -> Content:
    """`Shards ━━━━━━▓▓▓  1/3 twice: VMs 3 to 6`; nothing where nothing trains yet."""
    if found is None:
        return Content()
    said, lead = short(found), "Shards "
    room = width - len(lead) - _LEAST_STRIP - 2
    if cell_len(said) > room:
        said = f"{set_cell_size(said, max(1, room - 1)).rstrip()}…"
    drawn = strip(found, max(_LEAST_STRIP, width - len(lead) - cell_len(said) - 2))
    cells = [Content.styled(*_SIGNS.get(sign, _SIGNS[VERY_MANY])) for sign in drawn]
    style = "$text-success" if found.whole else "bold $text-warning"
    return Content("").join([Content(lead), *cells, Content("  "), Content.styled(said, style)])
