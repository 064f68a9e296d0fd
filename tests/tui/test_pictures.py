"""Every screen, drawn at three sizes and compared with the kept picture. `make snapshots` draws them anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import SIZES, Picture, wizard_on
from tests.tui.pressing import at, connected, dashboard_shows, line, polled, typed, until, wizard_of, words
from tests.tui.reading import faint
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.screens.step import TooSmallScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Ask, Confirm, Notice
from wizard.tui.widgets.json_view import JsonScreen
from wizard.tui.widgets.picker import Picker
from wizard.tui.widgets.service_switch import ServiceSwitch
from wizard.tui.widgets.vm_sheet import VmSheet

SandboxOf = Callable[[str], Sandbox]
Scene = Callable[[Pilot[int], Sandbox], Awaitable[None]]
WORLDS = ["hostile-names", "dead-superlink", "large"]
"""Those that have services from the start."""
TROUBLED = Plan().with_texts(
    {
        "supernode.cardinality": "5",
        "FL_NUM_ROUNDS": "0",
        "FL_MIN_AVAILABLE_CLIENTS": "9",
        "FL_NODE_CONFIG": "partition-id=0 num-partitions=5",
    }
)


async def home(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await _step(pilot, Step.HOME)
    await until(pilot, lambda: "asking…" not in words(pilot.app), "the services")


async def home_without_a_cloud(pilot: Pilot[int], sandbox: Sandbox) -> None:
    sandbox.faults.plan("oneflow", "html", times=-1)
    await connected(pilot)
    wizard_of(pilot).look_up()
    await until(pilot, lambda: "out of reach" in line(pilot, "#top"), "the bad news")
    await connected(pilot)
    await _step(pilot, Step.HOME)


async def service(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await _step(pilot, Step.SERVICE)


async def superlink_with_problems(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await connected(pilot)
    wizard_of(pilot).session.plan = TROUBLED
    await _step(pilot, Step.SUPERLINK)


async def supernode(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await _step(pilot, Step.SUPERNODE)


async def supernode_sharing_a_shard(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await connected(pilot)
    wizard_of(pilot).session.plan = TROUBLED
    app = await _step(pilot, Step.SUPERNODE)
    app.go(Step.SUPERNODE, "FL_NODE_CONFIG")
    await at(pilot, Step.SUPERNODE)
    await until(pilot, lambda: "partition-id" in line(pilot, "#help-line"), "the help of the field")


async def picker(pilot: Pilot[int], sandbox: Sandbox) -> None:
    app = await _step(pilot, Step.SUPERLINK)
    await pilot.press("down")
    await until(pilot, lambda: isinstance(app.screen, Picker), "the list")


async def json(pilot: Pilot[int], sandbox: Sandbox) -> None:
    app = await _step(pilot, Step.SERVICE)
    await pilot.press("f7")
    await until(pilot, lambda: isinstance(app.screen, JsonScreen), "the JSON")


async def saving(pilot: Pilot[int], sandbox: Sandbox) -> None:
    app = await _step(pilot, Step.SERVICE)
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(app.screen, Ask), "the question")
    await typed(pilot, "mine")


async def review(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await _step(pilot, Step.REVIEW)


async def review_of_problems(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await connected(pilot)
    wizard_of(pilot).session.plan = TROUBLED
    await _step(pilot, Step.REVIEW)


async def review_of_the_template(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await _step(pilot, Step.REVIEW)
    await pilot.press("shift+tab", "shift+tab", "right")
    pilot.app.screen.query_one("#tabs").active = "template-tab"  # type: ignore[attr-defined]
    await pilot.pause()


async def deploying_or_not(pilot: Pilot[int], sandbox: Sandbox) -> None:
    app = await _step(pilot, Step.REVIEW)
    await pilot.press("d")
    await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")


async def dashboard_waiting(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await _deployed(pilot)
    await dashboard_shows(pilot, sandbox, "DEPLOYING", stride=1)
    for _ in range(6):
        sandbox.clock.advance(1)
        await polled(pilot)


async def dashboard_running(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await _deployed(pilot)
    await polled(pilot)
    for _ in range(30):
        sandbox.clock.advance(2)
    await polled(pilot)
    assert "RUNNING" in line(pilot, "#top")


async def dashboard_without_contact(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await dashboard_running(pilot, sandbox)
    sandbox.faults.plan("oneflow", "close", times=-1)
    await polled(pilot)


async def a_vm(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await dashboard_running(pilot, sandbox)
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, VmSheet), "the VM")
    await until(pilot, lambda: "History" in words(pilot.app), "its history")


async def going_to_another(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await dashboard_running(pilot, sandbox)
    await pilot.press("g")
    await until(pilot, lambda: isinstance(pilot.app.screen, ServiceSwitch), "the list")
    await until(pilot, lambda: bool(wizard_of(pilot).session.services), "the services")


async def deleting_or_not(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await dashboard_running(pilot, sandbox)
    await pilot.press("x")
    await until(pilot, lambda: isinstance(pilot.app.screen, Confirm), "the question")


async def help_page(pilot: Pilot[int], sandbox: Sandbox) -> None:
    await _step(pilot, Step.SERVICE)
    await pilot.press("f1")
    await until(pilot, lambda: isinstance(pilot.app.screen, Notice), "the help")


async def _step(pilot: Pilot[int], step: Step) -> WizardApp:
    await connected(pilot)
    app = wizard_of(pilot)
    app.go(step)
    await at(pilot, step)
    return app


async def _deployed(pilot: Pilot[int]) -> None:
    app = await _step(pilot, Step.REVIEW)
    await pilot.press("d")
    await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
    app.screen.query_one("#yes").focus()
    await pilot.press("enter")
    await at(pilot, Step.DASHBOARD)


SCENES: list[Scene] = [
    home_without_a_cloud,
    service,
    superlink_with_problems,
    supernode,
    supernode_sharing_a_shard,
    picker,
    json,
    saving,
    review,
    review_of_problems,
    review_of_the_template,
    deploying_or_not,
    dashboard_waiting,
    dashboard_running,
    dashboard_without_contact,
    a_vm,
    going_to_another,
    deleting_or_not,
    help_page,
]


IN_EVERY_SIZE = (service, superlink_with_problems, review, dashboard_running)
"""Between them they have all that depends on the size: a form with its help, problems, tabs, the table of the VMs."""

CASES = [(scene, size) for scene in SCENES for size in SIZES if size == SIZES[0] or scene in IN_EVERY_SIZE]


def name_of(item: Scene | tuple[int, int]) -> str:
    """Name of a scene or of a size in the name of a test."""
    return f"{item[0]}x{item[1]}" if isinstance(item, tuple) else item.__name__


@pytest.mark.parametrize(("scene", "size"), CASES, ids=name_of)
async def test_scene(scene: Scene, size: tuple[int, int], sandbox: Sandbox, picture: Picture) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=size) as pilot:
        await scene(pilot, sandbox)
        await picture(pilot)
        assert not faint(pilot)


@pytest.mark.parametrize("world", WORLDS)
async def test_home_in_a_world(sandbox_of: SandboxOf, world: str, picture: Picture) -> None:
    sandbox = sandbox_of(world)
    async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
        await home(pilot, sandbox)
        await picture(pilot)


@pytest.mark.parametrize("world", WORLDS)
async def test_dashboard_in_a_world(sandbox_of: SandboxOf, world: str, picture: Picture) -> None:
    sandbox = sandbox_of(world)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        cloud = app.session.cloud
        assert cloud is not None
        service = next(item for item in cloud.services.list() if item.is_flower)
        app.attach(service.id)
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        await picture(pilot)


@pytest.mark.parametrize("world", ["supernode-boot-failure", "no-capacity"])
async def test_a_deployment_that_does_not_come_up(sandbox_of: SandboxOf, world: str, picture: Picture) -> None:
    sandbox = sandbox_of(world)
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await _deployed(pilot)
        await polled(pilot)
        for _ in range(40):
            sandbox.clock.advance(2)
        await polled(pilot)
        await picture(pilot)


async def test_too_small(sandbox: Sandbox, picture: Picture) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(40, 10)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, TooSmallScreen), "the word about the size")
        await picture(pilot)
