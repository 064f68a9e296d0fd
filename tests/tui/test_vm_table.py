"""The table of VMs: searched, sorted, and with the cursor on its VM whatever comes and goes."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.coordinate import Coordinate
from textual.pilot import Pilot

from tests.core.services import service, vm
from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, dashboard_shows, told, typed, until, words
from wizard.core.plan.plan import Plan
from wizard.core.views.rows import board
from wizard.sandbox.server import Sandbox
from wizard.tui.screens.dashboard import DashboardScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.machines import Machines
from wizard.tui.widgets.vm_table import COLUMNS, VmTable

MANY = 300
STATES = ["RUNNING", "BOOT", "POWEROFF", "BOOT_FAILURE"]


class OneTable(App[int]):
    """Nothing but the VMs of one service."""

    CSS = "VmTable { width: 1fr; height: 1fr; } VmPanel { width: 36; }"

    def compose(self) -> ComposeResult:
        yield Machines(lambda: None)

    def on_mount(self) -> None:
        self.query_one(VmTable).focus()

    @property
    def table(self) -> VmTable:
        return self.query_one(VmTable)

    def column(self, key: str) -> list[str]:
        place = [column.value for column in self.table.columns].index(key)
        return [str(self.table.get_cell_at(Coordinate(row, place))) for row in range(self.table.row_count)]

    def draw(self, count: int = MANY, skip: int = 0) -> None:
        vms = [
            vm(2 + number, STATES[number % len(STATES)], ips=(f"10.0.{number // 250}.{number % 250}",))
            for number in range(skip, count)
        ]
        self.query_one(Machines).show(board(service(vms), ""), gone=False, quick=False)


async def shown(pilot: Pilot[int], title: str) -> None:
    """The title of the panel has these words."""
    panel = pilot.app.query_one(VmTable)
    await until(pilot, lambda: title in (panel.border_title or ""), f"{title!r}, not {panel.border_title!r}")


async def test_what_is_typed_after_a_slash_is_searched_and_never_acts() -> None:
    app = OneTable()
    async with app.run_test(size=(80, 24)) as pilot:
        app.draw()
        await shown(pilot, f"VMs · {MANY + 1}")
        await pilot.press("slash")
        await typed(pilot, "poweroff")
        await shown(pilot, "75 of 301")
        assert set(app.column("state")) == {"▲ POWEROFF"}
        await typed(pilot, " 10.0.1")
        await shown(pilot, "13 of 301")
        await pilot.press("enter")
        assert app.focused is app.table
        app.draw(MANY - 100)
        await shown(pilot, "0 of 201")
        await pilot.press("escape")
        await shown(pilot, "VMs · 201")


def order(app: OneTable) -> str:
    """What the border tells about the order."""
    return app.table.border_subtitle or ""


async def test_keys_sort_and_turn_the_order_round() -> None:
    app = OneTable()
    async with app.run_test(size=(200, 50)) as pilot:
        app.draw(20)
        await shown(pilot, "VMs · 21")
        natural = app.column("vm")
        await pilot.press(*["greater_than_sign"] * 2)
        assert "by VM" in order(app)
        assert app.column("vm") == sorted(natural, key=int)
        await pilot.press("less_than_sign")
        assert "by VM reversed" in order(app)
        assert app.column("vm") == sorted(natural, key=int, reverse=True)


async def test_the_cursor_stays_on_its_vm() -> None:
    app = OneTable()
    async with app.run_test(size=(120, 40)) as pilot:
        app.draw(40)
        await pilot.press("end")
        await until(pilot, lambda: app.table.marked() == 41, "the last one")
        await pilot.press("up", "up")
        assert app.table.marked() == 39
        app.draw(40, skip=10)
        assert app.table.marked() == 39
        await pilot.press("greater_than_sign", "greater_than_sign", "less_than_sign")
        assert app.table.marked() == 39
        await pilot.press("slash", "3", "9", "enter")
        assert app.table.marked() == 39
        await pilot.press("escape", "home")
        assert app.table.cursor_row == 0


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_every_column_that_is_shown_is_wide_enough_for_its_badge(size: tuple[int, int]) -> None:
    app = OneTable()
    async with app.run_test(size=size) as pilot:
        app.draw(8)
        await shown(pilot, "VMs · 9")
        assert {"● RUNNING", "◐ BOOT", "▲ POWEROFF", "✗ BOOT_FAILURE"} == set(app.column("state"))
        assert {column.key for column in COLUMNS} >= {str(key.value) for key in app.table.columns}


async def test_on_the_dashboard_letters_of_a_search_are_no_actions(sandbox: Sandbox) -> None:
    plan = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})
    app = wizard_on(sandbox, plan=plan)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.deploy(app.session.prepare())
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        sent = len(sandbox.requests)
        await pilot.press("slash")
        await typed(pilot, "oxtsl")
        await until(pilot, lambda: "0 of 3" in words(app), "nothing found")
        assert isinstance(app.screen, DashboardScreen)
        assert told(pilot) == []
        assert [item for item in sandbox.requests[sent:] if item.method in ("POST", "DELETE", "PUT")] == []
        await pilot.press("escape")
        await until(pilot, lambda: "VMs · 3" in words(app), "all of them")
        assert isinstance(app.screen, DashboardScreen)
