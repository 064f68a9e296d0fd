"""What F1 shows: what a screen is for, and the keys that work on it, from the bindings themselves."""

from __future__ import annotations

from textual.app import App

from wizard.tui.screens.step import StepScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Notice


def help_page(app: App[int], screen: StepScreen) -> Notice:
    """The help of a screen."""
    steps = [(f"F{step.number}", step.title) for step in Step if step is not Step.HOME]
    keys = [
        (active.binding.key, active.binding.description)
        for active in screen.active_bindings.values()
        if active.node in (screen, app) and active.binding.show and not active.binding.system
    ]
    lines = [f"{key:<10} {title}" for key, title in dict.fromkeys([*steps, *keys])]
    return Notice(f"Help: {screen.step.title}", f"{screen.HELP}\n\n" + "\n".join(lines))
