"""Where nothing may be changed, nothing that would is offered, and its key says why."""

from __future__ import annotations

import re

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from tests.deploying import deploy_plan
from tests.tui.conftest import login_of, wizard_on
from tests.tui.pressing import at, connected, line, polled, until, wizard_of, words
from wizard.cloud.cloud import Cloud
from wizard.core.opennebula.snapshot import SUPERNODE
from wizard.core.plan.plan import Plan
from wizard.operations import service_actions
from wizard.sandbox.server import Sandbox
from wizard.tui.screens.step import StepScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.board_panels import NextPanel
from wizard.tui.widgets.diagnosis_sheet import DiagnosisSheet
from wizard.tui.widgets.lines import KeyLine
from wizard.tui.widgets.service_list import ServiceList

WHY = "--read-only was given."


def offered(pilot: Pilot[int]) -> set[str]:
    """What the keys that work do."""
    screen = pilot.app.screen
    assert isinstance(screen, StepScreen)
    shown = {key.does for key in screen.query_one(KeyLine).keys}
    return shown | {item.binding.description for item in screen.active_bindings.values() if item.enabled}


def named(pilot: Pilot[int]) -> str:
    """All that the screen says of keys: texts, and what stands on borders."""
    borders = (str(item.border_subtitle) for item in pilot.app.screen.query("*") if item.border_subtitle)
    return "\n".join([words(pilot.app), *borders])


async def refuses(pilot: Pilot[int], *keys: str) -> None:
    """Each of the keys says that nothing was sent."""
    app = wizard_of(pilot)
    for key in keys:
        said = app.told  # type: ignore[attr-defined]
        before = len(said)
        await pilot.press(key)
        await until(pilot, lambda said=said, before=before: len(said) > before, f"a word about {key}")
        assert said[-1] == f"Read-only, nothing was sent. {WHY}"


def stale(sandbox: Sandbox) -> int:
    """A service of which two SuperNodes are stale."""
    cloud = Cloud(login_of(sandbox), clock=sandbox.clock.now)
    service = deploy_plan(Plan(), cloud).id
    sandbox.clock.advance(200)
    service_actions.scale(cloud, cloud.services.poll(service).snapshot, SUPERNODE, 3, lambda _: None)
    sandbox.clock.advance(400)
    cloud.close()
    return service


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_home_review_and_dashboard_offer_looks_alone(sandbox: Sandbox, size: tuple[int, int]) -> None:
    service = stale(sandbox)
    app = wizard_on(sandbox)
    app.session.read_only_reason = WHY
    async with app.run_test(size=size) as pilot:
        await connected(pilot)
        await at(pilot, Step.HOME)
        await until(pilot, lambda: app.screen.query_one(ServiceList).table.row_count == 1, "the service")
        assert not {"Deploy", "Appliance"} & offered(pilot)
        assert not re.search(r"\bd deploys?\b", named(pilot))
        await refuses(pilot, "d")
        app.screen.query_one(ServiceList).table.focus()
        await pilot.pause()
        assert not re.search(r"\bs scales?\b|\bx deletes?\b", named(pilot))
        assert not {"Scale", "Delete", "Restart stale", "Recover"} & offered(pilot)
        assert "Diagnosis" in offered(pilot)
        await refuses(pilot, "s", "x", "t", "o")
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        assert not app.screen.query_one("#deploy", Button).display
        assert "Deploy" not in offered(pilot)
        assert {"Export", "Preflight"} <= offered(pilot)
        await refuses(pilot, "d")
        app.attach(service)
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        assert "stale" in line(pilot, "#waiting")
        assert str(app.screen.query_one(NextPanel).border_subtitle or "").find("restart") < 0
        assert not {"Scale", "Delete", "Restart stale", "Recover", "Verify"} & offered(pilot)
        assert "Connect" in offered(pilot)
        await refuses(pilot, "s", "x", "t", "o", "v")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DiagnosisSheet), "the diagnosis")
        assert {button.label.plain for button in app.screen.query(Button)} & {"Restart stale", "Recover"} == set()
    changes = [item.call for item in sandbox.requests if item.server == "oneflow" and not item.call.startswith("GET")]
    assert len(changes) == 3, "those before: registered, instantiated, scaled"
