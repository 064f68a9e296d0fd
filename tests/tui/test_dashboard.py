"""The dashboard's regions, its line of keys, what stands next, and the diagnosis that does what it advises."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Static

from tests.deploying import deploy_plan
from tests.tui.conftest import START, wizard_on
from tests.tui.pressing import at, connected, dashboard_shows, line, polled, until, wizard_of
from wizard.core.opennebula.snapshot import SUPERNODE
from wizard.core.plan.plan import Plan
from wizard.core.views.next_step import NextStep
from wizard.operations import service_actions, watch
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.tui.screens.dashboard import DashboardScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.board_panels import NextPanel, fitted
from wizard.tui.widgets.diagnosis_sheet import DiagnosisSheet
from wizard.tui.widgets.dialogs import Confirm
from wizard.tui.widgets.event_log import EventLog
from wizard.tui.widgets.lines import KeyLine
from wizard.tui.widgets.machines import VmPanel
from wizard.tui.widgets.vm_sheet import VmSheet

SIZES = [(80, 24), (120, 40), (200, 50)]


async def opened(pilot: Pilot[int], sandbox: Sandbox, *, seconds: float = 120, scaled: bool = False) -> DashboardScreen:
    """The dashboard of a service that was deployed so many seconds ago; `scaled`: to three, two of them stale."""
    await connected(pilot)
    cloud = wizard_of(pilot).session.reach()
    service = deploy_plan(Plan(), cloud)
    sandbox.clock.advance(seconds)
    if scaled:
        service_actions.scale(cloud, cloud.services.poll(service.id).snapshot, SUPERNODE, 3, lambda _: None)
        sandbox.clock.advance(300)
    wizard_of(pilot).attach(service.id)
    await at(pilot, Step.DASHBOARD)
    await dashboard_shows(pilot, sandbox, "RUNNING" if seconds > 60 else "DEPLOYING")
    screen = pilot.app.screen
    assert isinstance(screen, DashboardScreen)
    return screen


def keys(screen: DashboardScreen) -> list[str]:
    """What the line of keys offers, from the left."""
    return [key.does for key in screen.query_one(KeyLine).keys if key.does != "palette"]


def shown(screen: DashboardScreen, selector: str) -> bool:
    return any(item.display and item.region.height > 0 for item in screen.query(selector))


@pytest.mark.parametrize("size", SIZES)
async def test_regions_fit_and_stay_where_they_are(sandbox: Sandbox, size: tuple[int, int]) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot, sandbox)
        assert shown(screen, "#vm") is (size[0] >= 120)
        assert shown(screen, "#roles") is (size[1] >= 30)
        assert not shown(screen, "#phases")
        parts = [screen.query_one(name) for name in ("#waiting", "#shards", "#vms", "#events")]
        assert all(screen.region.contains_region(part.region) for part in parts)
        assert [part.region.y for part in parts] == sorted(part.region.y for part in parts)
        where = {part.id: part.region for part in parts}
        for words in ("x", "word " * 200, ""):
            screen.query_one(NextPanel).tell(NextStep(words, trouble=True))
            await pilot.pause()
            assert {part.id: part.region for part in parts} == where
        assert screen.query_one(KeyLine).keys[-1].columns.stop <= size[0]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_while_it_comes_up_the_phases_and_the_time_are_shown(sandbox: Sandbox, size: tuple[int, int]) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot, sandbox, seconds=25)
        assert "▸ SuperNodes 0/2" in line(pilot, "#phases")
        assert " 40 %  00:25" in line(pilot, "#progress")
        assert "left" not in line(pilot, "#progress"), "there is no ground for a number"
        assert shown(screen, "#phases")
        assert shown(screen, "#progress")
        assert "◐ DEPLOYING   00:25" in line(pilot, "#top")
        assert "Waiting for VM 1" in line(pilot, "#waiting")


async def test_the_line_on_top_and_what_is_next(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, sandbox)
        assert line(pilot, "#top") == " Home › Flower Federated Learning #2   ● RUNNING   every 8 s"
        assert "Connect" in line(pilot, "#waiting")
        assert keys(screen)[:3] == ["Back", "Connect", "Diagnosis"]
        assert not {"Restart stale", "Recover"} & set(keys(screen))
        await pilot.press("t")
        await until(pilot, lambda: len(app._notifications) > 0, "why not")
        assert next(iter(app._notifications)).message == "Nothing is stale."


async def test_events_of_opennebula_end_the_pause_and_the_line_on_top_says_that_they_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Sandbox(latency=0, clock=ManualClock(START), publishes=True) as sandbox:
        monkeypatch.setenv("ONE_ZMQ", sandbox.environment()["ONE_ZMQ"])
        monkeypatch.setattr(watch, "PUSHED", 60.0)
        app = wizard_on(sandbox)
        app.session.keeps = True
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await opened(pilot, sandbox, seconds=25)
            await until(pilot, lambda: line(pilot, "#top").endswith("push, every 60 s"), "the events are heard")
            with sandbox.world.lock:
                sandbox.world.vms.update(sandbox.world.vms[1], 'FL_STAGE="told"', {"FL_STAGE": "told"}, replace=False)
            await until(
                pilot,
                lambda: any("told" in strip.text for strip in screen.query_one(EventLog).lines),
                "what the guest said",
            )
    with Sandbox(latency=0, clock=ManualClock(START)) as sandbox:
        monkeypatch.setenv("ONE_ZMQ", "tcp://127.0.0.1:9")
        app = wizard_on(sandbox)
        app.session.keeps = True
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(pilot, sandbox)
            await pilot.press("r")
            await until(pilot, lambda: line(pilot, "#top").endswith("no push, every 8 s"), "nobody publishes")


async def test_what_is_stale_comes_first_and_the_diagnosis_restarts_it(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, sandbox, scaled=True)
        assert line(pilot, "#waiting").startswith("2 SuperNodes are stale")
        assert "t restart stale" in str(screen.query_one(NextPanel).border_subtitle)
        assert "stale 2" in str(screen.query_one("#vms").border_title)
        assert "Restart stale" in keys(screen)
        await pilot.press("down")
        await until(pilot, lambda: "now 0 of 3" in screen.query_one(VmPanel).text, "the VM under the cursor")
        await until(pilot, lambda: "cpu " in screen.query_one(VmPanel).text, "its load")
        for press in ("t", "enter"):
            await pilot.press("y")
            await until(pilot, lambda: isinstance(app.screen, DiagnosisSheet), "the diagnosis")
            assert "Cause" in app.screen.text  # type: ignore[attr-defined]
            assert str(app.screen.query(Button).first().label) == "t  Restart stale"
            await pilot.press(press)
            await until(pilot, lambda: isinstance(app.screen, Confirm), f"the question after {press}")
            assert "flowerneb-wizard restart-stale 2" in app.screen.command  # type: ignore[attr-defined]
            await pilot.press("escape")
            await at(pilot, Step.DASHBOARD)


async def test_a_restart_says_how_far_it_is_and_is_no_trouble(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, sandbox, scaled=True)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        await until(pilot, lambda: "Restarting 1 of 2: VM 1" in line(pilot, "#waiting"), "how far it is")
        sandbox.clock.advance(3)
        await until(pilot, lambda: screen.snapshot is not None and screen.snapshot.state_name == "WARNING", "WARNING")
        await until(pilot, lambda: screen.board is not None and not screen.board.findings, "no finding")
        assert "recover" not in line(pilot, "#waiting")
        assert not {"Scale", "Delete", "Recover"} & set(keys(screen))
        assert "Stop after this one" in keys(screen)
        await pilot.press("t")
        await until(pilot, lambda: "stopping after this one" in line(pilot, "#waiting"), "that it stops")

        def over() -> bool:
            sandbox.clock.advance(3)
            return screen.restarting is None

        await until(pilot, over, "the end")
        await until(pilot, lambda: "Restarting" not in line(pilot, "#waiting"), "the end on the screen")
        assert "1/6 of the data" in line(pilot, "#waiting")


async def test_a_poll_that_brings_nothing_new_draws_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, sandbox)
        sandbox.clock.advance(60)
        await polled(pilot)
        await until(pilot, lambda: "cpu " in screen.query_one(VmPanel).text, "the load")
        drawn: list[object] = []
        monkeypatch.setattr(Static, "update", lambda self, *_, **__: drawn.append(self))
        for _ in range(3):
            sandbox.clock.advance(20)
            await polled(pilot)
        assert drawn == []


def test_words_that_do_not_fit_are_left_out_with_an_ellipsis() -> None:
    assert fitted("one two three", 20, 1) == "one two three"
    assert fitted("one two three four", 9, 1) == "one two …"
    assert fitted("one two three four five", 9, 2) == "one two three …"
    assert fitted("unbreakable" * 9, 10, 1) == "unbreakable" * 9
    assert fitted("one two", 0, 2) == "one two"


async def test_while_new_supernodes_start_the_strip_says_that_they_come(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, sandbox)
        cloud = wizard_of(pilot).session.reach()
        assert screen.snapshot is not None
        service_actions.scale(cloud, screen.snapshot, SUPERNODE, 4, lambda _: None)
        sandbox.clock.advance(6)
        await polled(pilot)
        assert "full coverage now, 2 more to start" in line(pilot, "#shards")


async def test_the_diagnosis_opens_the_vm_that_it_speaks_of_and_its_page_follows(
    sandbox_of: Callable[[str], Sandbox],
) -> None:
    sandbox = sandbox_of("superlink-never-ready")
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, sandbox, seconds=25)
        sandbox.clock.advance(200)
        await polled(pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DiagnosisSheet), "the diagnosis")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, VmSheet), "the VM's page")
        sheet = app.screen
        assert isinstance(sheet, VmSheet)
        assert "READY NO" in sheet.text
        with sandbox.world.lock:
            sandbox.world.vms.update(sandbox.world.vms[0], 'READY="YES"', {"READY": "YES"}, replace=False)
        app.screen_stack[-2].action_poll_now()  # type: ignore[attr-defined]
        await until(pilot, lambda: "READY YES" in sheet.text, "what it says now")


async def test_a_service_that_is_gone_has_nothing_to_save_and_no_superlink_nothing_to_verify(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, sandbox, seconds=10)
        await pilot.press("v")
        await until(pilot, lambda: "The SuperLink is not READY: there is nothing to connect to." in app.told, "why not")
        assert screen.snapshot is not None
        wizard_of(pilot).session.reach().services.remove(screen.snapshot.id)
        sandbox.clock.advance(300)
        await polled(pilot)
        await until(pilot, lambda: screen.snapshot is not None and screen.snapshot.gone, "gone")
        assert not screen.saves
        assert "enter open" in str(screen.query_one("#vms").border_subtitle).lower()
