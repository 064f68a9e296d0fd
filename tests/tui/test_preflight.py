"""The preflight on the Review screen: it runs by itself, and before each deployment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import TabbedContent

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, line, until, words
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CredentialsMissing
from wizard.core.plan.plan import Plan
from wizard.core.preflight.checks import Result
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.session import FRESH
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm, Notice
from wizard.tui.widgets.review_tabs import FoundList

PLAN = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})


async def on_review(pilot: Pilot[int]) -> FoundList:
    """Go to Review; its list, once the preflight that runs by itself has ended."""
    await connected(pilot)
    await pilot.press("f5")
    await at(pilot, Step.REVIEW)
    await ended(pilot)
    return pilot.app.screen.query_one(FoundList)


async def ended(pilot: Pilot[int]) -> None:
    """No preflight is on its way any more."""
    await until(pilot, lambda: "running" not in line(pilot, "#verdict"), "the verdict")


def lines(found: FoundList) -> list[str]:
    """What the list shows."""
    return [str(option.prompt) for option in found.options]


async def test_it_runs_by_itself_and_its_errors_hold_the_deployment_back(
    sandbox_of: Callable[[str], Sandbox],
) -> None:
    app = wizard_on(sandbox_of("no-capacity"), plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        found = await on_review(pilot)
        assert line(pilot, "#verdict") == "✗ Preflight found 1 error. Fix it first."
        assert str(found.border_subtitle) == "1 error, 3 unknown, 14 ok"
        shown = lines(found)
        assert shown[0].startswith("✗ error Hosts: not enough CPU")
        assert "Choose fewer SuperNodes" in shown[0]
        assert [text.split()[1] for text in shown[:5]] == ["error", *["unknown"] * 3, "note"]
        assert {text.split()[1] for text in shown[5:]} == {"ok"}
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "✗ error: Hosts: not enough CPU" in words(app)
        assert "Deploy anyway" in str(app.screen.query_one("#yes").render())
        assert app.screen.query_one("#no").has_focus
        await pilot.press("enter")
        await at(pilot, Step.REVIEW)
        found.focus()
        await pilot.press("enter")
        await at(pilot, Step.SUPERNODE)
        assert app.focused is not None


async def test_ready_is_said_only_after_it(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        with app.session._looking:
            await pilot.press("f5")
            await at(pilot, Step.REVIEW)
            await until(pilot, lambda: "Preflight is running" in line(pilot, "#verdict"), "the waiting")
            await pilot.press("d")
            await until(pilot, lambda: app.session.ready is not None, "the preparation")
            assert not isinstance(app.screen, Confirm)
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "Ready to deploy." in words(app)
        await pilot.press("escape")
        await at(pilot, Step.REVIEW)
        assert line(pilot, "#verdict") == "● Ready to deploy."


async def test_a_fresh_answer_counts_and_an_old_one_does_not(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_review(pilot)
        first = app.session.preflight
        assert first is not None
        assert Result.ERROR not in {item.result for item in first.findings}
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert app.session.preflight is first
        await pilot.press("escape")
        await at(pilot, Step.REVIEW)
        sandbox.clock.advance(FRESH)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        second = app.session.preflight
        assert second is not first
        await pilot.press("escape")
        await at(pilot, Step.REVIEW)
        sandbox.clock.advance(1)
        await pilot.press("p")
        await until(pilot, lambda: app.session.preflight is not second, "another look")


async def test_a_changed_plan_is_held_against_the_cloud_again(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_review(pilot)
        app.session.change("supernode.cardinality", "3")
        assert app.session.findings is None
        app.go(Step.SUPERNODE)
        await at(pilot, Step.SUPERNODE)
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        await ended(pilot)
        assert app.session.findings is not None
        assert "3 × Flower SuperNode (1)" in words(app)


async def test_p_shows_the_summary(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        found = await on_review(pilot)
        tabs = app.screen.query_one(TabbedContent)
        for key, tab in (("2", "template-tab"), ("3", "merge-tab"), ("4", "registered-tab"), ("1", "summary-tab")):
            await pilot.press(key)
            await until(pilot, lambda tab=tab: tabs.active == tab, tab)  # type: ignore[misc]
        await pilot.press("2", "p")
        await until(pilot, lambda: tabs.active == "summary-tab" and found.has_focus, "the summary")


async def test_no_login_is_told(sandbox: Sandbox) -> None:
    def connect() -> Cloud:
        raise CredentialsMissing("no credentials", "", "", "Set ONE_AUTH.")

    app = WizardApp(connect, plan=PLAN, clock=sandbox.clock.now)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_review(pilot)
        assert line(pilot, "#verdict") == "◐ Not ready: no credentials. Press p to try again."
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, Notice), "the reason")
        assert "ONE_AUTH" in words(app)


@pytest.mark.parametrize("server", ["oned", "oneflow"])
async def test_a_server_that_hangs_up_is_not_ready(sandbox: Sandbox, server: str) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        sandbox.faults.plan(server, "close", times=-1)  # type: ignore[arg-type]
        found = await on_review(pilot)
        assert any(text.startswith("✗ error") and server in text.lower() for text in lines(found))
        assert "Preflight found" in line(pilot, "#verdict")


async def test_hostile_names_are_text(sandbox_of: Callable[[str], Sandbox]) -> None:
    plan = PLAN.with_texts({"supernode.vm_template": "2"})
    app = wizard_on(sandbox_of("hostile-names"), plan=plan)
    async with app.run_test(size=(120, 40)) as pilot:
        found = await on_review(pilot)
        shown = "\n".join(lines(found)) + words(app)
        assert "[/vm] [b]Flower[/b]" in shown
        assert "\u202e" not in shown


async def test_a_slow_cloud_is_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.tui.screens.review.SLOW", 0.05)
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        with app.session._looking:
            await pilot.press("f5")
            await at(pilot, Step.REVIEW)
            await until(pilot, lambda: "the cloud is slow to answer" in line(pilot, "#verdict"), "the slow cloud")
        await until(pilot, lambda: line(pilot, "#verdict") == "● Ready to deploy.", "the verdict")
