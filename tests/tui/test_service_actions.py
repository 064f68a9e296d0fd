"""The dashboard's actions by keyboard: told beforehand, asked once, followed; and the strip of shards."""

from __future__ import annotations

import threading

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from tests.deploying import deploy_plan
from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, dashboard_shows, line, polled, told, typed, until, words
from wizard.cloud.vms import Vms
from wizard.core.cluster.partitions import Sync, assignments
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.screens.dashboard import DashboardScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.diagnosis_sheet import DiagnosisSheet
from wizard.tui.widgets.dialogs import Ask, Confirm


async def dashboard(pilot: Pilot[int], app: WizardApp, sandbox: Sandbox) -> None:
    """A service with two SuperNodes that is RUNNING."""
    await connected(pilot)
    cloud = app.session.reach()
    service = deploy_plan(Plan(), cloud)
    sandbox.clock.advance(120)
    app.attach(service.id)
    await at(pilot, Step.DASHBOARD)
    await dashboard_shows(pilot, sandbox, "RUNNING")


def seen(app: WizardApp) -> ServiceSnapshot:
    screen = app.screen
    assert isinstance(screen, DashboardScreen)
    assert screen.snapshot is not None
    return screen.snapshot


async def scaled(pilot: Pilot[int], app: WizardApp, sandbox: Sandbox, count: str) -> str:
    """What the dialog said before the SuperNodes were scaled."""
    await pilot.press("s")
    await until(pilot, lambda: isinstance(app.screen, Ask), "the number")
    app.screen.query_one(Input).value = ""
    await typed(pilot, count)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
    said = app.screen.text  # type: ignore[attr-defined]
    await pilot.press("enter")
    await at(pilot, Step.DASHBOARD)
    await until(pilot, lambda: any("/scale" in item.call for item in sandbox.requests), "the request")
    for _ in range(40):
        sandbox.clock.advance(10)
        await polled(pilot)
        role = seen(app).role("supernode")
        if role is not None and role.ready_count == int(count) == len(role.nodes) and seen(app).state_name == "RUNNING":
            return str(said)
    raise AssertionError("it was never scaled")


async def test_scale_then_restart_what_is_stale(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(100, 30)) as pilot:
        await dashboard(pilot, app, sandbox)
        assert "━━━━━━━━━━  full coverage, no overlap" in line(pilot, "#shards")
        said = await scaled(pilot, app, sandbox, "3")
        assert "COOLDOWN" in said
        assert "2 of 3" in said
        assert "more than once" in line(pilot, "#shards")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        screen = app.screen
        assert isinstance(screen, DashboardScreen)

        def over() -> bool:
            sandbox.clock.advance(3)
            return screen.restarting is None

        await until(pilot, lambda: screen.restarting is not None, "the beginning")
        await until(pilot, over, "the end")
        sandbox.clock.advance(60)
        await polled(pilot)
        assert {item.sync for item in assignments(seen(app))} == {Sync.IN_SYNC}
        assert "full coverage, no overlap" in line(pilot, "#shards")


async def test_what_is_refused_is_told_and_not_sent(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await dashboard(pilot, app, sandbox)
        before = [item.call for item in sandbox.requests if item.method == "POST" and item.server == "oneflow"]
        await pilot.press("o")
        await pilot.pause(0.2)
        await pilot.press("t")
        await pilot.pause(0.2)
        said = " ".join(told(pilot))
        assert "nothing to recover from" in said
        assert "Nothing is stale" in said
        assert [item.call for item in sandbox.requests if item.method == "POST" and item.server == "oneflow"] == before


async def test_while_supernodes_are_restarted_nothing_else_is_sent(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await dashboard(pilot, app, sandbox)
        screen = app.screen
        assert isinstance(screen, DashboardScreen)
        screen.restarting = threading.Event()
        for key in ("s", "o", "x"):
            told(pilot).clear()
            await pilot.press(key)
            await until(pilot, lambda: bool(told(pilot)), f"the answer to {key}")
            assert "press t to stop first" in told(pilot)[0]
            assert app.screen is screen
        await pilot.press("t")
        assert screen.restarting.is_set()


async def test_what_another_deletes_is_not_swept_unasked(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the question and the request somebody else has deleted it."""
    app = wizard_on(sandbox)
    async with app.run_test(size=(100, 30)) as pilot:
        await dashboard(pilot, app, sandbox)
        screen = app.screen
        assert isinstance(screen, DashboardScreen)
        left = seen(app).facts[:1]
        monkeypatch.setattr(Vms, "left_behind", lambda *_: left)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        told: list[str] = []
        monkeypatch.setattr(screen, "tell", lambda message, _: told.append(message))
        assert screen.snapshot is not None
        app.session.reach().services.remove(screen.snapshot.id)
        await pilot.press("left", "enter")
        await until(pilot, lambda: any("being deleted already" in message for message in told), "the event")
        assert not screen.removing
        sandbox.clock.advance(300)
        await polled(pilot)
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question about what stayed behind")


async def test_why_names_what_is_wrong(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await dashboard(pilot, app, sandbox)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DiagnosisSheet), "the page")
        assert "Nothing is wrong" in app.screen.text  # type: ignore[attr-defined]
        await pilot.press("escape")
        role = seen(app).role("supernode")
        assert role is not None
        app.session.reach().vms.act(role.nodes[0].vm_id, "poweroff")
        sandbox.clock.advance(20)
        await polled(pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DiagnosisSheet), "the page")
        assert f"VM {role.nodes[0].vm_id}" in app.screen.text  # type: ignore[attr-defined]


async def test_a_removal_ends_with_a_look_at_what_stayed_behind(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await dashboard(pilot, app, sandbox)
        service = seen(app)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "Leftover VMs" in app.screen.text  # type: ignore[attr-defined]
        await pilot.press("left", "enter")
        await at(pilot, Step.DASHBOARD)
        await until(pilot, lambda: any(item.method == "DELETE" for item in sandbox.requests), "the request")
        sandbox.clock.advance(1)
        # A second DELETE from elsewhere orphans the SuperLink: what the sweep is there for.
        app.session.reach()._servers._flow.delete(service.id)
        sandbox.clock.advance(60)
        await polled(pilot)
        await until(pilot, lambda: any(item.call == "one.vm.action" for item in sandbox.requests), "the termination")


async def test_where_many_vms_are_touched_the_name_is_typed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.core.cluster.action_preview.MANY", 2)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await dashboard(pilot, app, sandbox)
        name = seen(app).name
        for text, sent in (("flower", False), (name, True)):
            await pilot.press("x")
            await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
            assert "3 VMs" in words(app)
            app.screen.query_one(Input).value = text
            await pilot.press("enter")
            if not sent:
                assert app.screen.query_one("#yes", Button).disabled
                assert f"That is not {name}. Nothing is sent." in words(app)
                await pilot.press("escape")
            await at(pilot, Step.DASHBOARD)
            if sent:
                await until(pilot, lambda: any(item.method == "DELETE" for item in sandbox.requests), "the request")
            else:
                assert not any(item.method == "DELETE" for item in sandbox.requests)
