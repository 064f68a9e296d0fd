"""The way from a cloud without VM templates of Flower to a deployed default, and a run that proves it, by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, line, polled, until, words
from tests.tui.test_services import two
from wizard.core.errors import WizardError
from wizard.core.flower.node_config import Partition
from wizard.operations import verify as verifying
from wizard.operations.flower_run import COMPLETED, Ended, Row, Word
from wizard.operations.verify import Verified
from wizard.sandbox.server import Sandbox
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm
from wizard.tui.widgets.picker import Picker
from wizard.tui.widgets.service_list import ServiceList
from wizard.tui.widgets.verify_sheet import VerifySheet


async def test_home_says_that_a_cloud_has_none_and_makes_both(sandbox_of: Callable[[str], Sandbox]) -> None:
    bare = sandbox_of("no-appliance")
    app = wizard_on(bare)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: "press a" in app.screen.query_one(ServiceList).note, "the word on Home")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, Picker), "the images")
        assert [item.id for item in app.screen.objects] == [0, 1, 6]  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "Debian 12, in network 0 flower-net" in " ".join(words(app).split())
        assert len(bare.world.vm_templates) == 2, "nothing is sent before the answer"
        await pilot.press("enter")
        await at(pilot, Step.HOME)
        await until(pilot, lambda: len(bare.world.vm_templates) == 4, "both templates")
        await until(pilot, lambda: "are registered" in line(pilot, "#help-line"), "that they are there")
        await until(pilot, lambda: "press a" not in app.screen.query_one(ServiceList).note, "nothing more to make")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question whether to deploy")
        await pilot.press("enter")
        await at(pilot, Step.DASHBOARD)


async def test_the_first_row_of_a_list_of_vm_templates_makes_them(sandbox_of: Callable[[str], Sandbox]) -> None:
    bare = sandbox_of("no-appliance")
    app = wizard_on(bare)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: app.session.vm_templates.asked, "the VM templates")
        await pilot.press("f3")
        await at(pilot, Step.SUPERLINK)
        await pilot.press("down")
        await until(pilot, lambda: isinstance(app.screen, Picker), "the list")
        assert app.screen.objects[0].name == "Make the two VM templates from an image…"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Picker) and app.screen.objects[0].id == 0, "the images")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await at(pilot, Step.SUPERLINK)
        await until(pilot, lambda: app.session.plan.text("superlink.vm_template") == "4", "the field")
        assert app.session.plan.text("supernode.vm_template") == "5"


async def test_where_there_is_one_nothing_is_offered(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: app.session.vm_templates.asked, "the VM templates")
        assert not app.screen.check_action("appliance", ())
        assert "press a" not in app.screen.query_one(ServiceList).note


ROWS = (
    Row(1, 0, "in sync", Partition(0, 2), {"partition-id": 0, "num-partitions": 2}, 1),
    Row(2, 1, "in sync", Partition(1, 2), {"partition-id": 0, "num-partitions": 2}, 1),
)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (Verified(Ended(COMPLETED, ()), ROWS[:1]), "● Every client was given what the dashboard says."),
        (Verified(Ended(COMPLETED, ()), ROWS), "✗ NOT what the dashboard says."),
        (Verified(Ended("finished:failed", (), "it broke"), ()), "✗ The run is finished:failed."),
        (WizardError("no SSH tunnel could be opened", "root@10.0.0.1"), "no SSH tunnel could be opened"),
    ],
)
async def test_a_run_proves_the_cluster_on_a_page(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, ends: Verified | WizardError, said: str
) -> None:
    service, _ = two(sandbox)

    def verify(
        _snapshot: object, tell: Callable[[str], None], hear: Callable[[Word], None], *_: object, **more: object
    ) -> Verified:
        tell("running the app")
        hear(Word(1, 1, clients=2))
        assert more["may_disturb"]() is False  # type: ignore[operator]
        if isinstance(ends, WizardError):
            raise ends
        return ends

    monkeypatch.setattr(verifying, "verify", verify)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.attach(service)
        await at(pilot, Step.DASHBOARD)
        await polled(pilot)
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert f"flowerneb-wizard verify {service}" in app.screen.command  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, VerifySheet), "the page")
        sheet = app.screen
        assert isinstance(sheet, VerifySheet)
        await until(pilot, lambda: any(said in one.plain for one in sheet.lines), said)
        assert any("round 1 of 1: 2 clients" in one.plain for one in sheet.lines)
        await pilot.press("escape")
        await at(pilot, Step.DASHBOARD)
        assert sheet.stopped.is_set()
