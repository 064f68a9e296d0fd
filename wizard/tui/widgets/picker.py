"""Choosing one of what the cloud has: a list that shrinks as one types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.cells import cell_len, set_cell_size
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from wizard.core.preflight.facts import CloudObject, Network, VmTemplate
from wizard.core.preflight.templates import lacking
from wizard.core.text import NOTHING, one_line
from wizard.tui.background import away
from wizard.tui.session import Listing
from wizard.tui.widgets.line_input import LineInput

_NAME, _OWNER = 26, 11


def heading(item: CloudObject) -> str:
    """What stands over the columns of `line`."""
    facts = ""
    if isinstance(item, VmTemplate):
        facts = f"{'CPU':>4} {'MB':>7}  CONTEXT"
    elif isinstance(item, Network):
        facts = f"{'free':>6} of {'all':>6}"
    return f"{'id':>6}  {_cut('name', _NAME)}  {_cut('owner', _OWNER)} {facts}"


def line(item: CloudObject, wanted: Mapping[str, str]) -> str:
    """The columns; `wanted` is the contract's CONTEXT."""
    facts = ""
    if isinstance(item, VmTemplate):
        missing = lacking(wanted, item.context)
        context = f"lacks {len(missing)}" if missing else "ok"
        facts = f"{_amount(item.cpu):>4} {_amount(item.memory):>7}  {context}"
    elif isinstance(item, Network):
        facts = f"{_number(item.free):>6} of {_number(item.size):>6}" + ("  full" if item.free == 0 else "")
    return f"{item.id:>6}  {_cut(item.name, _NAME)}  {_cut(item.owner, _OWNER)} {facts}"


def detail(item: CloudObject, wanted: Mapping[str, str]) -> str:
    """Everything that is known, in a few lines."""
    who = f"{item.name} · {item.owner}{f':{item.group}' if item.group else ''}"
    if isinstance(item, VmTemplate):
        disks = f"disk from {', '.join(map(str, item.images))}" if item.images else "no image"
        body = f"CPU {_amount(item.cpu)} · {_amount(item.memory)} MB · {disks}"
        missing = lacking(wanted, item.context)
        if missing:
            context = (
                f"CONTEXT: {', '.join(missing)}. The service switches it on, but a VM template without it seldom "
                "holds the Flower appliance."
            )
        else:
            asked = [key for key, value in wanted.items() if value == "YES"]
            context = f"CONTEXT has {', '.join(asked)}"
        return "\n".join(one_line(text) for text in (who, body, context))
    if isinstance(item, Network):
        if item.free is None:
            leases = "how many leases are free is not known"
        elif item.free == 0:
            leases = f"all {item.size} leases are taken: no VM can start in it"
        else:
            leases = f"{item.free} of {item.size} leases are free; a cluster takes one a VM"
        return "\n".join(one_line(text) for text in (who, leases))
    return one_line(who)


def searched(item: CloudObject) -> str:
    """What a filter is held against, in small letters."""
    images = " ".join(map(str, item.images)) if isinstance(item, VmTemplate) else ""
    return one_line(f"{item.id} {item.name} {item.owner} {images}").lower()


def _cut(text: str, width: int) -> str:
    text = one_line(text)
    return set_cell_size(text, width - 1) + "…" if cell_len(text) > width else set_cell_size(text, width)


def _amount(number: float | None) -> str:
    return NOTHING if number is None else f"{number:.15g}"


def _number(number: int | None) -> str:
    return NOTHING if number is None else str(number)


SHOWN = 200
"""Lines that are drawn at once: a keystroke costs the same in a cloud of ten and of ten thousand."""
_PAGE = 10


