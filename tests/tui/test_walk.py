"""The main job by keyboard at 80x24, from Home to RUNNING, for every preset that ships."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.conftest import START, login_of
from tests.tui.pressing import at, connected, dashboard_shows, until, wizard_of
from wizard.cloud.cloud import Cloud
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.states import ServiceState
from wizard.core.plan.plan import Plan, to_json
from wizard.core.views.rows import vm_rows
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.storage.files import list_presets
from wizard.storage.preferences import CONSOLE, THEMES, USUAL, Look
from wizard.tui.app import WizardApp
from wizard.tui.screens.dashboard import DashboardScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm
from wizard.tui.widgets.vm_table import VmTable

SHIPPED = [item.name for item in list_presets() if item.shipped]
CHOSEN = {"superlink.vm_template": "0", "supernode.vm_template": "1"}
ASKED = {"marketplace": "service.network"}
"""What a preset leaves to the operator, and nothing goes on without."""


def listening(sandbox: Sandbox, sent: list[str]) -> Callable[[], Cloud]:
    """Makes clients whose sent texts go to a list."""

    def connect() -> Cloud:
        cloud = Cloud(login_of(sandbox), clock=sandbox.clock.now)
        register, instantiate = cloud.templates.register, cloud.templates.instantiate

        def register_and_keep(text: str) -> int:
            sent.append(text)
            return register(text)

        def instantiate_and_keep(template_id: int, text: str) -> ServiceSnapshot:
            sent.append(text)
            return instantiate(template_id, text)

        cloud.templates.register = register_and_keep  # type: ignore[method-assign]
        cloud.templates.instantiate = instantiate_and_keep  # type: ignore[method-assign]
        return cloud

    return connect


@pytest.mark.parametrize(
    ("preset", "look"),
    [
        *((preset, USUAL) for preset in SHIPPED),
        *(("default", Look(theme)) for theme in THEMES[1:]),
        ("default", Look(CONSOLE, "none")),
    ],
    ids=str,
)
async def test_the_keyboard_leads_from_home_to_running(sandbox: Sandbox, preset: str, look: Look) -> None:
    sent: list[str] = []
    app = WizardApp(listening(sandbox, sent), clock=sandbox.clock.now, look=look)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: app.session.vm_templates.asked, "the VM templates")
        await pilot.press(*["down"] * SHIPPED.index(preset), "enter")
        await at(pilot, Step.SERVICE)
        given = {}
        if field := ASKED.get(preset):
            app.go(Step.SERVICE, field)
            await until(
                pilot, lambda: any(row.has_focus_within for row in app.screen.query("#field-service-network")), "it"
            )
            await pilot.press("0")
            given[field] = "0"
        for key, step in (("f3", Step.SUPERLINK), ("f4", Step.SUPERNODE), ("f5", Step.REVIEW)):
            await pilot.press(key)
            await at(pilot, step)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        plan = next(item.preset.plan for item in list_presets() if item.name == preset and item.preset)
        wanted = plan.with_texts(CHOSEN | given)
        assert sent == [to_json(wanted.template()), to_json(wanted.merge_template())]
        screen = app.screen
        assert isinstance(screen, DashboardScreen)
        assert screen.watching is not None
        snapshot = screen.watching.latest.snapshot
        assert snapshot is not None
        assert snapshot.state == ServiceState.RUNNING
        assert snapshot.complete
        count = int(wanted.text("supernode.cardinality"))
        rows = vm_rows(snapshot)
        assert [row.partition for row in rows] == ["", *(f"{index} of {count}" for index in range(count))]
        assert {row.sync for row in rows[1:]} == {"in sync"}
        assert screen.query_one(VmTable).row_count == count + 1
        guests = [sandbox.world.vms[row.vm_id].guest.node_config for row in rows[1:]]
        assert guests == [f"partition-id={index} num-partitions={count}" for index in range(count)]


async def test_the_same_on_an_opennebula_6() -> None:
    """What is sent there is in its words, with what its VM templates have; it was shown on Review before."""
    with Sandbox(latency=0, clock=ManualClock(START), version="6.10") as sandbox:
        sent: list[str] = []
        app = WizardApp(listening(sandbox, sent), plan=Plan(), clock=sandbox.clock.now)
        async with app.run_test(size=(80, 24)) as pilot:
            await connected(pilot)
            await until(pilot, lambda: app.session.vm_templates.asked, "the VM templates")
            for key, step in (("f2", Step.SERVICE), ("f5", Step.REVIEW)):
                await pilot.press(key)
                await at(pilot, step)
            await pilot.press("d")
            await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
            shown = app.session.preview()
            assert "APPEND" not in shown.template
            assert "SSH_PUBLIC_KEY" in shown.merge_template
            await pilot.press("enter")
            await at(pilot, Step.DASHBOARD)
            await dashboard_shows(pilot, sandbox, "RUNNING")
            assert sent == [shown.template, shown.merge_template]
            assert {vm.context["FLOWER_VERSION"] for vm in sandbox.world.vms} == {Plan().text("FLOWER_VERSION")}


async def test_the_walk_without_function_keys(sandbox: Sandbox) -> None:
    """Enter alone goes from field to field and from step to step."""
    app = WizardApp(listening(sandbox, []), plan=Plan(), clock=sandbox.clock.now)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        for step in (Step.SERVICE, Step.SUPERLINK, Step.SUPERNODE):
            await at(pilot, step)
            for _ in range(40):
                if getattr(app.focused, "id", None) == "next":
                    break
                await pilot.press("tab")
            await pilot.press("enter")
        await at(pilot, Step.REVIEW)
        assert wizard_of(pilot).focused is app.screen.query_one("#deploy")
