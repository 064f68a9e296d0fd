"""The presets on Home: a list that is filtered by typing, a preview, and what can be done to a preset."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from wizard.core.plan.contract import Meaning
from wizard.core.text import harmless, one_line
from wizard.storage.files import PresetFile, list_presets
from wizard.tui.widgets.filter_list import FilterList
from wizard.tui.widgets.lines import title_panel

_MAIN = (Meaning.CARDINALITY, Meaning.ROUNDS, Meaning.STRATEGY, Meaning.FRAMEWORK)
"""What one wants to know of a preset that changes nothing."""
_WIDTH = 42
"""Columns that there are for certain where the preview is shown at all."""


class PresetPreview(Static):
    """The settings that one preset changes, each with its default."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="preset-preview", classes="panel")

    def show(self, item: PresetFile | None) -> None:
        """Show a preset; None where none is marked."""
        self.update(preview(item) if item is not None else "")
        title_panel(self, one_line(item.name) if item is not None else "")


def preview(item: PresetFile) -> Content:
    """The preview as text."""
    if item.preset is None:
        return Content.styled("It can't be used.", "$text-error") + Content(f"\n{harmless(str(item.error))}")
    # The list is painted before the preview of what is marked in it.
    from wizard.core.plan.diffs import from_defaults, in_columns, in_words

    found = from_defaults(item.preset.plan)
    if not found:
        plan = item.preset.plan
        main = [one for one in plan.contract.fields if one.meaning in _MAIN and not one.fixed_because]
        head = Content.styled("every setting at its default", "$text-muted")
        return head + Content(f"\n{in_columns([(one.label, one_line(plan.text(one.path))) for one in main], _WIDTH)}")
    rows = [(one.path, one_line(f"{in_words(one.right)}  ({in_words(one.left)})")) for one in found]
    head = Content.styled("what it changes (the defaults in brackets)", "$text-muted")
    return head + Content(f"\n{in_columns(rows, _WIDTH)}")


class PresetBrowser(Horizontal):
    """All presets by name and title. Posts `Marked` for the one under the cursor and `Chosen` for the one to open."""

    DEFAULT_CSS = """
    PresetBrowser {
        height: auto;
        max-height: 50%;

        & > #preset-panel {
            width: 1fr;
            height: auto;
            max-height: 100%;
        }

        FilterList {
            height: auto;
            max-height: 100%;
        }

        #presets {
            max-height: 100%;
        }

        #preset-preview {
            display: none;
            width: 48%;
            height: 100%;
        }
    }
    """
    BINDINGS = [
        Binding("d", "deploy", "Deploy"),
        Binding("c", "compare", "Compare"),
        Binding("m", "rename", "Rename", show=False),
        Binding("delete", "delete", "Delete", key_display="del", show=False),
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

    class Deploy(Message):
        """This preset is to be deployed as it is."""

        def __init__(self, item: PresetFile) -> None:
            super().__init__()
            self.item = item

    class Renamed(Message):
        """A preset has another name."""

        def __init__(self, old: str, new: str) -> None:
            super().__init__()
            self.old, self.new = old, new

    def __init__(self, *, deploys: bool = True) -> None:
        """`deploys`: whether deploying is offered."""
        super().__init__(id="preset-browser")
        self._deploys = deploys
        self._list: FilterList[PresetFile] = FilterList(
            "presets",
            key=lambda item: item.path,
            words=_searched,
            draw=lambda items, _: ("", [_line(item) for item in items]),
            placeholder="type to filter by name, title or description",
            nothing="no preset matches",
        )

    def compose(self) -> ComposeResult:
        """The list, the preview beside it."""
        with Vertical(id="preset-panel", classes="panel") as panel:
            yield self._list
        self._panel = panel
        title_panel(panel, "New from a preset", self._keys)
        yield PresetPreview()

    @property
    def _keys(self) -> str:
        """Keys that the border names."""
        return f"Enter edit{' · d deploy' if self._deploys else ''} · / filter"

    @property
    def presets(self) -> tuple[PresetFile, ...]:
        """All presets."""
        return self._list.items

    @property
    def shown(self) -> tuple[PresetFile, ...]:
        """The presets that have the words of the filter."""
        return self._list.shown

    @property
    def marked(self) -> PresetFile | None:
        """The preset under the cursor."""
        return self._list.marked

    def read_again(self, mark: str | None = None) -> None:
        """Read the folders; the cursor stays where it is, or goes to the preset named `mark`."""
        presets = list_presets()
        paths = [item.path for item in presets if item.name == mark]
        self._list.show(presets, mark=paths[-1] if paths else None)

    def on_filter_list_marked(self, message: FilterList.Marked) -> None:
        """Preview the marked one."""
        message.stop()
        item = self.marked
        self.query_one(PresetPreview).show(item)
        shown, total = len(self.shown), len(self.presets)
        title_panel(
            self._panel,
            f"New from a preset · {f'{shown} of {total}' if shown < total else total}",
            self._keys,
        )
        self.post_message(self.Marked(_help(item, deploys=self._deploys)))
        self.refresh_bindings()

    def on_filter_list_chosen(self, message: FilterList.Chosen) -> None:
        """Open the chosen one."""
        message.stop()
        if (item := self.marked) is not None:
            self.post_message(self.Chosen(item))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what needs a preset where one is marked; letters go into the filter while it is typed in."""
        if action == "deploy" and not self._deploys:
            return False
        if action in ("deploy", "compare", "rename", "delete"):
            item = self.marked
            whole = action in ("deploy", "compare")
            usable = item is not None and (item.preset is not None if whole else not item.shipped)
            return usable and not self._list.is_typed_in
        return super().check_action(action, parameters)

    def action_deploy(self) -> None:
        """Deploy it as it is, after a question."""
        if (item := self.marked) is not None:
            self.post_message(self.Deploy(item))

    @work(exclusive=True, group="change-a-preset", description="renaming a preset")
    async def action_rename(self) -> None:
        """Give it another name."""
        from wizard.tui.flows.saving import rename

        if (item := self.marked) is not None and (name := await rename(self.app, item)) is not None:
            self.read_again(name)
            self.post_message(self.Renamed(item.name, name))

    @work(exclusive=True, group="change-a-preset", description="deleting a preset")
    async def action_delete(self) -> None:
        """Delete it, once that is confirmed."""
        from wizard.tui.flows.saving import delete

        if (item := self.marked) is not None and await delete(self.app, item):
            self.read_again()

    @work(exclusive=True, group="change-a-preset", description="comparing presets")
    async def action_compare(self) -> None:
        """Show in what it differs from another one."""
        from wizard.tui.flows.saving import compare

        if (item := self.marked) is not None:
            await compare(self.app, item, self.presets)


def _help(item: PresetFile | None, *, deploys: bool) -> str:
    if item is None:
        return "No preset matches.\nEsc shows all. n starts from defaults."
    about = (item.preset.about if item.preset else str(item.error)) or str(item.path)
    own = "" if item.shipped else ", m renames, Del deletes"
    deploy = ", d deploys" if deploys else ""
    return f"{about}\nEnter edits{deploy}, / filters, c compares{own}. n starts from defaults."


def _searched(item: PresetFile) -> str:
    words = (item.preset.title, item.preset.about) if item.preset else ()
    return " ".join((item.name, *words))


def _line(item: PresetFile) -> Content:
    name = Content(f"{one_line(item.name):<22} ")
    if item.preset is None:
        return name + Content.styled("can't be used: Enter tells why", "$text-error")
    return name + Content(one_line(item.preset.title)) + Content("" if item.shipped else "  ★ yours")
