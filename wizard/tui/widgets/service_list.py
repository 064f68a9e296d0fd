"""The Flower services of the cloud in columns, filtered by typing."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError
from wizard.core.text import one_line
from wizard.core.views.rows import ServiceRow, matching, rough, service_rows
from wizard.tui.background import away
from wizard.tui.session import Session
from wizard.tui.widgets.line_input import LineInput
from wizard.tui.widgets.lines import QuietLine

_GAP = 2
_MOST = {"id": 6, "name": 40, "state": 20, "ready": 9, "age": 7, "owner": 12, "trouble": 40}
_SPARE = ("owner", "age")
"""What is left out first where there is no room."""


def columns(rows: Sequence[ServiceRow], width: int) -> tuple[str, tuple[str, ...]]:
    """The heading, and a line for each row, in so many cells."""
    cells = {
        "id": [str(row.id) for row in rows],
        "name": [one_line(row.name) for row in rows],
        "state": [row.state for row in rows],
        "ready": [row.count for row in rows],
        "age": [rough(row.age) for row in rows],
        "owner": [one_line(row.owner) for row in rows],
        "trouble": [row.trouble for row in rows],
    }
    wide = {key: min(_MOST[key], max(map(cell_len, (key, *texts)))) for key, texts in cells.items()}
    for spare in _SPARE:
        if sum(wide.values()) + _GAP * (len(wide) - 1) <= width:
            break
        del wide[spare]
    over = sum(wide.values()) + _GAP * (len(wide) - 1) - width
    wide["name"] = max(8, wide["name"] - max(0, over))
    gap = " " * _GAP
    lines = (
        gap.join(_cut(text, wide[key]) for key, text in zip(wide, texts, strict=True)).rstrip()
        for texts in zip(*(cells[key] for key in wide), strict=True)
    )
    return gap.join(_cut(key, wide[key]) for key in wide).rstrip(), tuple(lines)


def _cut(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text)) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


class Filter(LineInput):
    """The line in which one types what is looked for; hidden until then."""

    BINDINGS = [Binding("down,up", "browse", "List", show=False)]

    def action_browse(self) -> None:
        """Go to the list below."""
        self.screen.query_one("#services").focus()


class ServiceList(Vertical):
    """The services. Posts `Chosen` for the one to attach to. `show` draws only what differs."""

    DEFAULT_CSS = """
    ServiceList {
        height: 1fr;
        min-height: 3;

        #services-filter {
            height: 1;
        }

        #services-columns {
            height: 1;
            color: $text-muted;
        }

        #services {
            height: 1fr;
        }
    }
    """
    BINDINGS = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("escape", "stop_filtering", "All services", show=False),
    ]

    class Chosen(Message):
        """The dashboard of this service is wanted."""

        def __init__(self, service_id: int) -> None:
            super().__init__()
            self.service_id = service_id

    def __init__(self, *, typing: bool = False) -> None:
        super().__init__(id="service-list")
        self.rows: tuple[ServiceRow, ...] = ()
        self.said = "asking…"
        self.typing = typing
        self._drawn: tuple[tuple[str, ...], tuple[int, ...]] | None = None

    def compose(self) -> ComposeResult:
        """The filter over the headings over the list."""
        yield Filter(placeholder="type to filter by id, name, state, owner or trouble", id="services-filter")
        yield QuietLine(id="services-columns")
        yield OptionList(id="services", markup=False, compact=True)

    def on_mount(self) -> None:
        """Nothing is known at first."""
        filter_line = self.query_one(Filter)
        filter_line.display = self.typing
        if self.typing:
            filter_line.focus()
        self._draw()

    def show(self, rows: tuple[ServiceRow, ...], said: str = "") -> None:
        """Show these rows; `said` stands there where there are none, or before them where something is missing."""
        self.rows, self.said = rows, said
        self._draw()

    def on_resize(self) -> None:
        """The columns depend on the width."""
        self._draw()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches."""
        event.stop()
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Attach to the marked one."""
        event.stop()
        options = self.query_one(OptionList)
        if options.highlighted is not None and (chosen := options.get_option_at_index(options.highlighted).id):
            self.post_message(self.Chosen(int(chosen)))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Attach to a service."""
        event.stop()
        if event.option.id is not None:
            self.post_message(self.Chosen(int(event.option.id)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A letter goes into the filter while it is typed in."""
        filter_line = self.query_one(Filter)
        if action == "filter":
            return not filter_line.has_focus
        if action == "stop_filtering":
            return filter_line.display and not self.typing
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Type what is looked for."""
        filter_line = self.query_one(Filter)
        filter_line.display = True
        filter_line.focus()

    def action_stop_filtering(self) -> None:
        """Show all services again."""
        filter_line = self.query_one(Filter)
        filter_line.value = ""
        filter_line.display = False
        self.query_one(OptionList).focus()

    def _draw(self) -> None:
        if len(self.query("Filter, #services-columns, OptionList")) < 3:
            return  # Its parts come a moment after it, and go a moment before it.
        shown = matching(self.rows, self.query_one(Filter).value)
        heading, lines = columns(shown, max(20, self.size.width - 3)) if shown else ("", ())
        ids = tuple(row.id for row in shown)
        said = self.said or ("no service has these words" if self.rows and not shown else "" if shown else "none")
        if self._drawn == ((said, heading, *lines), ids):
            return
        self._drawn = ((said, heading, *lines), ids)
        columns_line = self.query_one("#services-columns", QuietLine)
        columns_line.display = bool(shown)
        columns_line.show(heading)
        options = self.query_one(OptionList)
        marked = None
        if options.highlighted is not None and options.highlighted < options.option_count:
            marked = options.get_option_at_index(options.highlighted).id
        options.clear_options()
        if said:
            options.add_option(Option(Content.styled(one_line(said), "$text-muted"), disabled=True))
        options.add_options(
            Option(Content.styled(line, "$text-error") if row.grave else Content(line), id=str(row.id))
            for line, row in zip(lines, shown, strict=True)
        )
        if ids:
            first = 1 if said else 0
            options.highlighted = first + ids.index(int(marked)) if marked and int(marked) in ids else first


class ServiceSwitch(ModalScreen[int | None]):
    """The services of the cloud; Enter gives the id of the marked one, Esc none."""

    HELP = (
        "The Flower services of this cloud. Type words to filter, Up and Down mark one, Enter shows its dashboard. "
        "The one that you leave is followed further, and what is being restarted in it goes on."
    )
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("down", "move(1)", "Next", show=False, priority=True),
        Binding("up", "move(-1)", "Previous", show=False, priority=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def compose(self) -> ComposeResult:
        """Title and list."""
        with Vertical(classes="dialog tall wide"):
            yield Static("Go to another service", classes="dialog-title", markup=False)
            yield ServiceList(typing=True)
            yield Static("Enter shows its dashboard · Esc stays", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        """Ask for them; what was seen last stands there meanwhile."""
        session = self.session
        if session.services:
            self.query_one(ServiceList).show(service_rows(session.services, session.clock()))
        if session.cloud is not None:
            self.run_worker(self._ask(session.cloud), group="services", description="listing services")

    async def _ask(self, cloud: Cloud) -> None:
        session = self.session
        try:
            session.services = (await away(lambda: cloud.services.poll_all(session.services))).services
        except CloudError as error:
            self.query_one(ServiceList).show(service_rows(session.services, session.clock()), str(error))
            return
        self.query_one(ServiceList).show(service_rows(session.services, session.clock()))

    def on_service_list_chosen(self, message: ServiceList.Chosen) -> None:
        """Take it."""
        self.dismiss(message.service_id)

    def action_move(self, by: int) -> None:
        """Move the mark without leaving the filter."""
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()
