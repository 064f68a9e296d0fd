"""The dialog that goes from the dashboard of a service to that of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding

from wizard.cloud.errors import CloudError
from wizard.tui.background import run_in_thread
from wizard.tui.session import Session
from wizard.tui.widgets.dialogs import Dialog
from wizard.tui.widgets.service_list import ServiceList

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud


class ServiceSwitch(Dialog[int | None]):
    """The services of the cloud; Enter gives the id of the marked one, Esc none."""

    HELP = (
        "The Flower services of this cloud. Type words to filter, Up and Down mark one, Enter shows its dashboard. "
        "The one that you leave is followed further, and what is being restarted in it goes on."
    )
    SHAPE = "tall wide"
    BINDINGS = [Binding("escape", "dismiss(None)", "Stay")]

    heading = "Go to another service"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def compose_dialog(self) -> ComposeResult:
        """The list."""
        yield ServiceList(typing=True)

    def on_mount(self) -> None:
        """Ask for them; what was seen last stands there meanwhile."""
        session = self.session
        if session.services:
            self.query_one(ServiceList).show_services(session.services, session.clock())
        if session.cloud is not None:
            self.run_worker(self._ask(session.cloud), group="services", description="listing services")

    async def _ask(self, cloud: Cloud) -> None:
        session = self.session
        try:
            session.services = (await run_in_thread(lambda: cloud.services.poll_all(session.services))).services
        except CloudError as error:
            self.query_one(ServiceList).show_services(session.services, session.clock(), str(error))
            return
        self.query_one(ServiceList).show_services(session.services, session.clock())

    def on_service_list_chosen(self, message: ServiceList.Chosen) -> None:
        """Take it."""
        self.dismiss(message.row.id)
