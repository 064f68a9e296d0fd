"""Checking a registered template from the palette: the list, the findings, and clouds that have none."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.tui.conftest import login_of, wizard_on
from tests.tui.pressing import connected, told, until
from wizard.cloud.cloud import Cloud
from wizard.cloud.templates import Templates
from wizard.core.plan.plan import Plan, to_json
from wizard.core.plan.template_check import NO_FLOWER
from wizard.sandbox.server import Sandbox
from wizard.tui.flows.registered import TITLE, Findings
from wizard.tui.screens.home import HomeScreen
from wizard.tui.widgets.dialogs import Notice
from wizard.tui.widgets.picker import Picker


def register(sandbox: Sandbox, **changes: Any) -> int:
    """A template of ours, changed, in the cloud; its id."""
    client = Cloud(login_of(sandbox))
    try:
        return client.templates.register(to_json({**Plan().template(), **changes}))
    finally:
        client.close()


async def called(pilot: Pilot[int]) -> None:
    """The command of the palette, by its name."""
    app = pilot.app
    command = next(item for item in app.get_system_commands(app.screen) if item.title == TITLE)
    command.callback()
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_template_is_chosen_and_its_findings_are_told(sandbox: Sandbox, size: tuple[int, int]) -> None:
    register(sandbox, name="broken [b]one", deployment="none", shutdown_action="shutdown-hard")
    app = wizard_on(sandbox)
    async with app.run_test(size=size) as pilot:
        await connected(pilot)
        await called(pilot)
        await until(pilot, lambda: isinstance(app.screen, Picker), "the list")
        await pilot.press(*"broken")
        await until(pilot, lambda: "1 of 2" in str(app.screen.query_one("#count", Static).content), "one line")
        assert "field" not in str(app.screen.query_one("#count", Static).content)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Findings), "the findings")
        page = app.screen
        assert isinstance(page, Findings)
        assert page.heading.endswith("broken [b]one")
        assert "error: deployment: none: expected straight" in page.text
        assert '  fix: Write "straight".' in page.text
        assert "warning: shutdown_action: shutdown-hard powers the VMs off" in page.text
        assert page.query_one(".dialog").region.contains_region(page.query_one(".dialog-text").region)
        await pilot.press("c")
        await until(pilot, lambda: "fix: " in app.clipboard, "the copy")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen), "Home")


async def test_what_is_no_flower_service_says_so(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await called(pilot)
        await until(pilot, lambda: isinstance(app.screen, Picker), "the list")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Notice), "the findings")
        page = app.screen
        assert isinstance(page, Findings)
        assert NO_FLOWER in page.text
        console = Console(width=200, color_system=None)
        with console.capture() as drawn:
            console.print(page.body)
        assert " ".join(drawn.get().split()) == NO_FLOWER


async def test_a_template_in_order_has_no_problems_but_notes(sandbox: Sandbox) -> None:
    register(sandbox, name="fine")
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await called(pilot)
        await until(pilot, lambda: isinstance(app.screen, Picker), "the list")
        await pilot.press(*"fine", "enter")
        await until(pilot, lambda: isinstance(app.screen, Findings), "the findings")
        text = app.screen.text  # type: ignore[attr-defined]
        assert "error" not in text
        assert "note: " in text


async def test_esc_leaves_and_the_list_can_be_asked_for_again(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await called(pilot)
        await until(pilot, lambda: isinstance(app.screen, Picker), "the list")
        register(sandbox, name="late")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "2 of 2" in str(app.screen.query_one("#count", Static).content), "the new one")
        app.screen.query_one(Input).value = "late"
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Findings), "the findings of the new one")
        await pilot.press("escape")
        await called(pilot)
        await until(pilot, lambda: isinstance(app.screen, Picker), "the list")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen), "Home")


async def test_hostile_names_are_text(sandbox_of: Any) -> None:
    app = wizard_on(sandbox_of("hostile-names"))
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await called(pilot)
        await until(pilot, lambda: isinstance(app.screen, Picker), "the list")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Notice), "the findings")
        assert "[/]" in app.screen.heading  # type: ignore[attr-defined]


async def test_no_contact_and_no_template_are_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        monkeypatch.setattr(Templates, "list", lambda _: ())
        await called(pilot)
        await until(pilot, lambda: any("No service template" in item for item in told(pilot)), "a word")
        monkeypatch.undo()
        sandbox.stop()
        await called(pilot)
        await until(pilot, lambda: isinstance(app.screen, Notice), "why not")
