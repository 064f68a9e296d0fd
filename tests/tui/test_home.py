"""Home: what is done from its lists, how full the hosts are, and what is left of it on a very small terminal."""

from __future__ import annotations

import pytest

from tests.deploying import deploy_plan
from tests.tui.conftest import login_of, wizard_on
from tests.tui.pressing import at, connected, line, until
from tests.tui.test_services import two
from wizard.cloud.cloud import Cloud
from wizard.core.plan.plan import Plan
from wizard.core.preflight.facts import Host
from wizard.core.preflight.host_figures import capacity
from wizard.sandbox.server import Sandbox
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Ask, Confirm
from wizard.tui.widgets.service_list import ServiceList, ServiceTable


async def test_two_keys_from_home_to_the_deployed_default(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: app.session.vm_templates.asked, "the VM templates")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert not sandbox.world.vms
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        await until(pilot, lambda: app.session.service_id is not None, "the service")


async def test_actions_begin_from_the_list(sandbox: Sandbox) -> None:
    _, beta = two(sandbox)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        table = app.screen.query_one(ServiceTable)
        await until(pilot, lambda: table.row_count == 2, "the services")
        await pilot.press("s")
        assert getattr(app.screen, "step", None) is Step.HOME, "no service has the focus"
        table.focus()
        await pilot.press("down", "s")
        await until(pilot, lambda: isinstance(app.screen, Ask), "the question")
        assert app.session.service_id == beta


async def test_the_hosts_are_shown_where_they_may_be_seen(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(120, 40)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: "hosts 3  CPU" in line(pilot, "#top"), "the hosts")


def test_what_is_used_of_the_hosts() -> None:
    hosts = (Host(0, "a", 2, 2.0, 100.0, 8.0, 400.0), Host(1, "b", 2, 8.0, 400.0, 8.0, 400.0), Host(2, "off", 4, 9, 9))
    assert str(capacity(hosts)) == "hosts 2  CPU ▓▓░░░ 38 %  MEM ▓▓░░░ 38 %"
    assert capacity(()) is None
    assert capacity((Host(0, "a", 2, 0.0, 0.0),)) is None


async def test_a_very_small_terminal_shows_the_services(sandbox: Sandbox) -> None:
    two(sandbox)
    app = wizard_on(sandbox)
    async with app.run_test(size=(60, 12)) as pilot:
        await connected(pilot)
        table = app.screen.query_one(ServiceTable)
        await until(pilot, lambda: table.row_count == 2, "the services")
        assert table.region.height >= 8
        assert not app.screen.query_one("#presets").region
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: bool(app.screen.query_one("#presets").region), "the presets")


async def test_from_a_deployment_that_was_begun_at_home_esc_leads_home(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("escape")
        await at(pilot, Step.REVIEW)
        await pilot.press("escape")
        await at(pilot, Step.HOME)


async def test_where_the_last_service_goes_the_presets_have_the_focus(sandbox: Sandbox) -> None:
    cloud = Cloud(login_of(sandbox), clock=sandbox.clock.now)
    service = deploy_plan(Plan(), cloud)
    sandbox.clock.advance(120)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        listed = app.screen.query_one(ServiceList)
        await until(pilot, lambda: listed.table.row_count == 1, "the service")
        listed.table.focus()
        cloud.services.remove(service.id)
        sandbox.clock.advance(120)
        await pilot.press("r")
        await until(pilot, lambda: listed.table.row_count == 0, "no service")
        assert app.focused is not None
        assert app.focused.id == "presets"
    cloud.close()


@pytest.mark.parametrize(
    ("width", "wanted", "missing"), [(200, "as fast   read-only   hosts", "…"), (80, "sandbox   read-only", "CPU")]
)
async def test_the_top_line_drops_the_hosts_before_it_is_cut(
    sandbox: Sandbox, width: int, wanted: str, missing: str
) -> None:
    app = wizard_on(sandbox)
    app.session.remark = "sandbox, its clock runs 4 times as fast"
    app.session.read_only_reason = "Nobody may."
    async with app.run_test(size=(width, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: wanted in line(pilot, "#top"), "the line on top")
        assert missing not in line(pilot, "#top")
