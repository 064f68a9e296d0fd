"""The preflight on the Review screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import TabbedContent

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, until, words
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CredentialsMissing
from wizard.core.plan.plan import Plan
from wizard.core.preflight import Result
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm, Notice
from wizard.tui.widgets.review_tabs import PreflightList

PLAN = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})


async def on_review(pilot: Pilot[int]) -> PreflightList:
    """Go to Review; its list, which has asked nothing yet."""
    await connected(pilot)
    await pilot.press("f5")
    await at(pilot, Step.REVIEW)
    found = pilot.app.screen.query_one(PreflightList)
    assert found.findings == ()
    return found


def lines(found: PreflightList) -> list[str]:
    """What the list shows."""
    return [str(option.prompt) for option in found.options]


async def test_p_asks_and_the_errors_stand_in_the_question(sandbox_of: Callable[[str], Sandbox]) -> None:
    app = wizard_on(sandbox_of("no-capacity"), plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        found = await on_review(pilot)
        await pilot.press("p")
        await until(pilot, lambda: bool(found.findings), "the findings")
        assert app.screen.query_one(TabbedContent).active == "preflight-tab"
        shown = lines(found)
        assert shown[0].startswith("1 error, 1 unknown, 14 ok")
        assert next(line for line in shown if line.startswith("× error")).split()[2] == "Hosts"
        assert {line.split()[1] for line in shown[1:]} == {"ok", "error", "unknown"}
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Notice), "one check in full")
        assert "not enough CPU" in words(app)
        assert "What to do: Choose fewer SuperNodes" in words(app)
        await pilot.press("escape", "d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "× error: Hosts: not enough CPU" in words(app)
        assert app.screen.query_one("#no").has_focus
        await pilot.press("enter")
        await at(pilot, Step.REVIEW)


async def test_one_look_at_a_time_and_none_without_need(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        found = await on_review(pilot)
        tabs = app.screen.query_one(TabbedContent)
        before = len(sandbox.requests)
        await pilot.press("p")
        await until(pilot, lambda: bool(found.findings), "the findings")
        asked = len(sandbox.requests)
        assert asked - before == 9
        tabs.active = "problems-tab"
        await pilot.pause()
        tabs.active = "preflight-tab"
        await pilot.pause(0.2)
        assert len(sandbox.requests) == asked
        assert Result.ERROR not in {item.result for item in found.findings}
        await pilot.press("p")
        await until(pilot, lambda: len(sandbox.requests) > asked, "another look")


async def test_opening_the_tab_asks(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        found = await on_review(pilot)
        app.screen.query_one(TabbedContent).active = "preflight-tab"
        await until(pilot, lambda: bool(found.findings), "the findings")


async def test_no_login_is_told(sandbox: Sandbox) -> None:
    def connect() -> Cloud:
        raise CredentialsMissing("no credentials", "", "", "Set ONE_AUTH.")

    app = WizardApp(connect, plan=PLAN, clock=sandbox.clock.now)
    async with app.run_test(size=(80, 24)) as pilot:
        found = await on_review(pilot)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, Notice), "the reason")
        assert "ONE_AUTH" in words(app)
        await pilot.press("escape")
        assert lines(found) == ["no credentials. p asks again."]


async def test_the_question_tells_that_it_was_not_run(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        found = await on_review(pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "Preflight was not run" in words(app)
        await pilot.press("escape")
        await at(pilot, Step.REVIEW)
        await pilot.press("p")
        await until(pilot, lambda: bool(found.findings), "the findings")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "reflight" not in words(app)


@pytest.mark.parametrize("server", ["oned", "oneflow"])
async def test_a_server_that_hangs_up(sandbox: Sandbox, server: str) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        found = await on_review(pilot)
        sandbox.faults.plan(server, "close", times=-1)  # type: ignore[arg-type]
        await pilot.press("p")
        await until(pilot, lambda: bool(found.findings), "the findings")
        assert any(line.startswith("× error") and server in line.lower() for line in lines(found))


async def test_hostile_names_are_text(sandbox_of: Callable[[str], Sandbox]) -> None:
    plan = PLAN.with_texts({"supernode.vm_template": "2"})
    app = wizard_on(sandbox_of("hostile-names"), plan=plan)
    async with app.run_test(size=(120, 40)) as pilot:
        found = await on_review(pilot)
        await pilot.press("p")
        await until(pilot, lambda: bool(found.findings), "the findings")
        shown = "\n".join(lines(found))
        assert "[/vm] [b]Flower[/b]" in shown
        assert "\u202e" not in shown
