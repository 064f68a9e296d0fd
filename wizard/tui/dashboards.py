"""The dashboards that are open: going to another service loses neither events nor a restart that is under way."""

from __future__ import annotations

from textual.app import App

from wizard.cloud.answers import Poll
from wizard.cloud.errors import CloudError
from wizard.tui.background import away
from wizard.tui.screens.step import StepScreen
from wizard.tui.session import Session

MOST = 8
"""How many are kept; one that is restarting SuperNodes is never dropped."""


class Dashboards:
    """The screens of services, by id, the one that was shown last at the end."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._open: dict[int, StepScreen] = {}

    def of(self, service_id: int) -> StepScreen | None:
        """The dashboard of a service, if it is open; it becomes the last one."""
        found = self._open.pop(service_id, None)
        if found is not None:
            self._open[service_id] = found
        return found

    def keep(self, service_id: int, screen: StepScreen) -> None:
        """Keep this one from now on, and let the oldest go where there are too many."""
        if self._open.get(service_id) is screen:
            return
        self._open[service_id] = screen
        self._app.install_screen(screen, f"service-{service_id}-{id(screen)}")
        for old in [number for number, item in self._open.items() if item is not screen and not item.is_busy]:
            if len(self._open) <= MOST:
                break
            self._drop(old)

    def forget(self, service_id: int) -> None:
        """Let go of a service that is no more; while it is shown, it stays until something else is."""
        if service_id in self._open and not self._open[service_id].is_current:
            self._drop(service_id)

    def _drop(self, service_id: int) -> None:
        screen = self._open.pop(service_id)
        self._app.uninstall_screen(screen)
        if screen not in self._app.screen_stack:
            screen.remove()


async def service_named(app: App[int], session: Session, reference: str) -> Poll | None:
    """The service of that name or id; where there is none, a dialog says so. To be awaited in a worker."""
    listed = session.connection.services if session.connection else ()
    try:
        cloud = session.reach()
        return await away(lambda: cloud.services.look_up(reference, listed))
    except CloudError as error:
        from wizard.tui.widgets.dialogs import trouble

        app.push_screen(trouble(error))
        return None
