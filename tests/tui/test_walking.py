"""F8 and Shift+F8: from problem to problem over all forms; offered only while there is one."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, line, until, wizard_of
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.tui.steps import Step
from wizard.tui.widgets.form import Advanced, FieldRow
from wizard.tui.widgets.lines import KeyLine

WRONG = {
    "FLOWER_VERSION": "latest",
    "service.shutdown_action": "shutdown-hard",
    "FL_NUM_ROUNDS": "0",
    "superlink.max_vms": "3",
    "supernode.min_vms": "x",
}
ORDER = [
    (Step.SERVICE, "FLOWER_VERSION", "error: 'latest' is not a version"),
    (Step.SERVICE, "service.shutdown_action", "warning: shutdown-hard powers the VMs off"),
    (Step.SUPERLINK, "FL_NUM_ROUNDS", "error: '0' is not a positive whole number"),
    (Step.SUPERLINK, "superlink.max_vms", "error: 3 is not 1"),
    (Step.SUPERNODE, "supernode.min_vms", "error: 'x' is not a positive whole number"),
]
UNREACHABLE = "superlink.max_vms"
"""It is fixed, so no form asks for it; a preset can still get it wrong."""


def focused(pilot: Pilot[int]) -> str:
    """The path of the field with the cursor."""
    node = pilot.app.focused
    rows = [item for item in (node.ancestors_with_self if node else ()) if isinstance(item, FieldRow)]
    return rows[0].field.path if rows else ""


def offered(pilot: Pilot[int]) -> bool:
    """Whether the footer shows F8."""
    return any(key.name == "f8" for line in pilot.app.screen.query(KeyLine) for key in line.keys)


async def arrived(pilot: Pilot[int], stop: tuple[Step, str, str]) -> None:
    """The cursor and the help line are where the next problem is."""
    step, path, said = stop
    await at(pilot, step)
    await until(pilot, lambda: said in line(pilot, "#help-line"), f"{said}")
    if path != UNREACHABLE:
        await until(pilot, lambda: focused(pilot) == path, path)


@pytest.mark.parametrize(
    ("key", "order", "size"),
    [("f8", ORDER, (80, 24)), ("shift+f8", ORDER[::-1], (80, 24)), ("f20", ORDER[::-1], (200, 50))],
)
async def test_it_goes_round_over_all_forms_and_back_to_the_first(
    sandbox: Sandbox, key: str, order: list[tuple[Step, str, str]], size: tuple[int, int]
) -> None:
    app = wizard_on(sandbox, plan=Plan().with_texts(WRONG))
    async with app.run_test(size=size) as pilot:
        await connected(pilot)
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        assert offered(pilot)
        for stop in [*order, order[0]]:
            await pilot.press(key)
            await arrived(pilot, stop)
            assert offered(pilot)


async def test_it_goes_on_from_the_field_with_the_cursor(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan().with_texts(WRONG))
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.SUPERLINK, focus="FL_MIN_FIT_CLIENTS")
        await at(pilot, Step.SUPERLINK)
        await pilot.press("shift+f8")
        await arrived(pilot, ORDER[2])
        await pilot.press("tab")
        await until(pilot, lambda: "error" not in line(pilot, "#help-line"), "the help of the next field")
        await pilot.press("f8")
        await arrived(pilot, ORDER[3])


async def test_a_hidden_field_is_shown(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan().with_texts({"service.shutdown_action": "shutdown-hard"}))
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await at(pilot, Step.SERVICE)
        section = app.screen.query_one(Advanced)
        section.collapsed = True
        await pilot.press("f8")
        await arrived(pilot, ORDER[1])
        assert not section.collapsed
        before = app.focused
        await pilot.press("f8")
        await pilot.pause()
        assert app.focused is before, "the only one stays where it is"
        assert "warning" in line(pilot, "#help-line")


async def test_f8_comes_and_goes_with_the_problems(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.SUPERLINK, focus="FL_NUM_ROUNDS")
        await at(pilot, Step.SUPERLINK)
        await pilot.pause()
        assert not offered(pilot), "notes are no problems"
        await pilot.press("f8")
        await pilot.pause()
        assert focused(pilot) == "FL_NUM_ROUNDS"
        await pilot.press("end", "x")
        await until(pilot, lambda: offered(pilot), "F8 in the footer")
        await pilot.press("backspace")
        await until(pilot, lambda: not offered(pilot), "no F8 in the footer")


async def test_enter_on_a_problem_of_review_leads_to_it_and_tells_it(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan().with_texts(WRONG))
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        options = app.screen.query_one("#problems", OptionList)
        options.focus()
        options.highlighted = 1
        await pilot.press("enter")
        await arrived(pilot, ORDER[2])
        assert wizard_of(pilot).session.problems[1].field == ORDER[2][1]