class Picker(ModalScreen[CloudObject | None]):
    """A filter over a list, and under it what is known of the marked one. Enter takes that one, Esc none.

    `wanted` is the CONTEXT that the contract asks for; `ask_again` blocks, and is called away from the screen;
    `leaving` says what Esc does.
    """

    CSS_PATH = "picker.tcss"
    HELP = (
        "What the cloud has. Type words to filter by id, name, owner or image; Up and Down mark a line, Enter takes it "
        "into the field. Under the list stands what is known of the marked one."
    )
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("down", "move(1)", "Next", show=False, priority=True),
        Binding("up", "move(-1)", "Previous", show=False, priority=True),
        Binding("pagedown", f"move({_PAGE})", "Further", show=False, priority=True),
        Binding("pageup", f"move(-{_PAGE})", "Back", show=False, priority=True),
        Binding("ctrl+r", "refresh_list", "Ask again"),
    ]

    def __init__(
        self,
        title: str,
        objects: Sequence[CloudObject],
        *,
        wanted: Mapping[str, str] | None = None,
        ask_again: Callable[[], Listing | None] | None = None,
        leaving: str = "Esc leaves the field",
    ) -> None:
        super().__init__()
        self.heading, self.wanted, self._ask_again, self._leaving = title, wanted or {}, ask_again, leaving
        self._take_in(objects)

    def compose(self) -> ComposeResult:
        """Title, filter, list, what is marked."""
        with Vertical(classes="dialog tall wide"):
            yield Static(self.heading, classes="dialog-title", markup=False)
            yield LineInput(placeholder="type to filter by id, name, owner or image")
            yield Static("", id="columns", markup=False)
            yield OptionList(markup=False, compact=True)
            yield Static("", id="marked", markup=False)
            yield Static("", id="count", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Show everything at first."""
        self._fill()
        self.query_one(Input).focus()

    def on_input_changed(self) -> None:
        """Show what matches."""
        self._fill()

    def on_input_submitted(self) -> None:
        """Take the marked one."""
        marked = self._marked()
        if marked is not None:
            self.dismiss(marked)

    def on_option_list_option_highlighted(self) -> None:
        """Tell what is known of the marked one."""
        self._tell()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the clicked one."""
        self.dismiss(self._by_id[event.option.id or ""])

    def action_move(self, by: int) -> None:
        """Move the mark without leaving the filter."""
        options = self.query_one(OptionList)
        if options.option_count:
            options.highlighted = min(max((options.highlighted or 0) + by, 0), options.option_count - 1)

    @work(exclusive=True, group="refresh", description="asking again what there is")
    async def action_refresh_list(self) -> None:
        """Ask the cloud again; what was typed and marked stays."""
        if self._ask_again is None:
            return
        self.query_one("#count", Static).update("asking the cloud…")
        found = await away(self._ask_again)
        if found is not None and found.error is None:
            self._take_in(found.objects)
        elif found is not None:
            self.notify(str(found.error), title="The list is the old one", severity="warning", markup=False)
        self._fill()

    def _take_in(self, objects: Sequence[CloudObject]) -> None:
        self._by_id = {str(item.id): item for item in objects}
        self.objects = tuple(self._by_id.values())
        self._searched = [searched(item) for item in self.objects]

    def _fill(self) -> None:
        words = self.query_one(Input).value.lower().split()
        marked = self._marked()
        pairs = zip(self.objects, self._searched, strict=True)
        found = [item for item, text in pairs if all(word in text for word in words)]
        shown = found[:SHOWN]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(Content(line(item, self.wanted)), id=str(item.id)) for item in shown)
        if shown:
            options.highlighted = shown.index(marked) if marked in shown else 0
            self.query_one("#columns", Static).update(heading(shown[0]))
        self._tell()
        more = f"; the first {SHOWN} are shown: type to narrow them" if len(found) > SHOWN else ""
        count = f"{len(found):,} of {len(self.objects):,}{more}"
        again = " · ^r asks again" if self._ask_again else ""
        self.query_one("#count", Static).update(f"{count} · Enter takes it · {self._leaving}{again}")

    def _tell(self) -> None:
        marked = self._marked()
        self.query_one("#marked", Static).update(detail(marked, self.wanted) if marked else "nothing matches")

    def _marked(self) -> CloudObject | None:
        options = self.query_one(OptionList)
        if options.highlighted is None or options.highlighted >= options.option_count:
            return None
        return self._by_id.get(options.get_option_at_index(options.highlighted).id or "")
