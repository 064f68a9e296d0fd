"""The Flower services of the cloud in a table, those in trouble first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import DataTable

from wizard.core.text import one_line
from wizard.tui.widgets.lines import QuietLine, badge_color
from wizard.tui.widgets.table import Table
from wizard.tui.widgets.table_columns import Column

if TYPE_CHECKING:
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.core.views.rows import ServiceRow

_BAR = 6


ENTERED = "Enter open · s scale · x delete · y diagnosis · / filter · > sort"
LOOKING = "Enter open · y diagnosis · / filter · > sort"
ELSEWHERE = "Tab to get here"
TYPED = "> sort"
"""Keys that the border names: here, here in read-only mode, elsewhere, and where letters go into the filter."""


def _age(row: ServiceRow) -> str:
    from wizard.core.views.rows import rough

    return rough(row.age)


def ready_bar(row: ServiceRow) -> str:
    """READY of wanted, with a bar where both are known."""
    if row.ready is None or row.wanted <= 0:
        return row.count
    full = min(_BAR, _BAR * row.ready // row.wanted)
    return f"{row.count:<5} {'▓' * full}{'░' * (_BAR - full)}"


COLUMNS: tuple[Column[ServiceRow], ...] = (
    Column("id", "ID", lambda row: str(row.id), least=4, order=lambda row: row.id),
    Column("name", "NAME", lambda row: one_line(row.name), rank=1, least=16),
    Column("state", "STATE", lambda row: str(row.badge), least=12, most=28, color=badge_color),
    Column(
        "ready",
        "READY",
        ready_bar,
        rank=2,
        least=5,
        most=17,
        order=lambda row: (row.ready or 0) / max(1, row.wanted),
        brief=lambda text: text.split(" ")[0],
    ),
    Column(
        "issue",
        "ISSUE",
        lambda row: one_line(row.trouble) or " ",
        least=14,
        most=48,
        color=lambda _: "warning",
    ),
    Column("age", "AGE", _age, rank=3, least=6, order=lambda row: row.age, yields=True),
    Column("owner", "OWNER", lambda row: one_line(row.owner), rank=4, least=8, most=20, yields=True),
)


class ServiceTable(Table["ServiceRow"]):
    """The table itself."""

    def __init__(self, *, typing: bool = False, acts: bool = True) -> None:
        super().__init__("Services", COLUMNS, lambda row: str(row.id), "services", typing=typing)
        self._entered = ENTERED if acts else LOOKING
        self.keys = TYPED if typing else ELSEWHERE

    def on_focus(self) -> None:
        """Name the keys while they work."""
        self._name_keys(self._entered)

    def on_blur(self) -> None:
        """Name the way here."""
        super().on_blur()
        self._name_keys(ELSEWHERE)

    def _name_keys(self, keys: str) -> None:
        if not self.always_typing:
            self.keys = keys
            self._say()


class ServiceList(Vertical):
    """The services, and under them what has to be said of the list. `show` draws only what differs."""

    DEFAULT_CSS = """
    ServiceList {
        height: 1fr;
        min-height: 3;

        #services {
            height: 1fr;
            background: $background;
            scrollbar-size-vertical: 1;
            scrollbar-size-horizontal: 0;
        }

        #services-note {
            height: auto;
            max-height: 4;
            padding: 0 2;
            color: $text-muted;
        }
    }
    """

    class Chosen(Message):
        """The marked service was taken: with Enter, or with the mouse."""

        def __init__(self, row: ServiceRow) -> None:
            super().__init__()
            self.row = row

    def __init__(self, *, typing: bool = False, acts: bool = True) -> None:
        """`typing`: letters go into the filter; `acts`: actions that change a service are offered."""
        super().__init__()
        self.table = ServiceTable(typing=typing, acts=acts)
        self._note = QuietLine(id="services-note")
        self.note = "asking…"

    def compose(self) -> ComposeResult:
        """The table over the note."""
        yield self.table
        yield self._note

    def on_mount(self) -> None:
        """A list in a dialog is typed into at once."""
        if self.table.typing:
            self.table.focus()
        self._say()

    @property
    def marked(self) -> ServiceRow | None:
        """The service under the cursor."""
        key = self.table.marked_key()
        return next((row for row in self.table.rows_given if str(row.id) == key), None)

    def mark(self, service_id: int) -> bool:
        """Put the cursor on a service; False where it is not listed."""
        return self.table.mark(str(service_id))

    def show(self, rows: Sequence[ServiceRow], note: str = "") -> None:
        """Show these; `note` is what else is to be said."""
        self.note = note
        if self.is_attached and self.table.is_attached:
            self.table.fill(rows)
            self._say()

    def show_services(self, services: Sequence[ServiceSnapshot], now: float, note: str = "") -> None:
        """Show the Flower services among these, with their age at `now`; where there are none, `note` alone."""
        rows: tuple[ServiceRow, ...] = ()
        if services:
            # Home is painted before anything is known of services, and does not wait for what draws them.
            from wizard.core.views.rows import service_rows

            rows = service_rows(services, now)
        self.show(rows, note)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Take the one that was clicked or entered."""
        event.stop()
        if (row := self.marked) is not None:
            self.post_message(self.Chosen(row))

    def _say(self) -> None:
        self._note.display = bool(self.note)
        self._note.show(one_line(self.note))
