"""A list that is filtered by typing: of presets, of services, of what the cloud has to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from wizard.core.text import one_line
from wizard.tui.widgets.line_input import LineInput
from wizard.tui.widgets.lines import QuietLine

Item = TypeVar("Item")
_PAGE = 10


class FilterLine(LineInput):
    """The line for the words that are looked for; the keys that move the mark work in it."""

    BINDINGS = [
        Binding("down", "move(1)", "Next", show=False),
        Binding("up", "move(-1)", "Previous", show=False),
        Binding("pagedown", f"move({_PAGE})", "Further", show=False),
        Binding("pageup", f"move(-{_PAGE})", "Back", show=False),
    ]

    class Moved(Message):
        """The mark is to go so many lines down."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def action_move(self, by: int) -> None:
        """Move the mark in the list."""
        self.post_message(self.Moved(by))


class FilterList(Vertical, Generic[Item]):
    """The items that have every word of the filter, a line each under a heading; case does not count.

    `key` tells items apart; `words` is what the filter is held against; `draw` gives the heading and a line for each
    item, in so many cells. `typing`: the filter is always there and has the focus, as in a dialog; else `/` shows it.
    `most`: lines that are drawn at once, so that a keystroke costs the same for ten items and for ten thousand.
    """

    DEFAULT_CSS = """
    FilterList {
        height: auto;

        FilterLine {
            height: 1;
        }

        .filter-heading {
            height: 1;
            color: $text-muted;
        }
    }
    """
    BINDINGS = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("escape", "stop_filtering", "All of them", show=False),
    ]

    class Marked(Message):
        """The mark is on another item, or the items are others."""

    class Chosen(Message):
        """The marked item was taken: with Enter, or with the mouse."""

    def __init__(
        self,
        name: str,
        *,
        key: Callable[[Item], object],
        words: Callable[[Item], str],
        draw: Callable[[Sequence[Item], int], tuple[str, Sequence[Content]]],
        placeholder: str,
        nothing: str,
        typing: bool = False,
        most: int | None = None,
    ) -> None:
        super().__init__()
        self.key, self.words, self.draw, self.nothing = key, words, draw, nothing
        self.typing, self.most = typing, most
        self.items: tuple[Item, ...] = ()
        self.matching: tuple[Item, ...] = ()
        self.note = ""
        self._words: list[str] = []
        self._drawn: object = None
        self._filter = FilterLine(placeholder=placeholder, id=f"{name}-filter")
        self._heading = QuietLine(id=f"{name}-heading")
        self._heading.add_class("filter-heading")
        self._options = OptionList(id=name, markup=False, compact=True)
        self._filter.display = typing

    def compose(self) -> ComposeResult:
        """The filter over the heading over the lines."""
        yield self._filter
        yield self._heading
        yield self._options

    def on_mount(self) -> None:
        """A list in a dialog is typed into at once."""
        if self.typing:
            self._filter.focus()
        self._draw()

    def show(self, items: Sequence[Item], note: str = "", mark: object = None) -> None:
        """Show these. `note` stands before them. The mark stays on its item, or goes to the one with the key `mark`."""
        self.items, self.note = tuple(items), note
        self._words = [self.words(item).lower() for item in self.items]
        if self.is_mounted:
            self._draw(mark, self._options.highlighted or 0)

    @property
    def shown(self) -> tuple[Item, ...]:
        """The items that are drawn."""
        return self.matching[: self.most]

    @property
    def marked(self) -> Item | None:
        """The item under the mark."""
        place = self._options.highlighted
        return self.shown[place - self._first] if place is not None and self._first <= place < self._end else None

    @property
    def is_typed_in(self) -> bool:
        """True if letters go into the filter."""
        return self._filter.has_focus

    def on_resize(self) -> None:
        """The lines may depend on the width."""
        self._draw(otherwise=self._options.highlighted or 0)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has the words."""
        event.stop()
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the marked one."""
        event.stop()
        if self.marked is not None:
            self.post_message(self.Chosen())

    def on_filter_line_moved(self, message: FilterLine.Moved) -> None:
        """Move the mark without leaving the filter of a dialog; elsewhere go to the list."""
        message.stop()
        if not self.typing:
            self._options.focus()
        elif self.shown:
            place = (self._options.highlighted or 0) + message.by
            self._options.highlighted = min(max(place, self._first), self._end - 1)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say that the mark moved."""
        event.stop()
        self.post_message(self.Marked())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the one that was clicked or entered."""
        event.stop()
        if self.marked is not None:
            self.post_message(self.Chosen())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A letter goes into the filter while it is typed in."""
        if action == "filter":
            return not self.typing and not self.is_typed_in
        if action == "stop_filtering":
            return not self.typing and bool(self._filter.display)
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Type what is looked for."""
        self._filter.display = True
        self._filter.focus()

    def action_stop_filtering(self) -> None:
        """Show all of them again."""
        self._filter.value = ""
        self._filter.display = False
        self._options.focus()

    @property
    def _first(self) -> int:
        """Place of the first item among the lines: a note stands before them."""
        return 1 if self.note else 0

    @property
    def _end(self) -> int:
        return self._first + len(self.shown)

    def _draw(self, mark: object = None, otherwise: int = 0) -> None:
        if not self._options.is_attached:
            return  # An answer comes while the screen is let go.
        before = self.marked if self._drawn else None
        wanted = self._filter.value.lower().split()
        pairs = zip(self.items, self._words, strict=True)
        self.matching = tuple(item for item, text in pairs if all(word in text for word in wanted))
        heading, lines = self.draw(self.shown, max(20, self.size.width - 3)) if self.shown else ("", ())
        note = self.note or ("" if self.shown or not self.items else self.nothing)
        drawn = (note, heading, [(line.plain, line.spans) for line in lines], [self.key(item) for item in self.shown])
        if drawn != self._drawn:
            self._drawn = drawn
            self._heading.display = bool(heading)
            self._heading.show(heading)
            self._options.clear_options()
            if note:
                self._options.add_option(Option(Content.styled(one_line(note), "$text-muted"), disabled=True))
            self._options.add_options(Option(line) for line in lines)
        keys = [self.key(item) for item in self.shown]
        if mark is None and before is not None:
            mark = self.key(before)
        if keys:
            place = keys.index(mark) if mark in keys else min(max(otherwise - self._first, 0), len(keys) - 1)
            self._options.highlighted = self._first + place
        self.post_message(self.Marked())
