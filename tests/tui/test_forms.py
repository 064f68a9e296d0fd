"""What happens between two keystrokes in a form: problems, lists, the table of partitions, saving, the palette."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, line, typed, until, wizard_of, words
from wizard.core.plan import preset as presets
from wizard.core.plan.contracts import SEED
from wizard.core.plan.plan import Plan, to_json
from wizard.sandbox.server import Sandbox
from wizard.storage.files import list_presets, own_presets
from wizard.tui.app import WizardApp
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Ask, Confirm, Notice
from wizard.tui.widgets.form import Advanced, FieldInput, FieldRow
from wizard.tui.widgets.json_view import JsonScreen, JsonView
from wizard.tui.widgets.picker import Picker


def row(pilot: Pilot[int], path: str) -> FieldRow:
    """The row of a field on the present screen."""
    return pilot.app.screen.query_one(f"#field-{path.replace('.', '-')}", FieldRow)


def problem(pilot: Pilot[int], path: str) -> str:
    """What stands under a field."""
    return str(row(pilot, path).query_one(".field-problem").render())


async def cleared(pilot: Pilot[int], path: str) -> FieldInput:
    """Focus a text field and empty it."""
    control = row(pilot, path).control
    assert isinstance(control, FieldInput)
    control.focus()
    await pilot.press("end", "ctrl+u")
    assert control.value == ""
    return control


async def opened(pilot: Pilot[int], step: Step) -> WizardApp:
    """The wizard, connected, at a step."""
    await connected(pilot)
    app = wizard_of(pilot)
    await until(pilot, lambda: app.session.vm_templates.asked, "the VM templates")
    app.go(step)
    await at(pilot, step)
    return app


@pytest.mark.parametrize("step", [Step.SERVICE, Step.SUPERLINK, Step.SUPERNODE])
async def test_every_field_can_be_reached_and_tells_what_it_is(sandbox: Sandbox, step: Step) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, step)
        wanted = [item for item in SEED.at(step.level or SEED.fields[0].level) if not item.fixed_because]
        app.screen.query_one(Advanced).collapsed = False
        seen: list[str] = []
        for _ in range(len(wanted)):
            focused = app.focused
            assert focused is not None
            if isinstance(focused.parent, Advanced):
                await pilot.press("tab")
                focused = app.focused
                assert focused is not None
            here = next(node for node in focused.ancestors_with_self if isinstance(node, FieldRow))
            seen.append(here.field.path)
            await until(pilot, lambda here=here: here.field.help in line(pilot, "#help-line"), "the help")
            region = here.region
            assert region.y >= 1
            assert region.bottom <= 23
            await pilot.press("tab")
        assert sorted(seen) == sorted(item.path for item in wanted)
        assert getattr(app.focused, "id", None) == "next"


async def test_a_problem_is_told_when_the_field_is_left_and_counted_at_once(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        await opened(pilot, Step.SUPERLINK)
        await cleared(pilot, "FL_NUM_ROUNDS")
        await typed(pilot, "0")
        assert problem(pilot, "FL_NUM_ROUNDS") == ""
        await until(pilot, lambda: "!1" in words(pilot.app), "the count on the rail")
        await pilot.press("tab")
        await until(pilot, lambda: "positive whole number" in problem(pilot, "FL_NUM_ROUNDS"), "the problem")
        await pilot.press("shift+tab", "end", "ctrl+u", "7", "tab")
        await until(pilot, lambda: problem(pilot, "FL_NUM_ROUNDS") == "", "the all-clear")


async def test_what_is_wrong_stays_as_it_was_typed(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        await cleared(pilot, "FL_NUM_ROUNDS")
        await typed(pilot, "ten [b]")
        await pilot.press("f4")
        await at(pilot, Step.SUPERNODE)
        await pilot.press("f3")
        await at(pilot, Step.SUPERLINK)
        control = row(pilot, "FL_NUM_ROUNDS").control
        assert isinstance(control, FieldInput)
        assert control.value == "ten [b]" == app.session.plan.text("FL_NUM_ROUNDS")
        await until(pilot, lambda: "'ten [b]'" in problem(pilot, "FL_NUM_ROUNDS"), "the problem")


async def test_review_leads_to_the_field_of_a_problem_and_sends_nothing(sandbox: Sandbox) -> None:
    plan = Plan().with_text("FL_NUM_ROUNDS", "0")
    async with wizard_on(sandbox, plan=plan).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.REVIEW)
        await pilot.press("d")
        await pilot.pause(0.1)
        assert not isinstance(app.screen, Confirm)
        await pilot.press("enter")
        await at(pilot, Step.SUPERLINK)
        assert app.focused is row(pilot, "FL_NUM_ROUNDS").control
        assert not [item for item in sandbox.requests if item.method == "POST" and item.server == "oneflow"]


async def test_the_table_of_partitions_follows_the_fields(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        await opened(pilot, Step.SUPERNODE)
        assert "  1  partition-id=1 num-partitions=2" in line(pilot, "#partitions")
        await cleared(pilot, "supernode.cardinality")
        await pilot.press("3")
        await until(pilot, lambda: "partition-id=2 num-partitions=3" in line(pilot, "#partitions"), "three lines")
        await cleared(pilot, "FL_NODE_CONFIG")
        await typed(pilot, "partition-id=1")
        await until(pilot, lambda: "all 3 train on shard 1" in line(pilot, "#partitions"), "the warning in red")
        await pilot.press("tab")
        await until(pilot, lambda: "same partition" in problem(pilot, "FL_NODE_CONFIG"), "the warning at the field")


async def test_a_vm_template_is_picked_from_what_the_cloud_has(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        before = app.session.plan.text("superlink.vm_template")
        row(pilot, "superlink.vm_template").control.focus()
        await pilot.press("down")
        await until(pilot, lambda: isinstance(app.screen, Picker), "the list")
        options = app.screen.query_one(OptionList)
        assert options.option_count == len(app.session.vm_templates.objects) > 2
        await pilot.press("escape")
        await at(pilot, Step.SUPERLINK)
        assert app.session.plan.text("superlink.vm_template") == before
        await pilot.press("down")
        await until(pilot, lambda: isinstance(app.screen, Picker), "the list")
        wanted = app.session.vm_templates.objects[-1]
        await typed(pilot, wanted.name)
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1, "one left")
        await pilot.press("enter")
        await at(pilot, Step.SUPERLINK)
        await until(pilot, lambda: app.session.plan.text("superlink.vm_template") == str(wanted.id), "the id")
        assert wanted.name in str(row(pilot, "superlink.vm_template").query_one(".field-meta").render())


async def test_where_listing_is_refused_an_id_is_typed(sandbox_of: Callable[[str], Sandbox]) -> None:
    sandbox = sandbox_of("no-permission")
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        await cleared(pilot, "superlink.vm_template")
        await pilot.press("down")
        await pilot.pause(0.1)
        assert not isinstance(app.screen, Picker)
        await pilot.press("4", "2")
        assert app.session.plan.text("superlink.vm_template") == "42"


async def test_a_preset_is_saved_found_again_and_overwritten_only_on_a_word(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        await cleared(pilot, "FL_NUM_ROUNDS")
        await pilot.press("9")
        assert app.session.unsaved
        await _saved(pilot, "mine")
        path = own_presets() / "mine.toml"
        assert presets.loads(path.read_text()).plan == app.session.plan
        assert not app.session.unsaved
        await pilot.press("backspace", "8")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Ask), "the question for a name")
        assert app.screen.query_one(Input).value == "mine"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question whether to overwrite")
        await pilot.press("enter")
        await at(pilot, Step.SUPERLINK)
        assert presets.loads(path.read_text()).plan.text("FL_NUM_ROUNDS") == "9"
        await pilot.press("ctrl+s", "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question whether to overwrite")
        await pilot.press("left", "enter")
        await until(pilot, lambda: not app.session.unsaved, "the saving")
        assert presets.loads(path.read_text()).plan.text("FL_NUM_ROUNDS") == "8"
        app.go(Step.HOME)
        await at(pilot, Step.HOME)
        listed = app.screen.query_one("#presets", OptionList)
        assert listed.option_count == len(list_presets()) == 6


async def _saved(pilot: Pilot[int], name: str) -> None:
    app = wizard_of(pilot)
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(app.screen, Ask), "the question for a name")
    await typed(pilot, name)
    await pilot.press("enter")
    await until(pilot, lambda: not app.session.unsaved, "the saving")


@pytest.mark.parametrize("name", ["../escape", "a b", ".hidden", "", "x" * 80, "[/b]"])
async def test_a_name_that_is_no_file_name_is_refused(sandbox: Sandbox, name: str) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        app.session.change("FL_NUM_ROUNDS", "9")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Ask), "the question for a name")
        question = app.screen
        question.query_one(Input).value = name
        await pilot.press("enter")
        await until(pilot, lambda: "preset's name starts with" in words(app), "the reason")
        assert app.screen is question
        assert question.query_one(Input).value == name
        await pilot.press("escape")
        await at(pilot, Step.SUPERLINK)
        assert app.session.unsaved
        assert not own_presets().exists() or not [*own_presets().iterdir()]


async def test_a_broken_preset_is_listed_with_its_reason(sandbox: Sandbox) -> None:
    own_presets().mkdir(parents=True)
    (own_presets() / "broken.toml").write_text("preset = 1\n[serviceee]\n")
    (own_presets() / "later.toml").write_text("preset = 99\n")
    (own_presets() / "folder.toml").mkdir()
    async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        names = [item.name for item in list_presets()]
        assert {"broken", "later", "folder"} <= set(names)
        await pilot.press("home", *["down"] * names.index("broken"), "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Notice), "the reason")
        assert "broken.toml" in words(pilot.app)
        assert "serviceee" in words(pilot.app)


async def test_leaving_a_changed_draft_for_another_preset_asks(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.HOME)
        app.session.change("FL_NUM_ROUNDS", "9")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        await pilot.press("enter")
        await at(pilot, Step.HOME)
        assert app.session.plan.text("FL_NUM_ROUNDS") == "9"


async def test_f7_shows_both_documents_and_export_writes_them(sandbox: Sandbox, tmp_path: Path) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, JsonScreen), "the JSON")
        await pilot.press("escape")
        await at(pilot, Step.SUPERLINK)
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        await pilot.press("e")
        await until(pilot, lambda: len(written(tmp_path)) == 2, "two files")
        plan = app.session.plan
        assert set(written(tmp_path)) == {to_json(plan.template()), to_json(plan.merge_template())}
        await pilot.press("e")
        await until(pilot, lambda: len(written(tmp_path)) == 4, "two more, nothing overwritten")
        assert all(json.loads(text) for text in written(tmp_path))


def written(folder: Path) -> list[str]:
    """The JSON files in a folder, as texts."""
    return [path.read_text(encoding="utf-8") for path in folder.glob("*.json")]


async def test_the_palette_has_the_steps_and_the_verbs(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SERVICE)
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Go to Home", "Go to Review · F5", "Save as preset · Ctrl+S", "Quit · Ctrl+Q"} <= set(titles)
        assert len(titles) == len(set(titles))
        await pilot.press("ctrl+p")
        await pilot.pause(0.2)
        await typed(pilot, "go to supern")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await at(pilot, Step.SUPERNODE)


@pytest.mark.parametrize("step", [Step.HOME, Step.SERVICE, Step.REVIEW])
async def test_f1_helps_on_every_screen(sandbox: Sandbox, step: Step) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, step)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, Notice), "the help")
        assert step.title in words(app)
        await pilot.press("escape")
        await at(pilot, step)


async def test_a_resize_keeps_what_was_typed_and_where(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(200, 50)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        control = await cleared(pilot, "FL_NUM_ROUNDS")
        await pilot.press("1", "2")
        for size in ((80, 24), (120, 40), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.focused is control
            assert control.value == "12"
        assert row(pilot, "FL_NUM_ROUNDS").region.bottom <= 24


@pytest.mark.parametrize(
    ("width", "columns", "beside"), [(80, 1, False), (120, 1, False), (160, 2, False), (200, 2, True)]
)
async def test_a_wide_terminal_has_two_columns_of_fields(
    sandbox: Sandbox, width: int, columns: int, beside: bool
) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(width, 40)) as pilot:
        await connected(pilot)
        app.go(Step.SUPERLINK)
        await at(pilot, Step.SUPERLINK)
        rows = [row for row in app.screen.query(FieldRow) if row.field.group == "Training"]
        assert len({row.region.x for row in rows}) == columns
        assert len({row.region.y for row in rows}) == len(rows) // columns
        assert min(row.control.region.width for row in rows) >= 12
        assert app.screen.query_one(JsonView).display is beside
