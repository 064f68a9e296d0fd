"""The table of all lists: rows compared by key, cells written only where they differ, filtered and sorted in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.geometry import Region
from textual.widgets import DataTable

from wizard.core.text import NOTHING, one_line
from wizard.tui.themes import theme_color
from wizard.tui.widgets.lines import title_panel
from wizard.tui.widgets.table_columns import Column, Row, Sorting, fitting, is_one_of, natural

CELLS_KEPT = 1 << 14
_AT_ONCE = 20
"""Rows that are taken out one by one; for more, the table is filled anew, which costs less."""


class Table(DataTable[Text], Generic[Row]):
    """A row for each item. `fill` brings it to the given ones; cursor and scroll stay with their rows.

    `/` filters by words: while they are typed, no letter is a key, Enter keeps the filter and Esc shows all again. A
    row whose key or whole text a word is comes before those that only contain it. `>` and a click on a heading sort,
    `<` turns the order round. `typing`: whatever is typed filters from the beginning, as in a dialog.

    The widths are worked out here: the table's own are measured some time after the rows were added, and a paint in
    between is kept as it is, with every column as narrow as its heading.
    """

    BINDINGS = [
        # Both stand on the border.
        Binding("slash", "filter", "Filter", key_display="/", show=False),
        Binding("greater_than_sign", "sort_next", "Sort", key_display=">", show=False),
        Binding("less_than_sign", "turn_round", "Turn the order round", key_display="<", show=False),
        Binding("enter", "keep_filter", "Keep"),
        # A class that names a key loses what its base did with it.
        Binding("enter", "select_cursor", "Select", show=False),
        Binding("escape", "stop_filtering", "Show all"),
        Binding("home", "scroll_top", "Top", show=False),
        Binding("end", "scroll_bottom", "Bottom", show=False),
    ]

    # The table refreshes itself while it is being made.
    _writing = False

    def __init__(
        self, title: str, columns: Sequence[Column[Row]], key: Callable[[Row], str], id: str, *, typing: bool = False
    ) -> None:
        super().__init__(cursor_type="row", id=id, zebra_stripes=False, classes="panel")
        self.title, self.shape, self.key = title, tuple(columns), key
        self.note = ""
        self.keys = "/ filter · > sort"
        self.words = ""
        self.always_typing = self.typing = typing
        self._begins = False
        self.sorting = Sorting(keys=("", *(column.key for column in self.shape)))
        self.rows_given: tuple[Row, ...] = ()
        self._texts: list[dict[str, str]] = []
        self._widest: dict[str, int] = {column.key: 0 for column in self.shape}
        self._widths: dict[str, int] = {}
        self._shown: dict[str, dict[str, str]] = {}
        self._colors: dict[str, str] = {}
        self._cells: dict[tuple[str, str], Text] = {}

    def on_mount(self) -> None:
        """Take the colours of the theme, and of the one that is chosen later."""
        self._take_colors()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._redraw())
        self._say()

    def on_resize(self) -> None:
        """The columns depend on the width."""
        if self.rows_given:
            self._draw()

    def fill(self, rows: Sequence[Row], note: str = "") -> None:
        """Show these; only what differs from what stands there is written. `note` follows the title."""
        texts = [{one.key: one.text(row) or NOTHING for one in self.shape} for row in rows]
        same = texts == self._texts and list(map(self.key, rows)) == list(map(self.key, self.rows_given))
        self.rows_given, self.note, self._texts = tuple(rows), note, texts
        if same and self._shown:
            self._say()
            return
        for column in self.shape:
            widest = max((cell_len(texts[column.key]) for texts in self._texts), default=0)
            # A column does not become narrower: nothing jumps when a long word comes and goes.
            self._widest[column.key] = max(self._widest[column.key], widest)
        self._draw()

    def marked_key(self) -> str | None:
        """The key of the row under the cursor."""
        if not self.row_count:
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value

    def mark(self, key: str) -> bool:
        """Put the cursor on the row of a key; False where it is not shown."""
        if key not in self._shown:
            return False
        self.move_cursor(row=self.get_row_index(key))
        return True

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002
        """What is typed into the filter is no key of the screen."""
        return self.typing and character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """Type into the filter."""
        if not self.typing:
            return
        if event.is_printable and event.character:
            self._filter_by(self._typed_so_far() + event.character)
        elif event.key == "backspace":
            self._begins = False
            self._filter_by(self.words[:-1])
        elif event.key == "ctrl+u":
            self._filter_by("")
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Take one line of what is pasted."""
        if self.typing:
            event.stop()
            self._filter_by(self._typed_so_far() + one_line((event.text.splitlines() or [""])[0]))

    def on_blur(self) -> None:
        """Whoever leaves the table has ended typing."""
        if self.typing and not self.always_typing:
            self._end_typing()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the column that was clicked."""
        event.stop()
        self.sorting.take(event.column_key.value or "")
        self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc is for the filter while there is one, Enter while it is typed."""
        if action == "stop_filtering":
            return bool(self.words) or (self.typing and not self.always_typing)
        if action == "keep_filter":
            return self.typing and not self.always_typing
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Type what is looked for; it takes the place of what was looked for before."""
        self.typing = self._begins = True
        self._say()
        self.refresh_bindings()

    def action_keep_filter(self) -> None:
        """Back to the keys, with the rows that were found."""
        self._end_typing()

    def action_stop_filtering(self) -> None:
        """Show everything, and be done with typing; a list in a dialog goes on being typed into."""
        self._filter_by("")
        if not self.always_typing:
            self._end_typing()
        self.refresh_bindings()

    def action_sort_next(self) -> None:
        """Sort by the next column that is shown."""
        self.sorting.step()
        while self.sorting.key and self.sorting.key not in self._widths:
            self.sorting.step()
        self._draw()

    def action_turn_round(self) -> None:
        """Sort the other way round."""
        self.sorting.backwards = not self.sorting.backwards
        self._draw()

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Table[Row]:
        """A cell that is written asks for the whole table to be drawn; `_write` has its row drawn instead."""
        if not self._writing:
            super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    def _typed_so_far(self) -> str:
        begins, self._begins = self._begins, False
        return "" if begins else self.words

    def _filter_by(self, words: str) -> None:
        had, self.words = bool(self.words), words
        self._draw()
        if words and self.row_count and not self.mark(words.strip()):
            self.move_cursor(row=0)
        if had != bool(words):
            self.refresh_bindings()

    def _end_typing(self) -> None:
        self.typing = self._begins = False
        self._say()
        self.refresh_bindings()

    def _draw(self) -> None:
        if not self.is_attached:
            return
        # One cell for the scroll bar, which comes and goes.
        room = (self.size.width or self.app.size.width) - 1
        columns = [one for one in self.shape if not one.spare or self._widest[one.key] > len(NOTHING)]
        widths = fitting(columns, self._widest, room)
        if widths != self._widths:
            self._widths = widths
            self._begin_anew()
        self._write_all(self._wanted())
        self._say()

    def _wanted(self) -> dict[str, dict[str, str]]:
        wanted = self.words.lower().split()
        pairs = [
            (row, texts)
            for row, texts in zip(self.rows_given, self._texts, strict=True)
            if not wanted or all(word in " ".join(texts.values()).lower() for word in wanted)
        ]
        column = next((one for one in self.shape if one.key == self.sorting.key), None)
        if column is not None and column.order is not None:
            order = column.order
            pairs.sort(key=lambda pair: order(pair[0]), reverse=self.sorting.backwards)
        elif column is not None:
            key = column.key
            pairs.sort(key=lambda pair: natural(pair[1][key]), reverse=self.sorting.backwards)
        elif self.sorting.backwards:
            pairs.reverse()
        elif wanted:
            pairs.sort(key=lambda pair: (self.key(pair[0]) not in wanted, not is_one_of(pair[1].values(), wanted)))
        return {self.key(row): {key: texts[key] for key in self._widths} for row, texts in pairs}

    def _write_all(self, wanted: dict[str, dict[str, str]]) -> None:
        marked, scroll = self.marked_key(), self.scroll_y
        row = self.cursor_row
        gone = [key for key in self._shown if key not in wanted]
        kept = [key for key in self._shown if key in wanted]
        # New rows can only be added at the end.
        if len(gone) > _AT_ONCE or list(wanted)[: len(kept)] != kept:
            self._shown = {}
            self.clear()
        else:
            for key in gone:
                self.remove_row(key)
                del self._shown[key]
        anew = not self._shown
        for key, texts in wanted.items():
            self._write(key, texts)
        if not wanted:
            return
        place = self.get_row_index(marked) if marked in wanted else min(row, len(wanted) - 1)
        if anew or place != self.cursor_row:
            self.move_cursor(row=place, scroll=False)
            self.scroll_to(y=max(0, scroll + place - row), animate=False)

    def _begin_anew(self) -> None:
        """Make the columns anew around the same rows."""
        shown, marked, scroll = self._shown, self.cursor_row, self.scroll_y
        self._shown = {}
        self._cells.clear()
        self.clear(columns=True)
        for column in self.shape:
            if column.key in self._widths:
                self.add_column(Text(column.heading), key=column.key, width=self._widths[column.key])
        by_key = {self.key(row): texts for row, texts in zip(self.rows_given, self._texts, strict=True)}
        for key in shown:
            if key in by_key:
                self._write(key, {name: by_key[key][name] for name in self._widths})
        self.move_cursor(row=marked, scroll=False)
        self.scroll_to(y=scroll, animate=False)

    def _redraw(self) -> None:
        self._take_colors()
        self._begin_anew()

    def _take_colors(self) -> None:
        self._colors = {name: theme_color(self.app, name) for name in ("error", "warning", "success", "muted")}

    def _cell(self, column: str, text: str) -> Text:
        """A thousand rows have few states: what reads the same in a column is one object."""
        found = self._cells.get((column, text))
        if found is None:
            if len(self._cells) >= CELLS_KEPT:
                self._cells.clear()
            one = next(one for one in self.shape if one.key == column)
            shown = text if one.brief is None or cell_len(text) <= self._widths[column] else one.brief(text)
            found = Text(shown, style=self._colors.get(one.color(text), ""), no_wrap=True)
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

    def _say(self) -> None:
        """Title and count on the border, what is typed beside them, the order below."""
        total = len(self.rows_given)
        count = f"{len(self._shown):,} of {total:,}" if self.words else f"{total:,}"
        said = f"{self.title} · {count}{self.note}"
        if self.typing or self.words:
            said += f" · /{one_line(self.words)}{'▏' if self.typing else ''}"
        column = next((one for one in self.shape if one.key == self.sorting.key), None)
        way = " reversed" if self.sorting.backwards else ""
        right = f"by {column.heading}{way}" if column else way.strip()
        title_panel(self, said, f"{right} · {self.keys}" if right else self.keys)
