"""The keys that work now, in the last line of a screen."""

from __future__ import annotations

from textual.content import Content
from textual.css.styles import RulesMap
from textual.widgets import Footer, Static


class KeyLine(Footer):
    """Textual's footer, made anew only where its keys are others.

    Textual makes it anew whenever the focus moves or a binding may have changed: a widget for each key, on each Tab,
    and several times while a screen is opened.
    """

    def __init__(self) -> None:
        super().__init__(compact=True)
        self._shown: tuple[object, ...] = ()

    async def recompose(self) -> None:
        """Make the keys anew where they differ from those that are shown."""
        if not self.is_attached:
            # Asked for before its screen was left.
            return
        keys = tuple(
            (key, active.binding, active.enabled, active.tooltip) for key, active in self.screen.active_bindings.items()
        )
        if keys != self._shown:
            self._shown = keys
            await super().recompose()


class QuietLine(Static):
    """Plain text, or content with styles; never markup.

    Whatever `Static` is given, it lays the whole screen out again, and every scroll bar is sent to the terminal.
    """

    def __init__(self, id: str) -> None:
        super().__init__(Content(), id=id, markup=False)
        self._shown = Content()

    @property
    def text(self) -> str:
        """The text, without styles."""
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
