"""Commands of the palette (Ctrl+P): whatever a key does now on the screen below it, and what has no key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.binding import ActiveBinding, Binding
from textual.screen import Screen

from wizard.storage.files import PresetFileError
from wizard.storage.preferences import HOWS, THEMES, remember
from wizard.tui.flows.registered import OPEN, TITLE
from wizard.tui.screens.step import StepScreen
from wizard.tui.steps import Step

if TYPE_CHECKING:
    from wizard.tui.navigation import Wizard


def choose_theme(app: Wizard, name: str) -> None:
    """Use a theme from now on; without colours there is only one, and the choice is for the next time."""
    if app.look.colors == "none":
        app.notify(
            "Colours are off (NO_COLOR or --colors none). The next start with colours uses it.",
            markup=False,
        )
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
        app.notify(str(error), title="Not saved", severity="warning", markup=False)


def key_commands(app: Wizard, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """A command for each key that works now on the screen, in the words of its binding, with the key beside it.

    `commands` has the application's own keys: to them the palette itself is the screen.
    """
    keys: dict[tuple[str, str], list[ActiveBinding]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if active.enabled and active.node is not app and _is_ours(active):
            keys.setdefault((binding.action, binding.description), []).append(active)
    for (action, description), found in keys.items():
        names = " ".join(dict.fromkeys(app.get_key_display(active.binding) for active in found))
        tooltip = found[0].binding.tooltip or f"On {screen_title(screen)}"
        yield SystemCommand(titled(description, names), tooltip, _running(app, action, found[0]))


def titled(description: str, keys: str) -> str:
    """A command with its keys on the same line."""
    return f"{description} · {keys}" if keys else description


def screen_title(screen: Screen[Any]) -> str:
    """The name of a screen, as the rail has it."""
    return screen.step.title if isinstance(screen, StepScreen) else str(screen.title or "this screen")


def _is_ours(active: ActiveBinding) -> bool:
    """Whether it is a key of ours: Textual's own move the cursor, and are no commands."""
    declared = (
        item
        for kind in type(active.node).__mro__
        if kind.__module__.startswith("wizard.")
        for item in vars(kind).get("BINDINGS", ())
    )
    meant = (active.binding.action, active.binding.description)
    return bool(meant[1]) and any(
        isinstance(item, Binding) and (item.action, item.description) == meant for item in declared
    )


def _running(app: Wizard, action: str, active: ActiveBinding) -> Callable[[], None]:
    async def run() -> None:
        await app.run_action(action, active.node)

    # The palette is closed by then, so that an action that opens a dialog opens it on the screen below.
    def start() -> None:
        app.call_later(run)

    return start


def commands(app: Wizard, screen: Screen[object]) -> Iterator[SystemCommand]:
    """The steps and the verbs, where there is no dialog; the themes everywhere."""
    if isinstance(screen, StepScreen):
        yield from key_commands(app, screen)
        for step in Step:
            if step is Step.DASHBOARD and app.session.service_id is None:
                continue
            key = "" if step is Step.HOME else f"F{step.number}"
            yield SystemCommand(titled(f"Go to {step.title}", key), "Step", lambda step=step: app.go(step))
        yield SystemCommand("Open another service", "Choose the service to watch", app.switch_service)
        yield SystemCommand(OPEN, "Its inputs become the forms", app.open_template)
        yield SystemCommand(TITLE, "List its problems and how to fix them", app.check_template)
        yield SystemCommand("Take up the kept draft", "From an earlier session", app.take_up_draft)
        yield SystemCommand("Show the tour", "What the wizard does, its keys, where files are", app.show_tour)
        yield SystemCommand(titled("Save as preset", "Ctrl+S"), "Keep the draft as your own preset", app.action_save)
        yield SystemCommand(titled("Quit", "Ctrl+Q"), "Leave the wizard; services go on", app.action_leave)
    for name in THEMES:
        if name in app.available_themes:
            yield SystemCommand(f"Theme: {name}", "Kept for later", lambda name=name: choose_theme(app, name))
    for how in HOWS:
        effect = "When a service is RUNNING or in trouble; remembered for the next start"
        yield SystemCommand(f"Notify: {how}", effect, lambda how=how: choose_notifying(app, how))
