"""Help on F1: what a screen or dialog is for, what the cursor is on, and the keys, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar, runtime_checkable

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.screen import Screen

from wizard.core.text import harmless
from wizard.tui.terminal.textual_internals import bindings_of
from wizard.tui.widgets.dialogs import Notice

Word = TypeVar("Word")


@dataclass(frozen=True)
class Passage:
    """A part of a help page: a heading, a text, and terms with what they mean."""

    heading: str
    text: str = ""
    terms: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Explained(Protocol):
    """A widget or a screen that has something to say when F1 is pressed in it."""

    def explained(self) -> Iterable[Passage]:
        """Passages about its purpose and the meaning of its words."""


def terms(table: Mapping[Word, str]) -> tuple[tuple[str, str], ...]:
    """A glossary as terms: the values of an enum with numbers go by their names, as on the screen."""
    return tuple((_word(word), text) for word, text in table.items())


def _word(word: object) -> str:
    if isinstance(word, Enum):
        return word.value if isinstance(word.value, str) else word.name
    return str(word)


_TERM_MOST = 18
_ELSEWHERE = {
    "CommandPalette": ("Palette", "Type a part of what you look for, choose with Up and Down, Enter does it."),
}
"""Dialogs that are Textual's own and can't say it themselves."""


class HelpPage(Notice):
    """Help about the screen under it. F1 closes it again."""

    BINDINGS = [Binding("f1", "dismiss", "Close", show=False)]
    SHAPE = "wide reading"
    NEEDS_NO_HELP = True

    def __init__(self, title: str, passages: Iterable[Passage]) -> None:
        parts = tuple(passages)
        super().__init__(f"Help: {title}", "\n\n".join(_plain(part) for part in parts))
        self.body = Group(*(line for place, part in enumerate(parts) for line in _drawn(part, first=not place)))


def help_page(app: App[int], screen: Screen[object]) -> HelpPage:
    """The help of a screen or a dialog as it stands, with the focus where it is."""
    title, about = _ELSEWHERE.get(type(screen).__name__, (_title(screen), str(getattr(screen, "HELP", ""))))
    return HelpPage(title, (*([Passage("", about)] if about else []), *_passages(screen), *_keys(app, screen)))


def _title(screen: Screen[object]) -> str:
    step = getattr(screen, "step", None)
    return str(step.title if step is not None else getattr(screen, "heading", "") or screen.title or "this screen")


def _passages(screen: Screen[object]) -> Iterator[Passage]:
    for node in (screen.focused or screen).ancestors_with_self:
        if isinstance(node, Explained):
            yield from node.explained()


def _keys(app: App[int], screen: Screen[object]) -> Iterator[Passage]:
    shown: list[ActiveBinding] = []
    hidden: list[ActiveBinding] = []
    inner: list[ActiveBinding] = []
    for active in screen.active_bindings.values():
        if active.binding.show or active.binding.key == app.COMMAND_PALETTE_BINDING:
            shown.append(active)
        elif active.binding.description and not active.binding.system:
            (hidden if active.node in (screen, app) else inner).append(active)
    if "f1" not in screen.active_bindings and (found := _own_help(app)) is not None:
        shown.append(found)
    yield Passage("Keys", terms=tuple(_lines(app, [*shown, *hidden])))
    if inner:
        yield Passage("Keys where the cursor is", terms=tuple(_lines(app, inner)))


def _own_help(app: App[int]) -> ActiveBinding | None:
    """The application's F1 works in a dialog too, although a dialog's bindings do not list it."""
    found = bindings_of(app).key_to_bindings.get("f1", ())
    return next((ActiveBinding(app, binding, True, "") for binding in found), None)


def _lines(app: App[int], found: Iterable[ActiveBinding]) -> Iterator[tuple[str, str]]:
    """A line an action, with all its keys."""
    keys: dict[tuple[str, str], list[str]] = {}
    for active in found:
        binding = active.binding
        key = app.get_key_display(binding)
        if not active.enabled:
            key += " (not now)"
        keys.setdefault((binding.action, binding.description), []).append(key)
    for (_, description), names in keys.items():
        yield " ".join(dict.fromkeys(names)), description


def _width(part: Passage) -> int:
    return max((len(term) for term, _ in part.terms if len(term) <= _TERM_MOST), default=0)


def _plain(part: Passage) -> str:
    width = _width(part)
    lines = [part.heading, part.text, *(f"{term:<{width}}  {text}" for term, text in part.terms)]
    return "\n".join(line for line in lines if line)


def _drawn(part: Passage, *, first: bool) -> Iterator[Text | Table]:
    if not first:
        yield Text()
    if part.heading:
        yield Text(harmless(part.heading), style="bold underline")
    if part.text:
        yield Text(harmless(part.text))
    if part.terms:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(max_width=_TERM_MOST, min_width=min(_width(part), _TERM_MOST))
        table.add_column()
        for term, text in part.terms:
            table.add_row(Text(harmless(term), style="bold"), Text(harmless(text)))
        yield table
