"""JSON as it will be sent, coloured, with the lines that just changed marked in the margin."""

from __future__ import annotations

from difflib import SequenceMatcher

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.highlight import highlight
from textual.widgets import Static

_MARKED = "▎"
_PLAIN = " "


class JsonView(VerticalScroll):
    """A scrolling JSON text. Give it each new text with `show`; what differs from the one before is marked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = ""
        self._body = Static("", markup=False)

    def compose(self) -> ComposeResult:
        """The text itself."""
        yield self._body

    def show(self, text: str, *, heading: str = "") -> None:
        """Draw a text. Marks what changed since the last one, or scrolls to the line that holds `heading` at first."""
        if text == self.text:
            return
        before, self.text = self.text.splitlines(), text
        lines = text.rstrip("\n").splitlines()
        changed = _changed(before, lines) if before else set()
        coloured = highlight(text.rstrip("\n"), language="json").split("\n", allow_blank=True)
        rows = [
            Content.styled(_MARKED, "$text-warning") + row.stylize("bold")
            if number in changed
            else Content(_PLAIN) + row
            for number, row in enumerate(coloured)
        ]
        self._body.update(Content("\n").join(rows))
        if changed:
            self._reveal(min(changed))
        elif heading:
            self._reveal(next((number for number, line in enumerate(lines) if heading in line), 0))

    def _reveal(self, line: int) -> None:
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if not top <= line < top + height or not top:
            self.call_after_refresh(self.scroll_to, y=max(line - 3, 0), animate=False)


def _changed(before: list[str], after: list[str]) -> set[int]:
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    found: set[int] = set()
    for tag, _, _, start, end in matcher.get_opcodes():
        if tag in ("replace", "insert"):
            found.update(range(start, end))
    return found
