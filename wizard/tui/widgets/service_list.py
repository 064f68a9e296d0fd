"""The Flower services of the cloud in columns, filtered by typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content

from wizard.cloud.errors import CloudError
from wizard.core.text import one_line
from wizard.tui.background import run_in_thread
from wizard.tui.session import Session
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.filter_list import FilterList
from wizard.tui.widgets.lines import TONES

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.core.views.rows import ServiceRow

_GAP = 2
_MOST = {"id": 6, "name": 40, "state": 24, "ready": 9, "age": 7, "owner": 12, "issue": 40}
_ISSUES = {True: "$text-error", False: "$text-warning"}
_SPARE = ("owner", "age")
"""What is left out first where there is no room."""


def columns(rows: Sequence[ServiceRow], width: int) -> tuple[str, tuple[str, ...]]:
    """The heading, and a line for each row, in so many cells."""
    from wizard.core.views.rows import rough

    cells = {
        "id": [str(row.id) for row in rows],
        "name": [one_line(row.name) for row in rows],
        "state": [str(row.badge) for row in rows],
        "ready": [row.count for row in rows],
        "age": [rough(row.age) for row in rows],
        "owner": [one_line(row.owner) for row in rows],
        "issue": [row.trouble for row in rows],
    }
    wide = {key: min(_MOST[key], max(map(cell_len, (key, *texts)))) for key, texts in cells.items()}
    for spare in _SPARE:
        if sum(wide.values()) + _GAP * (len(wide) - 1) <= width:
            break
        del wide[spare]
    over = sum(wide.values()) + _GAP * (len(wide) - 1) - width
    wide["name"] = max(8, wide["name"] - max(0, over))
    gap = " " * _GAP
    lines = (
        gap.join(_cut(text, wide[key]) for key, text in zip(wide, texts, strict=True)).rstrip()
        for texts in zip(*(cells[key] for key in wide), strict=True)
    )
    return gap.join(_cut(key.upper(), wide[key]) for key in wide).rstrip(), tuple(lines)


def _cut(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text)) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


class ServiceList(FilterList["ServiceRow"]):
    """The services. `show` draws only what differs."""

    DEFAULT_CSS = """
    ServiceList {
        height: 1fr;
        min-height: 3;

        #services {
            height: 1fr;
        }
    }
    """

    def __init__(self, *, typing: bool = False, hint: str = "") -> None:
        super().__init__(
            "services",
            key=lambda row: row.id,
            words=_words,
            draw=_lines,
            placeholder="type to filter by id, name, state, owner or issue",
            nothing="no service has these words",
            typing=typing,
            title="" if typing else "Services",
            sorts={
                "name": lambda row: row.name.lower(),
                "state": lambda row: row.state,
                "age": lambda row: row.age,
                "owner": lambda row: row.owner,
                "issue": lambda row: (not row.trouble, row.trouble),
            },
            hint=hint,
        )
        self.note = "asking…"

    def show_services(self, services: Sequence[ServiceSnapshot], now: float, note: str = "") -> None:
        """Show the Flower services among these, with their age at `now`; where there are none, `note` alone."""
        rows: tuple[ServiceRow, ...] = ()
        if services:
            # Home is painted before anything is known of services, and does not wait for what draws them.
            from wizard.core.views.rows import service_rows

            rows = service_rows(services, now)
        self.show(rows, note)


def _words(row: ServiceRow) -> str:
    from wizard.core.views.rows import searched

    return searched(row)


def _lines(rows: Sequence[ServiceRow], width: int) -> tuple[str, list[Content]]:
    heading, lines = columns(rows, width)
    return heading, [_line(row, line) for row, line in zip(rows, lines, strict=True)]


def _line(row: ServiceRow, line: str) -> Content:
    """The badge, and what is wrong, in their colours."""
    found = Content(line)
    for text, style in ((str(row.badge), TONES[row.badge.tone]), (row.trouble, _ISSUES[row.grave])):
        place = line.rfind(text[: max(1, len(text) - 1)]) if text else -1
        if place >= 0:
            found = found.stylize(style, place, min(len(line), place + len(text)))
    return found


class ServiceSwitch(Dialog[int | None]):
    """The services of the cloud; Enter gives the id of the marked one, Esc none."""

    HELP = (
        "The Flower services of this cloud. Type words to filter, Up and Down mark one, Enter shows its dashboard. "
        "The one that you leave is followed further, and what is being restarted in it goes on."
    )
    SHAPE = "tall wide"
    BINDINGS = [Binding("escape", "dismiss(None)", "Stay")]

    heading = "Go to another service"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def compose_dialog(self) -> ComposeResult:
        """The list."""
        yield ServiceList(typing=True)

    def on_mount(self) -> None:
        """Ask for them; what was seen last stands there meanwhile."""
        session = self.session
        if session.services:
            self.query_one(ServiceList).show_services(session.services, session.clock())
        if session.cloud is not None:
            self.run_worker(self._ask(session.cloud), group="services", description="listing services")

    async def _ask(self, cloud: Cloud) -> None:
        session = self.session
        try:
            session.services = (await run_in_thread(lambda: cloud.services.poll_all(session.services))).services
        except CloudError as error:
            self.query_one(ServiceList).show_services(session.services, session.clock(), str(error))
            return
        self.query_one(ServiceList).show_services(session.services, session.clock())

    def on_filter_list_chosen(self) -> None:
        """Take it."""
        row = self.query_one(ServiceList).marked
        self.dismiss(row.id if row else None)
