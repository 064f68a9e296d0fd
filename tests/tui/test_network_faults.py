"""Network faults on every screen: one clear message, nothing lost, never a traceback."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from tests.deploying import deploy_plan
from tests.tui.conftest import login_of, wizard_on
from tests.tui.pressing import at, connected, dashboard_shows, line, polled, until, words
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CredentialsMissing
from wizard.cloud.login import find_login
from wizard.core.plan.plan import Plan
from wizard.sandbox import http as faults
from wizard.sandbox.server import Sandbox
from wizard.storage.process_files import DeploymentRecord
from wizard.tui.app import WizardApp
from wizard.tui.screens.dashboard import DashboardScreen
from wizard.tui.screens.step import TooSmallScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm, Notice
from wizard.tui.widgets.vm_sheet import VmSheet
from wizard.tui.widgets.vm_table import VmTable

BODIES = [kind for kind in get_args(faults.Kind) if kind not in ("slow", "silent")]
READY_TO_GO = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})


def impatient(sandbox: Sandbox, kind: faults.Kind | None = None, password: str | None = None) -> WizardApp:
    """A wizard whose client gives up soon, where the network makes it."""
    timeout = 1.5 if kind == "silent" else 10.0
    login = find_login(sandbox.environment(), Path("/nonexistent"), username=sandbox.username, password=password)
    clock = sandbox.clock.now
    return WizardApp(lambda: Cloud(login, timeout=timeout, clock=clock), plan=READY_TO_GO, clock=clock)


def deployed(sandbox: Sandbox) -> int:
    """A service that another client has deployed."""
    cloud = Cloud(login_of(sandbox), clock=sandbox.clock.now)
    try:
        return deploy_plan(READY_TO_GO, cloud).id
    finally:
        cloud.close()


async def test_no_credentials(sandbox: Sandbox) -> None:
    def connect() -> Cloud:
        return Cloud(find_login({}, Path("/nonexistent"), system=Path("/nonexistent")))

    app = WizardApp(connect)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: "no credentials" in words(app).lower(), "the reason")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, Notice), "the reason in full")
        assert "ONE_AUTH" in words(app)
        assert "one_auth" in words(app)
        await pilot.press("escape")
        await pilot.press("enter")
        await at(pilot, Step.SERVICE)
        await pilot.press("f5")
        await at(pilot, Step.REVIEW)
        assert isinstance(app.session.error, CredentialsMissing)


async def test_a_wrong_password(sandbox: Sandbox) -> None:
    app = impatient(sandbox, password="wrong:password")
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        assert "out of reach" in line(pilot, "#top")
        app.go(Step.HOME)
        await at(pilot, Step.HOME)
        await until(pilot, lambda: "refused" in words(app), "the refusal")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, Notice), "the reason in full")
        assert "wrong:password" not in words(app)
        assert "ONE_AUTH" in words(app)


@pytest.mark.parametrize("kind", [*BODIES, "silent"])
@pytest.mark.parametrize("server", ["oneflow", "oned"])
async def test_home_says_why_there_is_no_connection(sandbox: Sandbox, server: str, kind: faults.Kind) -> None:
    sandbox.faults.plan(server, kind, times=-1)
    app = impatient(sandbox, kind)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.HOME)
        await at(pilot, Step.HOME)
        assert "out of reach" in line(pilot, "#top")
        name = "OneFlow" if server == "oneflow" else "oned"
        await until(pilot, lambda: name in line(pilot, "#connection"), "the culprit")
        told = words(app)
        for internal in ("Traceback", "<html", ".rb"):
            assert internal not in told
        sandbox.faults.clear()
        await pilot.press("r")
        await until(pilot, lambda: "oned ● 7" in line(pilot, "#top"), "the connection")


@pytest.mark.parametrize("kind", [kind for kind in (*BODIES, "silent") if kind not in ("cut", "half", "gateway")])
async def test_a_deployment_that_fails_keeps_what_was_chosen(sandbox: Sandbox, kind: faults.Kind) -> None:
    app = impatient(sandbox, kind)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.session.change("FL_NUM_ROUNDS", "17")
        await pilot.press("f5")
        await at(pilot, Step.REVIEW)
        sandbox.faults.plan("oneflow", kind, match="POST /service_template", times=-1)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Notice), "the error")
        assert "Traceback" not in words(app)
        await pilot.press("escape")
        await until(pilot, lambda: "Not deployed" in line(pilot, "#waiting"), "what that means")
        await pilot.press("escape")
        await at(pilot, Step.HOME)
        assert app.session.plan.text("FL_NUM_ROUNDS") == "17"
        sandbox.faults.clear()
        await pilot.press("f5")
        await at(pilot, Step.REVIEW)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question again")
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")


async def test_an_answer_that_got_lost_is_looked_up_and_not_sent_again(sandbox: Sandbox) -> None:
    app = impatient(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await pilot.press("f5")
        await at(pilot, Step.REVIEW)
        sandbox.faults.plan("oneflow", "cut", match="/action")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        sent = [item for item in sandbox.requests if item.server == "oneflow" and item.call.endswith("/action")]
        assert len(sent) == 1


@pytest.mark.parametrize("kind", [*BODIES, "silent"])
@pytest.mark.parametrize("server", ["oneflow", "oned"])
async def test_the_dashboard_survives_network_faults(sandbox: Sandbox, server: str, kind: faults.Kind) -> None:
    service = deployed(sandbox)
    sandbox.clock.advance(60)
    app = impatient(sandbox, kind)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(service)
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        rows = app.screen.query_one(VmTable).row_count
        assert rows == 3
        sandbox.faults.plan(server, kind, times=-1)
        await polled(pilot)
        said = line(pilot, "#waiting")
        assert ("No contact" if server == "oneflow" else "oned does not") in said
        assert "Traceback" not in words(app)
        assert app.screen.query_one(VmTable).row_count == rows
        sandbox.faults.clear()
        await polled(pilot)
        assert "No contact" not in line(pilot, "#waiting")
        assert "oned does not" not in line(pilot, "#waiting")


async def test_the_server_dies_while_it_is_watched(sandbox: Sandbox) -> None:
    service = deployed(sandbox)
    app = impatient(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(service)
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "DEPLOYING")
        sandbox.stop()
        await polled(pilot)
        assert "No contact" in line(pilot, "#waiting")
        assert "1 tries" in line(pilot, "#waiting") or "1 try" in line(pilot, "#waiting")
        await pilot.press("escape")
        await at(pilot, Step.HOME)


async def test_a_service_that_somebody_else_deletes(sandbox: Sandbox) -> None:
    service = deployed(sandbox)
    sandbox.clock.advance(60)
    app = impatient(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(service)
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        other = Cloud(login_of(sandbox))
        other.services.remove(service)
        other.close()
        await dashboard_shows(pilot, sandbox, "GONE")
        assert app.screen.query_one(VmTable).row_count == 0
        assert "gone" in words(app).lower() or "removed" in line(pilot, "#waiting")
        await pilot.press("x")
        await pilot.pause(0.1)
        assert isinstance(app.screen, DashboardScreen)
        assert not [item for item in sandbox.requests if item.call == f"POST /service/{service}/action"]


async def test_a_running_service_is_deleted_with_delete_once(sandbox: Sandbox) -> None:
    service = deployed(sandbox)
    sandbox.clock.advance(60)
    app = impatient(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(service)
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "so a delete is accepted" in words(app)
        assert app.focused is app.screen.query_one("#no")
        await pilot.press("left", "enter")
        await at(pilot, Step.DASHBOARD)
        await until(pilot, lambda: "UNDEPLOYING" in line(pilot, "#top"), "UNDEPLOYING")
        await pilot.press("x", "x")
        await dashboard_shows(pilot, sandbox, "GONE", stride=1)
        sent = [item.call for item in sandbox.requests if item.method == "DELETE"]
        assert sent == [f"DELETE /service/{service}"]


async def test_where_delete_is_refused_the_question_names_recover(sandbox_of: Callable[[str], Sandbox]) -> None:
    sandbox = sandbox_of("superlink-never-ready")
    service = deployed(sandbox)
    sandbox.clock.advance(30)
    app = impatient(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(service)
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "DEPLOYING")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "a recover with delete is sent" in words(app)
        await pilot.press("left", "enter")
        await dashboard_shows(pilot, sandbox, "GONE", stride=1)
        assert not [item for item in sandbox.requests if item.method == "DELETE"]


async def test_while_a_deployment_is_sent_nobody_leaves_unasked(sandbox: Sandbox) -> None:
    app = impatient(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await pilot.press("f5")
        await at(pilot, Step.REVIEW)
        sandbox.faults.plan("oneflow", "slow", match="POST /service_template", times=-1, seconds=1.5)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        await until(pilot, lambda: app.session.sending, "the sending")
        await pilot.press("f2", "escape")
        assert isinstance(app.screen, DashboardScreen)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question whether to quit")
        assert "while the deployment is sent" in words(app)
        await pilot.press("escape")
        await until(pilot, lambda: not app.session.sending, "the end of sending")
        await dashboard_shows(pilot, sandbox, "RUNNING")


async def test_who_quits_while_a_deployment_is_sent_goes_on_with_its_service(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    app = impatient(sandbox)
    app.session.keeps = True
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await pilot.press("f5")
        await at(pilot, Step.REVIEW)
        sandbox.faults.plan("oneflow", "slow", match="/action", seconds=1.5)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await until(pilot, lambda: not sandbox.faults.planned, "the request")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question whether to quit")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: any("/action" in item.call for item in sandbox.requests), "the service")
    cloud = Cloud(login_of(sandbox), clock=sandbox.clock.now)
    deploy_plan(READY_TO_GO, cloud, record=DeploymentRecord(cloud.where))
    assert len(cloud.services.list()) == 1
    cloud.close()


async def test_quitting_does_not_sit_out_a_time_out(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    sandbox.faults.plan("oneflow", "silent", times=-1)
    sandbox.faults.plan("oned", "silent", times=-1)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        begun = time.monotonic()
        await pilot.press("ctrl+q")
        while app.is_running and time.monotonic() - begun < 5:
            await pilot.pause(0.02)
    assert time.monotonic() - begun < 3


async def test_a_terminal_of_40x10_and_back(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=READY_TO_GO)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await pilot.press("home", *["delete"] * 30, "X", "Y")
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: isinstance(app.screen, TooSmallScreen), "the word about the size")
        assert "40x10" in words(app)
        await pilot.resize_terminal(80, 24)
        await at(pilot, Step.SERVICE)
        assert app.session.plan.name.startswith("XY")


async def test_attaching_to_what_is_not_there(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, attach="no such service")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, Notice), "the error")
        assert "no such service" in words(app)
        await pilot.press("escape")
        await at(pilot, Step.HOME)


async def test_names_that_break_careless_programs(sandbox_of: Callable[[str], Sandbox]) -> None:
    sandbox = sandbox_of("hostile-names")
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: bool(app.session.vm_templates.objects), "the VM templates")
        await until(pilot, lambda: bool(app.session.services), "the services")
        await pilot.press("enter")
        await at(pilot, Step.SERVICE)
        for key, step in (("f3", Step.SUPERLINK), ("f4", Step.SUPERNODE), ("f5", Step.REVIEW)):
            await pilot.press(key)
            await at(pilot, step)
        cloud = app.session.cloud
        assert cloud is not None
        for service in cloud.services.list():
            app.attach(service.id)
            await at(pilot, Step.DASHBOARD)
            await polled(pilot)
            await pilot.press("x")
            await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
            assert "\u202e" not in words(app)
            await pilot.press("escape")
            await at(pilot, Step.DASHBOARD)
            table = app.screen.query_one(VmTable)
            if table.row_count:
                await pilot.press("enter")
                await until(pilot, lambda: isinstance(app.screen, VmSheet), "the VM")
                await pilot.press("escape")
            app.go(Step.HOME)
            await at(pilot, Step.HOME)


async def test_three_hundred_vms_keep_the_cursor_and_draw_only_what_changed(
    sandbox_of: Callable[[str], Sandbox],
) -> None:
    sandbox = sandbox_of("large")
    cloud = Cloud(login_of(sandbox))
    service = next(item.id for item in cloud.services.list() if item.is_flower)
    cloud.close()
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(service)
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        table = app.screen.query_one(VmTable)
        assert table.row_count == 300
        await pilot.press(*["down"] * 40)
        before = (table.cursor_row, table.scroll_y)
        assert before[0] == 40
        marked = table.marked()
        updates = _count_updates(table)
        await polled(pilot)
        assert updates == []
        # One VM goes away: its row changes, and nobody else's.
        lost = next(vm for vm in sandbox.world.vms if vm.vid == 250)
        cell = _power_off(sandbox, lost.vid)
        assert cell
        await polled(pilot)
        assert {row for row, _ in updates} == {"250"}
        assert table.cursor_row == before[0]
        # A line that now tells what is wrong takes one row from the table.
        assert abs(table.scroll_y - before[1]) <= 1
        assert table.marked() == marked


def _count_updates(table: VmTable) -> list[tuple[str, str]]:
    seen: list[tuple[str, str]] = []
    update = table.update_cell

    def counted(row: object, column: object, value: object, **options: object) -> None:
        seen.append((str(getattr(row, "value", row)), str(getattr(column, "value", column))))
        update(row, column, value, **options)  # type: ignore[arg-type]

    table.update_cell = counted  # type: ignore[method-assign,assignment]
    return seen


def _power_off(sandbox: Sandbox, vm_id: int) -> bool:
    from xmlrpc.client import ServerProxy

    with ServerProxy(sandbox.oned_url) as proxy:
        answer = proxy.one.vm.action(f"{sandbox.username}:{sandbox.password}", "poweroff-hard", vm_id)
    sandbox.clock.advance(5)
    return bool(answer[0])  # type: ignore[index]
