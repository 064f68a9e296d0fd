"""What an operator sees on day two, at 80x24: before a scale, shards that overlap, before a restart, why, how to
connect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.deploying import deploy_plan
from tests.tui.conftest import Picture, login_of, wizard_on
from tests.tui.pressing import at, connected, dashboard_shows, polled, typed, until, wizard_of
from tests.tui.reading import faint
from wizard.cloud.cloud import Cloud
from wizard.core.opennebula.snapshot import SUPERNODE
from wizard.core.plan.plan import Plan
from wizard.operations import service_actions
from wizard.sandbox.server import Sandbox
from wizard.tui.steps import Step
from wizard.tui.widgets.diagnosis_sheet import DiagnosisSheet
from wizard.tui.widgets.dialogs import Ask, Confirm
from wizard.tui.widgets.superlink_sheets import ConnectionSheet

Scene = Callable[[Pilot[int], Sandbox], Awaitable[None]]


async def running(pilot: Pilot[int], sandbox: Sandbox, *, scaled: bool = False) -> None:
    """Two SuperNodes that run; `scaled`: three, of which two are stale."""
    cloud = Cloud(login_of(sandbox), clock=sandbox.clock.now)
    service = deploy_plan(Plan(), cloud)
    sandbox.clock.advance(120)
    if scaled:
        service_actions.scale(cloud, cloud.services.poll(service.id).snapshot, SUPERNODE, 3, lambda _: None)
        sandbox.clock.advance(300)
    cloud.close()
    await connected(pilot)
    wizard_of(pilot).attach(service.id)
    await at(pilot, Step.DASHBOARD)
    await dashboard_shows(pilot, sandbox, "RUNNING")


async def before_a_scale(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await running(pilot, sandbox)
    await pilot.press("s")
    await until(pilot, lambda: isinstance(pilot.app.screen, Ask), "the number")
    pilot.app.screen.query_one(Input).value = ""
    await typed(pilot, "4")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, Confirm), "the question")


async def shards_that_overlap(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await running(pilot, sandbox, scaled=True)


async def before_a_restart(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await running(pilot, sandbox, scaled=True)
    await pilot.press("t")
    await until(pilot, lambda: isinstance(pilot.app.screen, Confirm), "the question")


async def how_to_connect(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await running(pilot, sandbox)
    await pilot.press("c")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionSheet), "the card")


async def why(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await running(pilot, sandbox, scaled=True)
    superlink = sandbox.world.vms[0]
    sandbox.world.actions.act(superlink, "poweroff-hard")
    sandbox.clock.advance(60)
    await polled(pilot)
    await pilot.press("y")
    await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosisSheet), "the reasons")


@pytest.mark.parametrize(
    "scene",
    [before_a_scale, shards_that_overlap, before_a_restart, how_to_connect, why],
    ids=lambda scene: scene.__name__,
)
async def test_scene(scene: Scene, sandbox: Sandbox, picture: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.tui.screens.dashboard.reached_through", lambda: "oneadmin@frontend")
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await scene(pilot, sandbox)
        await picture(pilot)
        assert not faint(pilot)
