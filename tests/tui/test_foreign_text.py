"""Text of others on every screen: nothing in it reaches the terminal as a control."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from tests.cli.test_foreign_text import EVIL, HARMFUL, oned, oneflow
from tests.cloud.wire_server import Listener, login
from tests.tui.pressing import at, connected, polled, until
from tests.tui.reading import painted
from wizard.cloud.cloud import Cloud
from wizard.core.plan.plan import Plan
from wizard.tui.app import WizardApp
from wizard.tui.steps import Step
from wizard.tui.widgets.diagnosis_sheet import DiagnosisSheet
from wizard.tui.widgets.service_switch import ServiceSwitch
from wizard.tui.widgets.vm_sheet import VmSheet


@pytest.fixture
def server() -> Iterator[Listener]:
    with Listener(lambda heard: oneflow(heard.method, heard.path) if heard.path != "/RPC2" else oned(heard.body)) as it:
        yield it


def harmful(pilot: Pilot[int]) -> set[str]:
    return {char for segment in painted(pilot) for char in segment.text} & HARMFUL


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_no_screen_shows_a_control(server: Listener, size: tuple[int, int]) -> None:
    plan = Plan().with_texts({"service.name": EVIL, "service.description": EVIL, "FL_NODE_CONFIG": EVIL})
    app = WizardApp(lambda: Cloud(login(server.url, f"{server.url}/RPC2")), plan=plan)
    seen: list[str] = []

    async def look(where: str, pilot: Pilot[int]) -> None:
        await pilot.pause(0.1)
        assert not harmful(pilot), where
        seen.append(where)

    async with app.run_test(size=size) as pilot:
        await connected(pilot)
        for step in (Step.HOME, Step.SERVICE, Step.SUPERNODE, Step.REVIEW):
            app.go(step)
            await at(pilot, step)
            await look(step.title, pilot)
        app.attach(7)
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        await look("dashboard", pilot)
        for key, screen in (("enter", VmSheet), ("y", DiagnosisSheet), ("g", ServiceSwitch)):
            await pilot.press(key)
            await until(pilot, lambda screen=screen: isinstance(app.screen, screen), key)
            await look(key, pilot)
            await pilot.press("escape")
            await at(pilot, Step.DASHBOARD)
    assert len(seen) == 8
