"""JSON as it will be sent, coloured, with the lines that just changed marked; searched, copied and written."""

from __future__ import annotations

from difflib import SequenceMatcher

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.highlight import highlight
from textual.screen import Screen
from textual.widgets import Static, TabbedContent, TabPane

from wizard.core.text import harmless
from wizard.operations.prepare import Prepared
from wizard.storage.files import PresetFileError
from wizard.tui.flows.saving import save_as
from wizard.tui.widgets.dialogs import Ask
from wizard.tui.widgets.lines import KeyLine, title_panel

_MARKED = "▎"
_PLAIN = " "
_WITHOUT_ID = "?"


class JsonView(VerticalScroll):
    """A scrolling JSON text. Give it each new text with `show`; what differs from the one before is marked."""

    BINDINGS = [
        Binding("slash", "search", "Search", key_display="/"),
        Binding("n", "find(1)", "Next", show=False),
        Binding("N", "find(-1)", "Previous", show=False),
        Binding("c", "copy", "Copy"),
        Binding("w", "write", "Write"),
    ]

    DEFAULT_CSS = """
    JsonView .json-note {
        dock: top;
        height: auto;
        color: $text-warning;
    }
    """

    def __init__(self, *, id: str | None = None, file_name: str = "template.json", title: str = "") -> None:
        super().__init__(id=id, classes="panel" if title else None)
        self.title = title
        self.text = ""
        self.file_name = file_name
        self.wanted = ""
        self.found_at = -1
        self._changed: set[int] = set()
        self._without_id: frozenset[int] = frozenset()
        self._body = Static("", markup=False)
        self._note = Static("", markup=False, classes="json-note")

    def compose(self) -> ComposeResult:
        """A note about what is not as it will be sent, and the text itself."""
        yield self._note
        yield self._body

    def show_template(self, prepared: Prepared, *, heading: str = "", note: str = "") -> None:
        """Draw the service template; lines where something stands in the place of an id are marked with `?`.

        `note` is written above it, after a line for each of those.
        """
        notes = [f"{_WITHOUT_ID} {item.message}" for item in prepared.unresolved]
        self.note("\n".join([*notes, note] if note else notes))
        if self._without_id != prepared.unresolved_lines:
            self._without_id = prepared.unresolved_lines
            self._draw()
        self.show(prepared.template, heading=heading)

    def note(self, text: str) -> None:
        """Write above the JSON why it is not yet what will be sent; nothing where it is."""
        self._note.update(Content(harmless(text)))
        self._note.display = bool(text)

    def show(self, text: str, *, heading: str = "") -> None:
        """Draw a text. Marks what changed since the last one, or scrolls to the line that holds `heading` at first."""
        if text == self.text:
            return
        before, self.text = _split(self.text), text
        lines = _split(text)
        self._changed = _changed(before, lines) if any(before) else set()
        if self.title:
            title_panel(self, self.title, f"{len(lines)} lines, {_size(text)} · / search · c copy · w write")
        self._draw()
        if self._changed:
            self._reveal(min(self._changed))
        elif heading:
            self._reveal(next((number for number, line in enumerate(lines) if heading in line), 0))

    @work(exclusive=True, group="search", description="asking what to look for")
    async def action_search(self) -> None:
        """Ask for a text and go to where it stands first; n and N lead on."""
        wanted = await self.app.push_screen_wait(Ask("Search", "Case does not matter.", self.wanted))
        if wanted is None:
            return
        self.wanted, self.found_at = wanted, -1
        self._draw()
        if wanted:
            self.action_find(1)

    def action_find(self, step: int) -> None:
        """Go to the next line, or the one before, that has the text."""
        places = self._places(self.text)
        if not self.wanted or not places:
            self.notify(f"{self.wanted!r} was not found." if self.wanted else "Press / to search.", markup=False)
            return
        later = [place for place in places if place > self.found_at]
        earlier = [place for place in places if place < self.found_at]
        if step > 0:
            self.found_at = (later or places)[0]
        else:
            self.found_at = (earlier or places)[-1]
        self._draw()
        self._reveal(self.found_at, always=True)
        number = places.index(self.found_at) + 1
        self.notify(f"{number} of {len(places)} lines with {self.wanted!r}", timeout=3, markup=False)

    def action_copy(self) -> None:
        """Put the whole text on the terminal's clipboard, where the terminal allows it."""
        self.app.copy_to_clipboard(self.text)
        self.notify("Copied to the terminal's clipboard. Press w to write a file instead.", markup=False)

    @work(exclusive=True, group="write", description="writing a file")
    async def action_write(self) -> None:
        """Write the whole text to a file, asking before one is overwritten."""
        try:
            path = await save_as(self.app, self.text, self.file_name)
        except PresetFileError as error:
            self.notify(str(error), title="Not written", severity="error", markup=False)
        else:
            if path is not None:
                self.notify(str(path), title="Written", markup=False)

    def _places(self, text: str) -> list[int]:
        wanted = self.wanted.lower()
        return [number for number, line in enumerate(_split(text)) if wanted in line.lower()] if wanted else []

    def _draw(self) -> None:
        coloured = highlight(self.text.rstrip("\n"), language="json").split("\n", allow_blank=True)
        rows = [
            Content.styled(_WITHOUT_ID, "$text-warning") + row
            if number in self._without_id
            else Content.styled(_MARKED, "$text-warning") + row.stylize("bold")
            if number in self._changed
            else Content(_PLAIN) + self._with_hits(row, here=number == self.found_at)
            for number, row in enumerate(coloured)
        ]
        self._body.update(Content("\n").join(rows))

    def _with_hits(self, row: Content, *, here: bool) -> Content:
        wanted = self.wanted.lower()
        line = row.plain.lower()
        place = line.find(wanted) if wanted else -1
        while place >= 0:
            row = row.stylize("bold reverse" if here else "underline", place, place + len(wanted))
            place = line.find(wanted, place + len(wanted))
        return row

    def _reveal(self, line: int, *, always: bool = False) -> None:
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if not top <= line < top + height or (not top and not always):
            self.call_after_refresh(self.scroll_to, y=max(line - 3, 0), animate=False)


