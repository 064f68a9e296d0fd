"""Opening a registered template: its inputs become the forms, and nothing of it is lost."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, dashboard_shows, typed, until
from tests.tui.test_template_check import register
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.tui.flows.registered import OPEN
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm, Notice
from wizard.tui.widgets.picker import Picker

SITE = {"SITE": "O|text|Where it runs||lab", "OFFSET": "O|number|May be below zero||-3"}


async def called(pilot: Pilot[int]) -> None:
    app = pilot.app
    command = next(item for item in app.get_system_commands(app.screen) if item.title == OPEN)
    command.callback()
    await until(pilot, lambda: isinstance(app.screen, Picker), "the list")
    await typed(pilot, "Flower")
    await pilot.press("enter")


def body(**inputs: str) -> dict[str, Any]:
    return {"user_inputs": {**Plan().template()["user_inputs"], **inputs}}


async def test_its_inputs_are_the_forms_and_its_values_are_deployed(sandbox: Sandbox) -> None:
    number = register(sandbox, **body(**SITE))
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await called(pilot)
        await at(pilot, Step.SERVICE)
        assert app.session.plan.contract.title == Plan().name
        labels = [row.field.label for row in app.screen.query("FieldRow")]  # type: ignore[attr-defined]
        assert "Where it runs" in labels
        app.go(Step.SERVICE, "SITE")
        await until(pilot, lambda: any(row.has_focus_within for row in app.screen.query("#field-SITE")), "the field")
        await pilot.press("end")
        await typed(pilot, "-1")
        await pilot.press("f5")
        await at(pilot, Step.REVIEW)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        service = app.screen.snapshot  # type: ignore[attr-defined]
        assert service.values["SITE"] == "lab-1"
        templates = [item.id for item in app.session.reach().templates.list() if item.name == Plan().name]
        assert templates == [number]


async def test_what_can_t_be_filled_in_says_why(sandbox: Sandbox) -> None:
    register(sandbox, **body(SECRET="M|password|Of the registry"))
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await called(pilot)
        await until(pilot, lambda: isinstance(app.screen, Notice), "the reason")
        assert "password" in app.screen.text  # type: ignore[attr-defined]
        assert app.session.plan.contract == Plan().contract


async def test_a_draft_is_not_thrown_away_unasked(sandbox: Sandbox) -> None:
    register(sandbox, **body(**SITE))
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.session.change("FL_NUM_ROUNDS", "9")
        await called(pilot)
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("escape")
        await pilot.pause()
        assert app.session.plan.text("FL_NUM_ROUNDS") == "9"
