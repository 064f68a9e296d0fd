"""Going from the dashboard of one service to that of another."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError
from wizard.core.views.service_rows import service_rows
from wizard.tui.background import away
from wizard.tui.session import Session
from wizard.tui.widgets.service_list import ServiceList


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
