"""Many services: listed with what is wrong, filtered, left and come back to without losing anything."""

from __future__ import annotations

import subprocess
import threading

import pytest

from tests.deploying import deploy_plan
from tests.tui.conftest import login_of, wizard_on
from tests.tui.pressing import at, connected, line, polled, until
from wizard.cloud.cloud import Cloud
from wizard.core.opennebula.snapshot import VmFacts
from wizard.core.plan.plan import Plan
from wizard.core.views.rows import ServiceRow
from wizard.operations import machine as ssh
from wizard.operations.machine import GuestLog
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.dashboards import MOST
from wizard.tui.screens.dashboard import DashboardScreen
from wizard.tui.screens.home import HomeScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm
from wizard.tui.widgets.journal_sheet import JournalSheet
from wizard.tui.widgets.lines import QuietLine
from wizard.tui.widgets.service_list import COLUMNS, ServiceList, ServiceTable, ready_bar
from wizard.tui.widgets.service_switch import ServiceSwitch
from wizard.tui.widgets.table_columns import fitting
from wizard.tui.widgets.vm_sheet import VmSheet

ROW = ServiceRow(7, "flower-prod", "FAILED_DEPLOYING", 1, 3, 4000, "eva", "vm failed", True)


def listed(app: WizardApp) -> str:
    """The rows of the list, and the note under it."""
    found = app.screen.query_one(ServiceList)
    table = found.table
    rows = [" ".join(str(cell) for cell in table.get_row_at(place)) for place in range(table.row_count)]
    return "\n".join([*rows, found.note])


def two(sandbox: Sandbox) -> tuple[int, int]:
    """Two services that run."""
    cloud = Cloud(login_of(sandbox), clock=sandbox.clock.now)
    found = []
    for name in ("alpha", "beta"):
        plan = Plan().with_texts({"service.name": name, "supernode.cardinality": "2"})
        found.append(deploy_plan(plan, cloud).id)
    sandbox.clock.advance(200)
    cloud.close()
    return found[0], found[1]


def test_the_issue_and_the_count_stay_where_age_and_owner_do_not_fit() -> None:
    wanted = dict.fromkeys((column.key for column in COLUMNS), 60)
    assert set(fitting(COLUMNS, wanted, 70)) == {"id", "name", "state", "ready", "issue"}
    short = dict.fromkeys(wanted, 6)
    assert set(fitting(COLUMNS, short, 75)) == {"id", "name", "state", "ready", "issue", "age"}
    assert set(fitting(COLUMNS, short, 200)) == {column.key for column in COLUMNS}


def test_ready_has_a_bar_where_it_is_known() -> None:
    assert ready_bar(ROW) == "1/3   ▓▓░░░░"
    assert ready_bar(ServiceRow(1, "x", "RUNNING", None, 3, 0, "y")) == "?/3"
    assert ready_bar(ServiceRow(1, "x", "RUNNING", 0, 0, 0, "y")) == "0/0"


async def test_an_answer_that_comes_when_home_has_gone_is_nothing(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.HOME)
        await pilot.pause()
        home = app.screen
        assert isinstance(home, HomeScreen)
        shown = home.query_one(ServiceList)
        app.go(Step.SERVICE)
        await until(pilot, lambda: not home.query(ServiceList))
        home.ask_for_services()
        shown.show((ROW,))
        await pilot.pause()
        assert app.screen is not home


async def test_home_lists_filters_and_attaches(sandbox: Sandbox) -> None:
    alpha, beta = two(sandbox)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: "2/2" in listed(app), "the services")
        table = app.screen.query_one(ServiceTable)
        table.focus()
        await pilot.press("slash", *"beta")
        await until(pilot, lambda: table.row_count == 1, "the filter")
        await pilot.press("enter", "enter")
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        assert app.session.service_id == beta
        assert alpha != beta


async def test_a_cloud_without_services_says_so_at_once(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.HOME)
        await at(pilot, Step.HOME)
        await until(pilot, lambda: "press d to deploy" in listed(app), "what to do")


async def test_nothing_is_drawn_where_nothing_changed(sandbox: Sandbox) -> None:
    two(sandbox)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: "2/2" in listed(app), "the services")
        found = app.screen.query_one(ServiceList)
        table = found.table
        table.focus()
        await pilot.press("down")
        written: list[object] = []
        table.update_cell = lambda *args, **_: written.append(args)  # type: ignore[method-assign,assignment]
        found.show(table.rows_given, found.note)
        assert not written
        del table.update_cell
        sandbox.clock.advance(3600)
        seen = len(sandbox.requests)
        app.screen.ask_for_services()  # type: ignore[attr-defined]
        await until(pilot, lambda: len(sandbox.requests) > seen, "another look")
        await until(pilot, lambda: "1 h" in listed(app), "another age")
        assert table.cursor_row == 1


async def test_the_service_that_is_left_is_followed_further(sandbox: Sandbox) -> None:
    alpha, beta = two(sandbox)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(alpha)
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        first = app.screen
        assert isinstance(first, DashboardScreen)
        events = first.watching.latest.events if first.watching else ()
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, ServiceSwitch), "the list")
        await until(pilot, lambda: "beta" in listed(app), "the services")
        await pilot.press(*"beta", "enter")
        await until(pilot, lambda: "beta" in line(pilot, "#top"), "the other service")
        assert app.session.service_id == beta
        app.attach(alpha)
        await until(pilot, lambda: app.screen is first, "the first dashboard again")
        await polled(pilot)
        assert app.session.service_id == alpha
        assert first.watching is not None
        assert first.watching.latest.events[: len(events)] == events


