"""Commands of the palette (Ctrl+P)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.screen import Screen

from wizard.core.cluster.events import HOWS
from wizard.storage.files import PresetFileError
from wizard.storage.preferences import THEMES, remember
from wizard.tui.flows.registered import OPEN, TITLE
from wizard.tui.screens.step import StepScreen
from wizard.tui.steps import Step

if TYPE_CHECKING:
    from wizard.tui.navigation import Wizard


def choose_theme(app: Wizard, name: str) -> None:
    """Use a theme from now on; without colours there is only one, and the choice is for the next time."""
    if app.look.colors == "none":
        app.notify("Colours are off (NO_COLOR, or --colors none): it is used the next time.", markup=False)
    else:
        app.theme = name
    _remember(app, "theme", name)


def choose_notifying(app: Wizard, how: str) -> None:
    """Announce news in this way from now on."""
    app.notifies = how
    _remember(app, "notify", how)


def _remember(app: Wizard, name: str, value: str) -> None:
    try:
        remember(name, value)
    except PresetFileError as error:
        app.notify(str(error), title="Not remembered", severity="warning", markup=False)


def commands(app: Wizard, screen: Screen[object]) -> Iterator[SystemCommand]:
    """The steps and the verbs, where there is no dialog; the themes everywhere."""
    if isinstance(screen, StepScreen):
        for step in Step:
            key = "" if step is Step.HOME else f"F{step.number}"
            yield SystemCommand(f"Go to {step.title}", key, lambda step=step: app.go(step))
        yield SystemCommand("Go to another service", "g on the dashboard", app.switch_service)
        yield SystemCommand(OPEN, "Its own inputs become the forms", app.open_template)
        yield SystemCommand(TITLE, "What is wrong with it, and what to write instead", app.check_template)
        yield SystemCommand("Take up the kept draft", "Left by an earlier session", app.take_up_draft)
        yield SystemCommand("Show the tour", "What this does, the keys, where things are kept", app.show_tour)
        yield SystemCommand("Save as preset", "Ctrl+S", app.action_save)
        yield SystemCommand("Quit", "Ctrl+Q", app.action_leave)
    for name in THEMES:
        if name in app.available_themes:
            yield SystemCommand(f"Theme: {name}", "kept for the next time", lambda name=name: choose_theme(app, name))
    for how in HOWS:
        effect = "when a service is RUNNING or in trouble; kept for the next time"
        yield SystemCommand(f"Notify: {how}", effect, lambda how=how: choose_notifying(app, how))
