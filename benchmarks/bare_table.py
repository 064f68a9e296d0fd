"""The reference for keys and memory: a bare Textual app with a table of as many rows, and nothing behind it."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable

SHOWN = "name-0"
"""What stands on the screen once the table does."""
_COLUMNS = 9


class BareTable(App[None]):
    """A table that fills the screen."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        """The table alone."""
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        table = self.query_one(DataTable)
        table.add_columns(*(f"column {number}" for number in range(_COLUMNS)))
        for row in range(self._rows):
            table.add_row(*(f"name-{row}" for _ in range(_COLUMNS)), key=str(row))


if __name__ == "__main__":
    BareTable(int(sys.argv[1])).run()