def _size(text: str) -> str:
    octets = len(text.encode(errors="surrogatepass"))
    return f"{octets} B" if octets < 1024 else f"{octets / 1024:.1f} KB"


def _split(text: str) -> list[str]:
    # Not splitlines: a value may hold other characters that it takes for the end of a line.
    return text.rstrip("\n").split("\n")


def _changed(before: list[str], after: list[str]) -> set[int]:
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    found: set[int] = set()
    for tag, _, _, start, end in matcher.get_opcodes():
        if tag in ("replace", "insert"):
            found.update(range(start, end))
    return found


class JsonScreen(Screen[None]):
    """The service template, and what goes along when it is instantiated."""

    TITLE = "JSON"
    HELP = (
        "Both documents, byte for byte as they will be sent; ? marks what has no id yet. The arrow keys scroll; "
        "Shift+Tab, then Left and Right, change to the other one."
    )
    BINDINGS = [Binding("escape,f7", "app.pop_screen", "Back")]

    def __init__(self, prepared: Prepared) -> None:
        super().__init__()
        self.prepared = prepared

    def compose(self) -> ComposeResult:
        """A tab a document."""
        with TabbedContent():
            with TabPane("Template"):
                yield JsonView(id="template", file_name="template.json", title="Service template")
            with TabPane("Merge template"):
                yield JsonView(id="merge-template", file_name="instantiation.json", title="Merge template")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show both."""
        self.query_one("#template", JsonView).show_template(self.prepared)
        self.query_one("#merge-template", JsonView).show(self.prepared.merge_template)
        self.query_one("#template", JsonView).focus()
