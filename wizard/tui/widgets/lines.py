"""Short texts around the content of a screen: the keys that work now, quiet lines, titles and badges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from textual.app import App
from textual.binding import ActiveBinding
from textual.content import Content
from textual.css.styles import RulesMap
from textual.widget import Widget
from textual.widgets import Footer, Static

from wizard.core.views.badges import Badge, Tone

_COLORS = {
    Tone.GOOD: "success",
    Tone.MOVING: "warning",
    Tone.WARNING: "warning",
    Tone.BAD: "error",
    Tone.GONE: "muted",
    Tone.UNKNOWN: "muted",
}
"""Colours of a state's badge, by `theme_color`'s names."""

TONES = {tone: f"{'bold ' if name == 'error' else ''}$text-{name}" for tone, name in _COLORS.items()}
"""Styles of a state's badge."""


def badge_color(text: str) -> str:
    """The colour of a cell that begins with the sign of a state, by `theme_color`'s names; empty for any other."""
    return next((name for tone, name in _COLORS.items() if tone.sign == text[:1]), "")


def badge_content(badge: Badge) -> Content:
    """Sign and word of a state, in its colour."""
    return Content.styled(str(badge), TONES[badge.tone])


def title_panel(panel: Widget, left: Content | str, right: Content | str = "") -> None:
    """Write on the border of a panel: what it holds on the left of its top, a count, an age or a key on the right of
    its bottom. Nothing is drawn where it is there already.

    The style class `panel` gives a widget that border.
    """
    for name, said in (("border_title", left), ("border_subtitle", right)):
        wanted = said if isinstance(said, Content) else Content(said)
        if getattr(panel, name) != wanted.markup:
            setattr(panel, name, wanted)


PALETTE = 12
"""Columns of the key of the palette at the end of the line of keys."""


def fitting(found: dict[str, ActiveBinding], app: App[Any]) -> dict[str, ActiveBinding]:
    """The keys that work; those that the line of keys has no room for are not shown in it."""
    room = app.size.width - PALETTE
    for key, active in found.items():
        if active.binding.show and not active.binding.system:
            room -= len(app.get_key_display(active.binding)) + len(active.binding.description) + 2
            if room < 0:
                hidden = replace(active.binding, show=False)
                found[key] = ActiveBinding(active.node, hidden, active.enabled, active.tooltip)
    return found


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
