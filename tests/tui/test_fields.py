"""A field tells that it differs, goes back to its default, and is hidden where it is seldom needed."""

from __future__ import annotations

from textual.pilot import Pilot

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, typed, until, words
from tests.tui.test_forms import opened, problem, row
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm
from wizard.tui.widgets.form import Advanced
from wizard.tui.widgets.line_input import LineInput
from wizard.tui.widgets.node_config_editor import NodeConfigEditor, PairRow


def label(pilot: Pilot[int], path: str) -> str:
    """The label of a field, with its mark."""
    return str(row(pilot, path).query_one(".field-label").render())


def advanced(pilot: Pilot[int]) -> Advanced:
    """The advanced fields of the present screen."""
    return pilot.app.screen.query_one(Advanced)


async def test_what_differs_is_marked_and_one_key_undoes_it(sandbox: Sandbox) -> None:
    plan = Plan().with_texts({"FL_NUM_ROUNDS": "ten", "FL_STRATEGY": "FedProx"})
    async with wizard_on(sandbox, plan=plan).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        assert label(pilot, "FL_NUM_ROUNDS") == "* Rounds"
        assert label(pilot, "FL_MIN_FIT_CLIENTS").startswith("  Clients")
        for path, default in (("FL_NUM_ROUNDS", "3"), ("FL_STRATEGY", "FedAvg")):
            row(pilot, path).control.focus()
            await pilot.press("f9")
            await until(pilot, lambda path=path: not label(pilot, path).startswith("*"), "the mark to go")
            assert app.session.plan.text(path) == default
        assert problem(pilot, "FL_NUM_ROUNDS") == ""
        await pilot.press("f9")
        assert app.session.plan.text("FL_STRATEGY") == "FedAvg"


async def test_all_of_a_screen_is_undone_from_the_palette_on_a_word(sandbox: Sandbox) -> None:
    plan = Plan().with_texts({"FL_NUM_ROUNDS": "9", "FL_STRATEGY": "FedAdam", "FL_USE_CASE": "anomaly-detection"})
    async with wizard_on(sandbox, plan=plan).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        await pilot.press("ctrl+p")
        await pilot.pause(0.2)
        await typed(pilot, "undo all")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "Strategy" in words(app)
        await pilot.press("left", "enter")
        await at(pilot, Step.SUPERLINK)
        untouched = {"FL_USE_CASE": "anomaly-detection", "supernode.vm_template": "1"}
        await until(pilot, lambda: app.session.plan.chosen == untouched, "the defaults of this screen alone")


async def test_what_is_advanced_is_hidden_and_opens_with_enter(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERNODE)
        assert advanced(pilot).collapsed
        assert "Advanced (3)" in words(app)
        app.screen.query_one("CollapsibleTitle").focus()
        await pilot.press("enter")
        assert not advanced(pilot).collapsed
        await pilot.press("tab")
        assert app.focused is row(pilot, "supernode.min_vms").control
        await pilot.press("shift+tab", "enter")
        assert advanced(pilot).collapsed


async def test_advanced_fields_open_by_itself_for_what_is_changed_or_wrong(sandbox: Sandbox) -> None:
    plan = Plan().with_text("supernode.cooldown", "31")
    async with wizard_on(sandbox, plan=plan).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERNODE)
        assert not advanced(pilot).collapsed
        assert "1 changed" in words(app)
        app.screen.query_one("CollapsibleTitle").focus()
        await pilot.press("enter")
        await pilot.press("shift+tab", "shift+tab")
        assert advanced(pilot).collapsed, "what was closed stays closed for the same reason"
        app.session.change("supernode.max_vms", "1")
        await pilot.press("tab")
        await until(pilot, lambda: not advanced(pilot).collapsed, "the section to open for a new problem")
        assert "!1" in words(app)
        focused = app.focused
        assert focused is not None
        assert app.screen.region.contains_region(focused.region), "the cursor stays in sight"


async def test_an_advanced_field_with_a_problem_can_be_jumped_to(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SERVICE)
        app.go(Step.SUPERNODE, focus="supernode.max_vms")
        await at(pilot, Step.SUPERNODE)
        await until(pilot, lambda: app.focused is row(pilot, "supernode.max_vms").control, "the field")


async def test_what_can_not_be_seen_is_spelled_out_and_stays_until_it_is_edited(sandbox: Sandbox) -> None:
    odd = "a\x1b[2Jb\nc"
    async with wizard_on(sandbox, plan=Plan().with_text("service.name", odd)).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SERVICE)
        control = row(pilot, "service.name").control
        assert control.value == "a\\x1b[2Jb\\nc"
        assert app.session.plan.name == odd
        control.focus()
        await pilot.press("end", "x", "backspace")
        assert app.session.plan.name == odd
        await pilot.press("backspace")
        assert app.session.plan.name == "a\\x1b[2Jb\\n"


async def editor(pilot: Pilot[int]) -> NodeConfigEditor:
    """Open the pairs of the node config."""
    row(pilot, "FL_NODE_CONFIG").control.focus()
    await pilot.press("down")
    await until(pilot, lambda: isinstance(pilot.app.screen, NodeConfigEditor), "the pairs")
    screen = pilot.app.screen
    assert isinstance(screen, NodeConfigEditor)
    return screen


async def test_a_node_config_is_edited_as_pairs(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan().with_text("supernode.cardinality", "9")).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERNODE)
        await editor(pilot)
        assert "  8  partition-id=8 num-partitions=9" in words(app)
        await typed(pilot, "partition-id")
        await pilot.press("tab")
        await typed(pilot, "4")
        assert "goes to all 9 SuperNodes" in words(app)
        assert "  8  partition-id=4" in words(app)
        await pilot.press("tab", "tab", "enter")
        await typed(pilot, "name")
        await pilot.press("tab")
        await pilot.press("apostrophe", "a", "space", "b", "apostrophe")
        app.screen.query_one("#take").focus()
        await pilot.press("enter")
        await at(pilot, Step.SUPERNODE)
        await until(pilot, lambda: app.session.plan.text("FL_NODE_CONFIG") == "partition-id=4 name='a b'", "the text")
        assert "same partition" in problem(pilot, "FL_NODE_CONFIG")
        await editor(pilot)
        app.screen.query(PairRow).first().query_one(".remove").focus()
        await pilot.press("enter")
        app.screen.query_one("#take").focus()
        await pilot.press("enter")
        await until(pilot, lambda: app.session.plan.text("FL_NODE_CONFIG") == "name='a b'", "the pair to be removed")


async def test_pairs_that_flower_would_not_read_are_not_taken(sandbox: Sandbox) -> None:
    plan = Plan().with_text("FL_NODE_CONFIG", "partition-id a=01 b=[1]")
    async with wizard_on(sandbox, plan=plan).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERNODE)
        screen = await editor(pilot)
        for value in ("", "two words", "01", "[1]", "'", "a,b"):
            line = screen.query(LineInput)[1]
            line.value = value
            screen.query_one("#take").focus()
            await pilot.pause()
            await pilot.press("enter")
            await until(pilot, lambda line=line: app.focused is line, f"the refusal of {value!r}")
            assert app.screen is screen
            await pilot.pause(0.3)  # a button that was just pressed takes no second press for a moment
        await pilot.press("escape")
        await at(pilot, Step.SUPERNODE)
        assert app.session.plan.text("FL_NODE_CONFIG") == "partition-id a=01 b=[1]"
