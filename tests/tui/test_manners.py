"""What people expect of a tool: Tab selects, words in passing cover nothing, Ctrl+Q twice quits, dialogs have keys."""

from __future__ import annotations

import pytest
from textual.widgets import Input
from textual.widgets._toast import Toast

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, line, until, words
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.tui.screens import step as step_screen
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Ask, Confirm
from wizard.tui.widgets.lines import KeyLine


async def test_a_field_that_tab_enters_is_replaced_by_typing(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.SUPERLINK, "superlink.vm_template")
        await at(pilot, Step.SUPERLINK)
        await pilot.press("tab", "7")
        assert app.session.plan.text("FL_NUM_ROUNDS") == "7"


async def test_a_word_in_passing_stands_in_the_help_line_and_goes_with_a_key(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_screen, "SAID_FOR", 0.0)
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.SUPERLINK, "FL_NUM_ROUNDS")
        await at(pilot, Step.SUPERLINK)
        help_text = line(pilot, "#help-line")
        await pilot.press("f9")
        await until(pilot, lambda: "default already" in line(pilot, "#help-line"), "the word")
        assert not app.screen.query(Toast)
        await pilot.press("right")
        assert line(pilot, "#help-line") == help_text


async def test_a_word_is_not_taken_away_by_the_key_that_was_on_its_way(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.SUPERLINK, "FL_NUM_ROUNDS")
        await at(pilot, Step.SUPERLINK)
        await pilot.press("f9", "right")
        assert "default already" in line(pilot, "#help-line")


async def test_the_help_line_does_not_push_the_form_about(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.SUPERLINK)
        await at(pilot, Step.SUPERLINK)
        heights = set()
        for _ in range(6):
            heights.add(app.screen.query_one("#form").region.height)
            await pilot.press("tab")
        assert len(heights) == 1


async def test_ctrl_q_twice_quits_and_once_asks(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.session.change("FL_NUM_ROUNDS", "9")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert app.focused is not None
        assert app.focused.id == "no"
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.return_code == 0, "the end")


async def test_a_dialog_shows_its_own_keys_and_its_answer_is_checked_in_it(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.push_screen(
            Ask("How many?", "SuperNodes", "2", lambda text: "" if text.isdigit() else "Enter a whole number.")
        )
        await until(pilot, lambda: isinstance(app.screen, Ask), "the question")
        assert {key.does for key in app.screen.query_one(KeyLine).keys} == {"Help", "Cancel"}
        await pilot.press("a", "b", "enter")
        assert "Enter a whole number." in words(app)
        assert app.screen.query_one(Input).value == "ab"
        await pilot.press("backspace")
        assert "Enter a whole number." not in words(app)
