"""The dashboards that are kept while others are shown."""

from __future__ import annotations

from textual.app import App

from wizard.tui.screens.step import StepScreen

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
            # Its widgets go one by one: an answer that comes meanwhile must not be drawn.
            self._app.workers.cancel_node(screen)
            screen.remove()
