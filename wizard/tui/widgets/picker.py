"""Choosing one of what the cloud has: a list that shrinks as one types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.cells import cell_len, set_cell_size
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from wizard.core.preflight.facts import CloudObject, Network, VmTemplate
from wizard.core.preflight.templates import lacking
from wizard.core.text import NOTHING, one_line
from wizard.tui.background import run_in_thread
from wizard.tui.session import Listing
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.filter_list import FilterList

_NAME, _OWNER = 26, 11


def heading(item: CloudObject) -> str:
    """Heading over the columns of `line`."""
    facts = ""
    if isinstance(item, VmTemplate):
        facts = f"{'CPU':>4} {'MB':>7}  CONTEXT"
    elif isinstance(item, Network):
        facts = f"{'free':>6} of {'all':>6}"
    return f"{'id':>6}  {_cut('name', _NAME)}  {_cut('owner', _OWNER)} {facts}"


def line(item: CloudObject, wanted: Mapping[str, str]) -> str:
    """The columns; `wanted` is the contract's CONTEXT."""
    if item.id < 0:
        return f"{'':6}  {item.name}"
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
    if item.id < 0:
        return "The cloud has none of the appliance yet. An image of a Linux distribution is all that is needed."
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
            leases = f"{item.free} of {item.size} leases are free; each VM needs one lease"
        return "\n".join(one_line(text) for text in (who, leases))
    return one_line(who)


def searched(item: CloudObject) -> str:
    """The text that the filter is held against."""
    images = " ".join(map(str, item.images)) if isinstance(item, VmTemplate) else ""
    return one_line(f"{item.id} {item.name} {item.owner} {images}")


def _cut(text: str, width: int) -> str:
    text = one_line(text)
    return set_cell_size(text, width - 1) + "…" if cell_len(text) > width else set_cell_size(text, width)


def _amount(number: float | None) -> str:
    return NOTHING if number is None else f"{number:.15g}"


def _number(number: int | None) -> str:
    return NOTHING if number is None else str(number)


SHOWN = 200
"""Lines that are drawn at once."""


class Picker(Dialog[CloudObject | None]):
    """A filter over a list, and under it what is known of the marked one. Enter takes that one, Esc none.

    `wanted` is the CONTEXT that the contract asks for; `ask_again` blocks, and is called away from the screen;
    `leaving` says what Esc does, `about` what else is known of one. An object whose id is negative is none of the
    cloud's: its name alone is shown.
    """

    CSS_PATH = "picker.tcss"
    SHAPE = "tall wide"
    HELP = (
        "What the cloud has. Type words to filter by id, name, owner or image; Up and Down mark a line, Enter takes it "
        "into the field. Under the list stands what is known of the marked one."
    )
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+r", "refresh_list", "Refresh"),
    ]

    def __init__(
        self,
        title: str,
        objects: Sequence[CloudObject],
        *,
        wanted: Mapping[str, str] | None = None,
        ask_again: Callable[[], Listing | None] | None = None,
        leaving: str = "Esc leaves the field",
        about: Callable[[CloudObject], str] = lambda _: "",
    ) -> None:
        super().__init__()
        self.heading, self.wanted, self._ask_again, self._leaving = title, wanted or {}, ask_again, leaving
        self.objects = _by_id(objects)
        self._about = about
        self._list: FilterList[CloudObject] = FilterList(
            "objects",
            key=lambda item: item.id,
            words=searched,
            draw=self._lines,
            placeholder="type to filter by id, name, owner or image",
            nothing="nothing matches",
            typing=True,
            most=SHOWN,
        )

    def compose_dialog(self) -> ComposeResult:
        """Filter, list, what is marked."""
        yield self._list
        yield Static("", id="marked", markup=False)
        yield Static("", id="count", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Show everything at first."""
        self._list.show(self.objects)

    def on_filter_list_marked(self) -> None:
        """Say what is known of the marked one, and how many there are."""
        marked, found, all_of_them = self._list.marked, len(self._list.matching), len(self.objects)
        said = "\n".join(filter(None, (detail(marked, self.wanted), one_line(self._about(marked))))) if marked else ""
        self.query_one("#marked", Static).update(said or "nothing matches")
        more = f"; the first {SHOWN} are shown: type to narrow them" if found > SHOWN else ""
        again = " · ^r asks again" if self._ask_again else ""
        self.query_one("#count", Static).update(
            f"{found:,} of {all_of_them:,}{more} · Enter takes it · {self._leaving}{again}"
        )

    def on_filter_list_chosen(self) -> None:
        """Take it."""
        self.dismiss(self._list.marked)

    @work(exclusive=True, group="refresh", description="asking again what there is")
    async def action_refresh_list(self) -> None:
        """Ask the cloud again; what was typed and marked stays."""
        if self._ask_again is None:
            return
        self.query_one("#count", Static).update("asking the cloud…")
        found = await run_in_thread(self._ask_again)
        if found is not None and found.error is None:
            self.objects = _by_id([*(item for item in self.objects if item.id < 0), *found.objects])
        elif found is not None:
            self.notify(str(found.error), title="The list is the old one", severity="warning", markup=False)
        self._list.show(self.objects)

    def _lines(self, items: Sequence[CloudObject], _: int) -> tuple[str, list[Content]]:
        real = next((item for item in items if item.id >= 0), items[0])
        return heading(real), [Content(line(item, self.wanted)) for item in items]


def _by_id(objects: Sequence[CloudObject]) -> tuple[CloudObject, ...]:
    """One of each id: an answer may have an object twice."""
    return tuple({item.id: item for item in objects}.values())
