"""The table of VMs: rows compared by VM id, cells written only where they differ."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from rich.cells import cell_len
from rich.text import Text
from textual.geometry import Region
from textual.widgets import DataTable

from wizard.core.cluster.partitions import Sync
from wizard.core.opennebula.snapshot import SUPERLINK
from wizard.core.text import NOTHING, UNSET
from wizard.core.views.glossary import CELLS, READY, SOURCES, STANDINGS
from wizard.core.views.rows import LOST, VmRow
from wizard.tui.help import Passage, terms
from wizard.tui.themes import theme_color

CELLS_KEPT = 1 << 14
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
        lambda row: row.state,
        "as `onevm` names it; RUNNING is the VM, not yet Flower in it. ...FAILURE: oned has given up on it; "
        "LOST: OneFlow lists a node and no VM for it",
        (14, 24, 40),
        least=(8, 8, 12),
    ),
    Column("ready", "ready", lambda row: row.ready, "READY, as the guest reported it to OneGate"),
    Column("since", "since", lambda row: _since(row.since), "when the VM was made", (0, 0, 11)),
    Column("partition", "partition", lambda row: row.partition, "shard it trains on, of how many"),
    Column("by", "assigned by", lambda row: row.assigned_by, "how the partition is known", brief="assigned"),
    Column("standing", "standing", lambda row: row.sync, "whether partition and position still agree"),
)


class VmTable(DataTable[Text]):
    """A row a VM. `show` brings it to the given rows; cursor and scroll stay where they are.

    The widths are worked out here: the table's own are measured some time after the rows were added, and a paint in
    between is kept as it is, with every column as narrow as its heading.
    """

    # The table refreshes itself while it is being made.
    _writing = False

    def __init__(self) -> None:
        super().__init__(cursor_type="row", id="vms", zebra_stripes=False)
        self.room: Room | None = None
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
            Passage("standing", terms=terms(STANDINGS)),
            Passage("In any column", terms=terms(CELLS)),
        )

    def show(self, rows: tuple[VmRow, ...], room: Room) -> None:
        """Draw the rows; only what differs from what stands there is written."""
        columns = [column for column in COLUMNS if column.most[room]]
        wanted = {str(row.vm_id): {column.key: column.text(row) or NOTHING for column in columns} for row in rows}
        widths = {column.key: _width(column, room, wanted.values()) for column in columns}
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


def _width(column: Column, room: Room, rows: Iterable[dict[str, str]]) -> int:
    widest = max((cell_len(texts[column.key]) for texts in rows), default=0)
    return max(cell_len(column.titled(room)), column.least[room], min(widest, column.most[room]))


def _ink_of(column: str, text: str) -> str:
    if column == "ready":
        return "success" if text == "YES" else "muted" if text == UNSET else "warning"
    if column == "state":
        return "error" if text.endswith("FAILURE") or text == LOST else "success" if text == "RUNNING" else "warning"
    return _WRONG.get(text, "") if column == "standing" else ""


def _since(moment: int) -> str:
    """Time at which the VM was made, as OpenNebula's lists write it.

    Unlike an age it never changes by itself, and an idle table sends nothing to the terminal.
    """
    return time.strftime("%m/%d %H:%M", time.localtime(moment)) if moment else NOTHING
