"""The presets on Home: a list that is searched by typing, a preview, and what can be done to a preset."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from wizard.core.plan.diffs import from_defaults, in_columns, in_words
from wizard.core.text import harmless, one_line
from wizard.storage.files import PresetFile, list_presets
from wizard.tui.widgets.line_input import LineInput

_WIDTH = 42
"""Columns that there are for certain where the preview is shown at all."""


class PresetPreview(Static):
    """The settings that one preset changes, each with its default."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="preset-preview")

    def show(self, item: PresetFile | None) -> None:
        """Show a preset; None where none is marked."""
        self.update(preview(item) if item is not None else "")


def preview(item: PresetFile) -> Content:
    """The preview as text."""
    if item.preset is None:
        return Content.styled("It can't be used.", "$text-error") + Content(f"\n{harmless(str(item.error))}")
    found = from_defaults(item.preset.plan)
    if not found:
        return Content.styled("every setting at its default", "$text-muted")
    rows = [(one.path, one_line(f"{in_words(one.right)}  ({in_words(one.left)})")) for one in found]
    head = Content.styled("what it changes (the defaults in brackets)", "$text-muted")
    return head + Content(f"\n{in_columns(rows, _WIDTH)}")


class Search(LineInput):
    """The line in which one types what is looked for; it takes no more room than that."""

    BINDINGS = [
        Binding("down", "browse", "List", show=False),
        Binding("up", "browse", "List", show=False),
    ]

    def on_mount(self) -> None:
        """Hidden until somebody searches."""
        self.display = False

    def action_browse(self) -> None:
        """Go to the list below."""
        self.screen.query_one("#presets").focus()


class PresetBrowser(Horizontal):
    """All presets by name and title. Posts `Marked` for the one under the cursor and `Chosen` for the one to open."""

    DEFAULT_CSS = """
    PresetBrowser {
        height: auto;
        max-height: 50%;

        & > Vertical {
            width: 1fr;
            height: auto;
            max-height: 100%;
        }

        #presets {
            max-height: 100%;
        }

        Search {
            height: 1;
        }

        #preset-preview {
            display: none;
            width: 48%;
            height: auto;
            max-height: 100%;
            padding: 0 1;
            border-left: solid $border-blurred;
        }
    }
    """
    BINDINGS = [
        Binding("slash", "search", "Search", key_display="/"),
        Binding("c", "compare", "Compare"),
        Binding("m", "rename", "Rename", show=False),
        Binding("delete", "delete", "Delete", key_display="del", show=False),
        Binding("escape", "stop_searching", "All presets", show=False),
    ]

    class Marked(Message):
        """The cursor is on another preset, or on none; `help` says what it is for and what can be done."""

        def __init__(self, help: str) -> None:
            super().__init__()
            self.help = help

    class Chosen(Message):
        """This preset is to be opened."""

        def __init__(self, item: PresetFile) -> None:
            super().__init__()
            self.item = item

    class Renamed(Message):
        """A preset has another name."""

        def __init__(self, old: str, new: str) -> None:
            super().__init__()
            self.old, self.new = old, new

    def __init__(self) -> None:
        super().__init__(id="preset-browser")
        self.presets: tuple[PresetFile, ...] = ()
        self.shown: tuple[PresetFile, ...] = ()

    def compose(self) -> ComposeResult:
        """The search line over the list, the preview beside them."""
        with Vertical():
            yield Search(placeholder="type to search names, titles, descriptions", id="preset-search")
            yield OptionList(id="presets", markup=False, compact=True)
        yield PresetPreview()

    @property
    def marked(self) -> PresetFile | None:
        """The preset under the cursor."""
        place = self.query_one(OptionList).highlighted
        return self.shown[place] if place is not None and place < len(self.shown) else None

    def read_again(self, mark: str | None = None) -> None:
        """Read the folders; the cursor stays where it is, or goes to the preset named `mark`."""
        place = self.query_one(OptionList).highlighted or 0
        self.presets = list_presets()
        self._fill(mark, place)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches."""
        event.stop()
        self._fill()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open the marked one."""
        event.stop()
        if (item := self.marked) is not None:
            self.post_message(self.Chosen(item))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Preview the marked one."""
        event.stop()
        self._tell()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open the chosen one."""
        event.stop()
        if event.option_index < len(self.shown):
            self.post_message(self.Chosen(self.shown[event.option_index]))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What needs a preset is offered where one is marked; letters go into the search line while it is typed in."""
        search = self.query_one(Search)
        if action == "stop_searching":
            return search.display
        if action == "search":
            return not search.has_focus
        if action in ("compare", "rename", "delete"):
            item = self.marked
            usable = item is not None and (item.preset is not None if action == "compare" else not item.shipped)
            return usable and not search.has_focus
        return super().check_action(action, parameters)

    def action_search(self) -> None:
        """Type what is looked for."""
        search = self.query_one(Search)
        search.display = True
        search.focus()

    def action_stop_searching(self) -> None:
        """Show all presets again."""
        search = self.query_one(Search)
        search.value = ""
        search.display = False
        self.query_one(OptionList).focus()

    @work(exclusive=True, group="change a preset", description="renaming a preset")
    async def action_rename(self) -> None:
        """Give it another name."""
        from wizard.tui.flows.saving import rename

        if (item := self.marked) is not None and (name := await rename(self.app, item)) is not None:
            self.read_again(name)
            self.post_message(self.Renamed(item.name, name))

    @work(exclusive=True, group="change a preset", description="deleting a preset")
    async def action_delete(self) -> None:
        """Delete it, once that is confirmed."""
        from wizard.tui.flows.saving import delete

        if (item := self.marked) is not None and await delete(self.app, item):
            self.read_again()

    @work(exclusive=True, group="change a preset", description="comparing presets")
    async def action_compare(self) -> None:
        """Show in what it differs from another one."""
        from wizard.tui.flows.saving import compare

        if (item := self.marked) is not None:
            await compare(self.app, item, self.presets)

    def _fill(self, mark: str | None = None, otherwise: int = 0) -> None:
        before = self.marked
        wanted = self.query_one(Search).value.lower().split()
        self.shown = tuple(item for item in self.presets if all(word in _searched(item) for word in wanted))
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(_line(item) for item in self.shown)
        places = [
            place
            for place, item in enumerate(self.shown)
            if (item.name == mark if mark else before is not None and item.path == before.path)
        ]
        if self.shown:
            options.highlighted = places[-1] if places else min(otherwise, len(self.shown) - 1)
        else:
            options.add_option(Option(Content.styled("no preset has these words", "$text-muted"), disabled=True))
        self._tell()

    def _tell(self) -> None:
        item = self.marked
        self.query_one(PresetPreview).show(item)
        self.post_message(self.Marked(_told(item)))
        self.refresh_bindings()


def _told(item: PresetFile | None) -> str:
    if item is None:
        return "No preset has these words.\nEsc shows all of them. n begins anew."
    about = (item.preset.about if item.preset else str(item.error)) or str(item.path)
    own = "" if item.shipped else ", m renames, Del deletes"
    return f"{about}\nEnter opens it. / searches, c compares{own}. n begins anew."


def _searched(item: PresetFile) -> str:
    words = (item.preset.title, item.preset.about) if item.preset else ()
    return " ".join((item.name, *words)).lower()


def _line(item: PresetFile) -> Option:
    name = Content(f"{one_line(item.name):<22} ")
    if item.preset is None:
        return Option(name + Content.styled("can't be used: Enter tells why", "$text-error"))
    return Option(name + Content(one_line(item.preset.title)) + Content("" if item.shipped else "  (yours)"))
