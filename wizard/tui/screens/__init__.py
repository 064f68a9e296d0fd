"""The screens, in the order in which an operator meets them."""

from __future__ import annotations

from wizard.tui.screens.step import StepScreen
from wizard.tui.steps import DEPLOY, Step


def make(step: Step, focus: str, service_id: int | None) -> StepScreen:
    """A fresh screen for a step, with `focus` on a field, on the service of that id on Home, or on the question of
    Review. Each is imported when it is first shown, so that the first paint comes early."""
    if step is Step.HOME:
        from wizard.tui.screens.home import HomeScreen

        return HomeScreen(int(focus) if focus else None)
    if step is Step.REVIEW:
        from wizard.tui.screens.review import ReviewScreen

        return ReviewScreen(deploy=focus == DEPLOY)
    if step is Step.DASHBOARD:
        from wizard.tui.screens.dashboard import DashboardScreen

        return DashboardScreen(service_id)
    from wizard.tui.screens.settings import SettingsScreen

    return SettingsScreen(step, focus)
