"""What the operator chooses once and has the next time too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.storage.files import PresetFileError
from wizard.storage.preferences import remember

if TYPE_CHECKING:
    from wizard.tui.app import WizardApp


def choose_theme(app: WizardApp, name: str) -> None:
    """Use a theme from now on; without colours there is only one, and the choice is for the next time."""
    if app.look.colors == "none":
        app.notify("Colours are off (NO_COLOR, or --colors none): it is used the next time.", markup=False)
    else:
        app.theme = name
    _remember(app, "theme", name)


def choose_notifying(app: WizardApp, how: str) -> None:
    """Be told aloud in this way from now on."""
    app.notifies = how
    _remember(app, "notify", how)


def _remember(app: WizardApp, name: str, value: str) -> None:
    try:
        remember(name, value)
    except PresetFileError as error:
        app.notify(str(error), title="Not remembered", severity="warning", markup=False)
