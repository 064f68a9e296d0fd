"""The table of VMs: rows compared by VM id, cells written only where they differ."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.widgets import DataTable

from wizard.core.cluster.partitions import Sync
from wizard.core.opennebula.snapshot import SUPERLINK
from wizard.core.text import NOTHING, UNKNOWN, UNSET
from wizard.core.views.badges import Tone, badge
from wizard.core.views.glossary import CELLS, READY, SOURCES, STANDINGS
from wizard.core.views.rows import VmRow
from wizard.tui.help import Passage, terms
from wizard.tui.themes import theme_color

CELLS_KEPT = 1 << 14
_PARTS = re.compile(r"\d{1,18}|\D+")
_INKS = {
    Tone.GOOD: "success",
    Tone.MOVING: "warning",
    Tone.WARNING: "warning",
    Tone.BAD: "error",
    Tone.GONE: "muted",
    Tone.UNKNOWN: "muted",
}
_WRONG = {Sync.STALE.value: "warning", Sync.COLLISION.value: "error", Sync.NONE.value: "warning"}


class Room(IntEnum):
    """Room for the table, by the width of the terminal."""

    NARROW = 0
    WIDE = 1
    VAST = 2

    @classmethod
    def of(cls, width: int) -> Room:
        """The room on a terminal of so many columns."""
        return cls.VAST if width >= 160 else cls.WIDE if width >= 120 else cls.NARROW


@dataclass(frozen=True)
class Column:
    """A column: its heading, how its text is made from a row, what it means, and the most cells in each `Room`.

    0 cells: it is left out. What is cut off stands whole on the page of the VM. `least` keeps room for what often
    comes.
    """

    key: str
    heading: str
    text: Callable[[VmRow], str]
    meaning: str
    most: tuple[int, int, int] = (40, 40, 40)
    brief: str = ""
    least: tuple[int, int, int] = (0, 0, 0)

    def titled(self, room: Room) -> str:
        """The heading; where there is no room to waste, the brief one."""
        return self.brief if room is not Room.VAST and self.brief else self.heading


COLUMNS = (
    Column(
        "index",
        "idx",
        lambda row: "link" if row.role == SUPERLINK else f"{row.index:>3}",
        "position in OneFlow's list of the role's VMs, from 0; link is the SuperLink",
    ),
    Column("vm", "VM", lambda row: row.number, "id of the VM, as `onevm show` takes it"),
    Column("name", "name", lambda row: row.name, "name of the VM", (0, 24, 40)),
    Column("ip", "IP", lambda row: row.ip, "address of its first NIC", (18, 18, 40)),
    Column("host", "host", lambda row: row.host, "host that it runs on", (0, 10, 24)),
    Column(
        "state",
        "state",
        lambda row: str(badge(row.state)),
        "as `onevm` names it; RUNNING is the VM, not yet Flower in it. ...FAILURE: oned has given up on it; "
        "LOST: OneFlow lists a node and no VM for it",
        (16, 26, 42),
        least=(10, 10, 14),
    ),
    Column("ready", "ready", lambda row: row.ready, "READY, as the guest reported it to OneGate"),
    Column("since", "since", lambda row: _since(row.since), "when the VM was made", (0, 0, 11)),
    Column("partition", "partition", lambda row: row.partition, "shard it trains on, of how many"),
    Column("by", "assigned by", lambda row: row.assigned_by, "how the partition is known", brief="assigned"),
    Column("sync", "sync", lambda row: row.sync, "whether partition and position still agree"),
)


class VmTable(DataTable[Text]):
    """A row a VM. `show` brings it to the given rows; cursor and scroll stay where they are.

    The widths are worked out here: the table's own are measured some time after the rows were added, and a paint in
    between is kept as it is, with every column as narrow as its heading.
    """

    BINDINGS = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("greater_than_sign", "sort_by(1)", "Sort", key_display=">"),
        Binding("less_than_sign", "turn_order", "Reverse", key_display="<", show=False),
        Binding("home", "scroll_top", "First", show=False),
        Binding("end", "scroll_bottom", "Last", show=False),
    ]

    class FilterWanted(Message):
        """The operator wants to type what is looked for."""

    class Drawn(Message):
        """Other rows are shown, or in another order."""

    # The table refreshes itself while it is being made.
    _writing = False

    def __init__(self) -> None:
        super().__init__(cursor_type="row", id="vms", zebra_stripes=False)
        self.room: Room | None = None
        self.rows_known: tuple[VmRow, ...] = ()
        """All rows, in OneFlow's order."""
        self.words = ""
        """Only rows that have each of these words are shown; case does not count."""
        self.sorted_by = ""
        """Key of a column; empty for OneFlow's order."""
        self.is_reversed = False
        self._widths: dict[str, int] = {}
        self._shown: dict[str, dict[str, str]] = {}
        self._colors: dict[str, str] = {}
        self._cells: dict[tuple[str, str], Text] = {}

    def on_mount(self) -> None:
        """Take the colours of the theme, and of the one that is chosen later."""
        self._take_inks()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._redraw())

    @staticmethod
    def legend() -> tuple[Passage, ...]:
        """Meanings of the columns and of the words in them."""
        columns = tuple(
            (column.heading, column.meaning + ("" if all(column.most) else " (on wider terminals)"))
            for column in COLUMNS
        )
        return (
            Passage("The columns", terms=columns),
            Passage("ready", terms=terms(READY)),
            Passage("assigned by", terms=terms(SOURCES)),
            Passage("sync", terms=terms(STANDINGS)),
            Passage("In any column", terms=terms(CELLS)),
        )

    def show(self, rows: tuple[VmRow, ...], room: Room) -> None:
        """Draw the rows; only what differs from what stands there is written. The cursor stays on its VM."""
        self.rows_known = rows
        columns = [column for column in COLUMNS if column.most[room]]
        wanted = {str(row.vm_id): {column.key: column.text(row) or NOTHING for column in columns} for row in rows}
        widths = {column.key: _width(column, room, wanted.values()) for column in columns}
        wanted = self._chosen(wanted)
        marked = self.marked()
        if room is not self.room or any(width > self._widths[key] for key, width in widths.items()):
            self._begin_anew(columns, widths, room)
        for key in [key for key in self._shown if key not in wanted]:
            self.remove_row(key)
            del self._shown[key]
        for key, texts in wanted.items():
            self._write(key, texts)
        if list(self._shown) != list(wanted):
            # Where the node is lost there is no number, but a position.
            order = {(texts["index"], texts["vm"]): place for place, texts in enumerate(wanted.values())}
            self.sort("index", "vm", key=lambda cells: order.get((str(cells[0]), str(cells[1])), 0))
            self._shown = {key: self._shown[key] for key in wanted}
        place = list(wanted).index(str(marked)) if marked is not None and str(marked) in wanted else None
        if place is not None and place != self.cursor_row:
            self.move_cursor(row=place, scroll=True, animate=False)

    def draw_again(self) -> None:
        """Draw the same rows for another filter or order."""
        if self.room is not None:
            self.show(self.rows_known, self.room)
        self.post_message(self.Drawn())

    def _chosen(self, rows: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """The rows that have the words, in the order that is wanted."""
        words = self.words.lower().split()
        found = [
            (key, texts)
            for key, texts in rows.items()
            if not words or all(word in " ".join(texts.values()).lower() for word in words)
        ]
        column = self.sorted_by
        if found and column in found[0][1]:
            found.sort(key=lambda item: _natural(item[1][column]))
        if self.is_reversed:
            found.reverse()
        return dict(found)

    def action_filter(self) -> None:
        """Ask for the words."""
        self.post_message(self.FilterWanted())

    def action_sort_by(self, by: int) -> None:
        """Sort by the next column; after the last one it is OneFlow's order again."""
        keys = ["", *(str(key.value) for key in self.columns)]
        here = keys.index(self.sorted_by) if self.sorted_by in keys else 0
        self._sort(keys[(here + by) % len(keys)], turned=False)

    def action_turn_order(self) -> None:
        """Turn the order round."""
        self._sort(self.sorted_by, turned=not self.is_reversed)

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """A click sorts by that column, a second one turns the order round, a third one takes OneFlow's order."""
        event.stop()
        key = str(event.column_key.value)
        if key != self.sorted_by:
            self._sort(key, turned=False)
        else:
            self._sort("" if self.is_reversed else key, turned=not self.is_reversed)

    def _sort(self, column: str, *, turned: bool) -> None:
        self.sorted_by, self.is_reversed = column, turned
        self.draw_again()

    @property
    def order(self) -> str:
        """How the rows are sorted, in words; empty for OneFlow's order."""
        heading = next((column.heading for column in COLUMNS if column.key == self.sorted_by), "")
        turned = " reversed" if self.is_reversed else ""
        return f"by {heading}{turned}" if heading else turned.strip()

    def _begin_anew(self, columns: list[Column], widths: dict[str, int], room: Room) -> None:
        """Make the columns wider, or for another room, around the same rows. They never become narrower meanwhile."""
        before = self._widths if room is self.room else {}
        self._widths = {key: max(width, before.get(key, 0)) for key, width in widths.items()}
        self.room = room
        shown, marked, scroll = self._shown, self.cursor_row, self.scroll_y
        self._shown = {}
        self._cells.clear()
        self.clear(columns=True)
        for column in columns:
            self.add_column(column.titled(room), key=column.key, width=self._widths[column.key])
        if before:
            for key, texts in shown.items():
                self._write(key, texts)
            self.move_cursor(row=marked, scroll=False)
            self.scroll_to(y=scroll, animate=False)

    def _redraw(self) -> None:
        self._take_inks()
        if self.room is not None:
            columns = [column for column in COLUMNS if column.most[self.room]]
            self._begin_anew(columns, self._widths, self.room)

    def _take_inks(self) -> None:
        self._colors = {name: theme_color(self.app, name) for name in ("error", "warning", "success", "muted")}

    def _cell(self, column: str, text: str) -> Text:
        """A thousand VMs have few states: what reads the same in a column is one object."""
        found = self._cells.get((column, text))
        if found is None:
            if len(self._cells) >= CELLS_KEPT:
                self._cells.clear()
            found = Text(text, style=self._colors.get(_ink_of(column, text), ""), no_wrap=True)
            found.truncate(self._widths[column], overflow="ellipsis")
            self._cells[column, text] = found
        return found

    def _write(self, key: str, texts: dict[str, str]) -> None:
        shown = self._shown.get(key)
        if shown is None:
            self.add_row(*(self._cell(name, text) for name, text in texts.items()), key=key)
        elif shown != texts:
            self._writing = True
            for name, text in texts.items():
                if shown[name] != text:
                    self.update_cell(key, name, self._cell(name, text))
            self._writing = False
            self.refresh_row(self.get_row_index(key))
        self._shown[key] = texts

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> VmTable:
        """A cell that is written asks for the whole table to be drawn; `_write` has its row drawn instead."""
        if not self._writing:
            super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    def marked(self) -> int | None:
        """The id of the VM under the cursor."""
        if not self.row_count:
            return None
        key = self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value
        return int(key) if key is not None else None


def _natural(text: str) -> list[tuple[int, str]]:
    """Numbers in a text count as numbers; what is not known comes last."""
    if text in (NOTHING, UNKNOWN, UNSET):
        return [(1 << 62, "")]
    return [(int(part) if part.isdecimal() else -1, part) for part in _PARTS.findall(text.lower())]


def _width(column: Column, room: Room, rows: Iterable[dict[str, str]]) -> int:
    widest = max((cell_len(texts[column.key]) for texts in rows), default=0)
    return max(cell_len(column.titled(room)), column.least[room], min(widest, column.most[room]))


def _ink_of(column: str, text: str) -> str:
    if column == "ready":
        return "success" if text == "YES" else "muted" if text == UNSET else "warning"
    if column == "state":
        return _INKS[badge(text[2:] or text).tone]
    return _WRONG.get(text, "") if column == "sync" else ""


def _since(moment: int) -> str:
    """Time at which the VM was made, as OpenNebula's lists write it.

    Unlike an age it never changes by itself, and an idle table sends nothing to the terminal.
    """
    return time.strftime("%m/%d %H:%M", time.localtime(moment)) if moment else NOTHING
