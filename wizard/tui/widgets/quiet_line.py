"""A text that is drawn only where it changed, and moves nothing else while it needs the same number of lines."""

from __future__ import annotations

from textual.content import Content
from textual.css.styles import RulesMap
from textual.widgets import Static


class QuietLine(Static):
    """Plain text, or content with styles; never markup.

    Whatever `Static` is told, it lays the whole screen out again, and every scroll bar is sent to the terminal.
    """

    def __init__(self, id: str) -> None:
        super().__init__(Content(), id=id, markup=False)
        self._shown = Content()

    @property
    def text(self) -> str:
        """What it says, without styles."""
        return self._shown.plain

    def show(self, content: Content | str) -> None:
        """Say something else."""
        wanted = content if isinstance(content, Content) else Content(content)
        if wanted.is_same(self._shown):
            return
        width = self.content_size.width
        before, self._shown = self._shown, wanted
        least = self.styles.min_height
        room = int(least.value) if least is not None and least.is_cells else 0
        moves = not width or max(room, _lines(before, width)) != max(room, _lines(wanted, width))
        self.update(wanted, layout=moves)


def _lines(content: Content, width: int) -> int:
    return content.get_height(RulesMap(), width)