async def test_so_many_are_kept_and_no_more(sandbox: Sandbox) -> None:
    cloud = Cloud(login_of(sandbox), clock=sandbox.clock.now)
    ids = [deploy_plan(Plan().with_text("service.name", f"s{place}"), cloud).id for place in range(MOST + 3)]
    cloud.close()
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        for number in ids:
            app.attach(number)
            await at(pilot, Step.DASHBOARD)
            await polled(pilot)
            if number == ids[1]:
                assert isinstance(app.screen, DashboardScreen)
                app.screen.restarting = threading.Event()
        assert app.dashboards.of(ids[0]) is None
        busy = app.dashboards.of(ids[1])
        assert busy is not None
        assert busy.is_attached
        assert app.dashboards.of(ids[2]) is None
        assert app.dashboards.of(ids[-1]) is app.screen


async def test_a_vm_tells_its_history_and_survives_a_silent_oned(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VmFacts, "is_simulated", False)
    alpha, _ = two(sandbox)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(alpha)
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, VmSheet), "the VM")
        sheet = app.screen
        assert isinstance(sheet, VmSheet)
        await until(pilot, lambda: "runs since" in sheet.text, "its history")
        assert "ssh root@" in sheet.text
        await until(pilot, lambda: "% of a core" in sheet.text, "what was measured")
        assert " MB" in sheet.text
        sandbox.faults.plan("oned", "close", times=-1)
        await pilot.press("r")
        await until(pilot, lambda: "as it was last known" in sheet.text, "the bad news")
        assert "runs since" in sheet.text


async def test_the_journal_of_a_guest_is_read_without_holding_the_page_up(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha, _ = two(sandbox)
    app = wizard_on(sandbox)
    held = threading.Event()

    def slow(address: str) -> GuestLog:
        held.wait(20)
        return GuestLog(f"kernel: \x1b[31mup\nflower: hello from {address}")

    monkeypatch.setattr("wizard.operations.machine.guest_log", slow)
    monkeypatch.setattr(VmFacts, "is_simulated", False)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(alpha)
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, VmSheet), "the VM")
        await pilot.press("j")
        await until(pilot, lambda: isinstance(app.screen, JournalSheet), "the page of the journal")
        sheet = app.screen
        assert isinstance(sheet, JournalSheet)
        shown = sheet.query_one("#journal-text", QuietLine)
        await until(pilot, lambda: shown.text.startswith("Asking 10."), "that it is asked")
        held.set()
        await until(pilot, lambda: "flower: hello from 10." in shown.text, "the journal")
        assert "\x1b" not in shown.text
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, VmSheet), "the VM again")


def test_a_guest_is_asked_without_a_shell_and_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def run(line: tuple[str, ...], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(line)
        return subprocess.CompletedProcess(line, 255, b"", b"banner\r\nConnection refused\r\n")

    monkeypatch.setattr(ssh, "missing", lambda: "")
    monkeypatch.setattr(subprocess, "run", run)
    refused = ssh.guest_log("10.0.0.1")
    assert not refused.text
    assert "Connection refused" in refused.failure
    assert "\r" not in refused.failure
    assert "ssh root@10.0.0.1 journalctl" in refused.failure, "what to try by hand"
    assert asked[0][0] == "ssh"
    assert "BatchMode=yes" in asked[0]
    assert asked[0][asked[0].index("root@10.0.0.1") + 1] == "journalctl"
    assert ssh.guest_log("-oProxyCommand=x") == GuestLog(failure="It has no address to reach it at.")
    assert len(asked) == 1


def test_only_an_address_reaches_ssh() -> None:
    assert ssh.command("10.0.0.1") == ("ssh", "root@10.0.0.1")
    assert ssh.command("fd00::1") == ("ssh", "root@fd00::1")
    for address in ("-oProxyCommand=reboot", "host", "10.0.0.1 -x", ""):
        assert ssh.command(address) is None


async def test_where_the_processes_of_a_vm_are_ours_no_guest_is_asked(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha, _ = two(sandbox)
    app = wizard_on(sandbox)
    app.session.logs = lambda vm_id: f"printed by VM {vm_id}"
    asked: list[str] = []
    monkeypatch.setattr("wizard.operations.machine.guest_log", asked.append)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(alpha)
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, VmSheet), "the VM")
        sheet = app.screen
        assert isinstance(sheet, VmSheet)
        await pilot.press("j")
        await pilot.pause()
        assert "printed by VM 0" in sheet.text
        assert asked == []


async def test_what_is_begun_on_home_and_not_sent_ends_on_home(sandbox: Sandbox) -> None:
    alpha, beta = two(sandbox)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        home = app.screen
        services = home.query_one(ServiceList)
        await until(pilot, lambda: services.table.row_count == 2, "both services")
        assert str(services.table.border_subtitle) == "Tab to get here", "its keys do not work yet"
        services.table.focus()
        await until(pilot, lambda: "x delete" in str(services.table.border_subtitle), "its keys")
        services.mark(beta)
        for key, words in (("x", "Nothing was sent."), ("o", "Nothing was sent: ")):
            await pilot.press(key)
            if key == "x":
                await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
                await pilot.press("enter")
            await at(pilot, Step.HOME)
            await until(pilot, lambda words=words: line(pilot, "#help-line").startswith(words), "that nothing was sent")
            found = app.screen.query_one(ServiceList)
            await until(pilot, lambda found=found: found.table.has_focus, "the focus in the list")
            assert found.marked is not None
            assert found.marked.id == beta, "the cursor on the service that one comes from"
        assert not [item for item in sandbox.requests if item.method in ("DELETE", "POST") and "service/" in item.call]
        assert alpha != beta


async def test_whoever_stays_on_the_dashboard_is_not_led_home(sandbox: Sandbox) -> None:
    alpha, _ = two(sandbox)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(alpha)
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        await pilot.press("y", "escape")
        await at(pilot, Step.DASHBOARD)
