"""The sheet that tells how to connect: offered once the SuperLink is READY, each line to be copied."""

from __future__ import annotations

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, dashboard_shows, polled, until
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm
from wizard.tui.widgets.superlink_sheets import ConnectionSheet


async def test_each_line_can_be_copied_once_there_is_one(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        assert "c" not in app.active_bindings or app.screen.check_action("connect", ()) is False
        await pilot.press("c")
        assert not isinstance(app.screen, ConnectionSheet)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        assert app.screen.check_action("connect", ()) is True
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ConnectionSheet), "the sheet")
        await pilot.press("enter")
        assert app.clipboard.startswith("ssh -N -L 9093:10.")
        await pilot.press("end", "enter")
        assert app.clipboard.startswith("flwr run . service-")
        await pilot.press("c")
        assert app.clipboard.count("\n\n") == 2
        await pilot.press("escape")
        await at(pilot, Step.DASHBOARD)
