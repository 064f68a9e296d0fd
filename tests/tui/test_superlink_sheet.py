"""What the SuperLink says, on the dashboard."""

from __future__ import annotations

import pytest

from tests.core.flower.test_superlink_report import DATA
from tests.tui.pressing import at, connected, dashboard_shows, until, words
from tests.tui.test_network_faults import deployed, impatient
from wizard.core.flower.superlink import SuperLinkReport, read
from wizard.operations.superlink import ControlError
from wizard.sandbox.server import Sandbox
from wizard.tui.steps import Step
from wizard.tui.widgets import superlink_sheets as superlink_sheet
from wizard.tui.widgets.superlink_sheets import SuperLinkSheet


class Answers:
    """A conversation whose answers are known beforehand."""

    places = ("10.77.0.10:9093",)

    def __init__(self, *answers: SuperLinkReport | ControlError) -> None:
        self.answers = list(answers)
        self.closed = False

    def ask(self) -> SuperLinkReport:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, ControlError):
            raise found
        return found

    def close(self) -> None:
        self.closed = True


async def test_without_access_it_says_so_and_asks_on(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(ControlError("there is no environment", "Make it."), read("10.77.0.10:9093", DATA))
    monkeypatch.setattr(superlink_sheet, "Control", lambda card: answers)
    service = deployed(sandbox)
    sandbox.clock.advance(60)
    app = impatient(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(service)
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, SuperLinkSheet), "the page")
        await until(pilot, lambda: "can't be asked: there is no environment" in words(app), "why not")
        assert "Make it." in words(app)
        await pilot.press("r")
        await until(pilot, lambda: "1 SuperNode online" in words(app), "what it says")
        assert "! OneFlow has 2 READY" in words(app)
        assert "run 5  finished:failed" in words(app)
        await pilot.press("escape")
        await at(pilot, Step.DASHBOARD)
        await until(pilot, lambda: answers.closed, "the end of the conversation")


async def test_before_it_is_ready_there_is_nobody_to_ask(sandbox: Sandbox) -> None:
    service = deployed(sandbox)
    app = impatient(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(service)
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "DEPLOYING", stride=0.1)
        await pilot.press("l")
        await pilot.pause(0.1)
        assert not isinstance(app.screen, SuperLinkSheet)
