"""Short texts around the content of a screen: the keys that work now, quiet lines, titles and badges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len
from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.css.styles import RulesMap
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

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


@dataclass(frozen=True)
class ShownKey:
    """A key in the line of keys: what it is, how it is written, what it does, and the columns that it covers."""

    key: str
    name: str
    does: str
    enabled: bool
    columns: range


class KeyLine(Static):
    """The keys that work now, in one line; a click presses the key. The palette's stands at the right end."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.keys: tuple[ShownKey, ...] = ()

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def on_resize(self) -> None:
        """The palette's key keeps to the right end."""
        self._show()

    def on_click(self, event: Click) -> None:
        """Press the key under the pointer."""
        found = next((item for item in self.keys if event.x in item.columns), None)
        if found is not None and found.enabled:
            self.app.simulate_key(found.key)

    def _follow(self, screen: Screen[Any]) -> None:
        if self.is_attached and screen is self.screen and self.app.app_focus:
            self.call_after_refresh(self._show)

    def _show(self) -> None:
        if not self.is_attached:
            return
        keys = tuple(self._placed())
        if keys == self.keys:
            return
        self.keys = keys
        line = Content()
        for item in keys:
            line = line.pad_right(item.columns.start - line.cell_length)
            style = "" if item.enabled else "dim"
            name = Content.styled(item.name, f"bold {style} $footer-key-foreground")
            does = Content.styled(f" {item.does}", f"{style} $footer-description-foreground")
            line = Content.assemble(line, name, does)
        self.update(line, layout=False)

    def _placed(self) -> Iterator[ShownKey]:
        palette = self.app.COMMAND_PALETTE_BINDING
        column, actions = 0, set[str]()
        for key, (_, binding, enabled, _) in self.screen.active_bindings.items():
            if binding.show and key != palette and binding.action not in actions:
                actions.add(binding.action)
                item = self._key(binding, column, enabled=enabled)
                yield item
                column = item.columns.stop + 1
        active = self.screen.active_bindings.get(palette)
        if active is not None and self.app.ENABLE_COMMAND_PALETTE:
            item = self._key(active.binding, column, enabled=active.enabled)
            yield replace(item, columns=_at_the_end(item.columns, self.size.width))

    def _key(self, binding: Binding, column: int, *, enabled: bool) -> ShownKey:
        name = self.app.get_key_display(binding)
        end = column + cell_len(name) + 1 + cell_len(binding.description)
        return ShownKey(binding.key, name, binding.description, enabled, range(column, end))


def _at_the_end(columns: range, width: int) -> range:
    start = max(columns.start, width - len(columns))
    return range(start, start + len(columns))


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
