"""The palette: whatever a key does on the screen below it, with the key beside it."""

from __future__ import annotations

from textual.widgets import TabbedContent

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, typed, until
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm

PLAN = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})


def titles(app: WizardApp) -> list[str]:
    """The commands that the palette would have now."""
    return [item.title for item in app.get_system_commands(app.screen)]


async def test_each_key_of_the_screen_is_there_with_its_key(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        offered = titles(app)
        assert {"Deploy · d", "Export · e", "Preflight · p", "Diff · 4", "Save as preset · Ctrl+S"} <= set(offered)
        assert "Search · /" not in offered
        assert "Go to Dashboard · F6" not in offered
        assert len(offered) == len(set(offered))
        await pilot.press("2")
        await until(pilot, lambda: "Search · /" in titles(app), "what the JSON can do")
        assert not [title for title in titles(app) if title.startswith(("Scroll", "Page", "Cursor"))]


async def test_a_key_that_does_not_work_now_is_not_there(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        assert not [title for title in titles(app) if title.startswith("Problem")]
        app.session.change("FL_NUM_ROUNDS", "none")
        app.screen.refresh_frame()  # type: ignore[attr-defined]
        await until(pilot, lambda: "Problem · f8" in [item.replace("F8", "f8") for item in titles(app)], "F8")


async def test_what_is_chosen_is_done_on_the_screen_below(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        await pilot.press("ctrl+p")
        await typed(pilot, "service templ")
        await until(pilot, lambda: bool(app.screen.query("OptionList").first().options), "a hit")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await at(pilot, Step.REVIEW)
        await until(pilot, lambda: app.screen.query_one(TabbedContent).active == "template-tab", "the tab")
        await pilot.press("ctrl+p")
        await typed(pilot, "deploy")
        await until(pilot, lambda: bool(app.screen.query("OptionList").first().options), "a hit")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
