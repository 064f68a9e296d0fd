"""The presets on Home: searched, previewed, renamed, deleted, compared."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, line, typed, until, wizard_of, words
from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import Preset
from wizard.sandbox.server import Sandbox
from wizard.storage.files import find_preset, list_presets, own_presets, save_preset
from wizard.tui.flows.saving import PresetChooser
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Ask, Confirm, Notice
from wizard.tui.widgets.preset_browser import PresetBrowser

MINE = Preset(Plan().with_texts({"FL_NUM_ROUNDS": "77"}), "[b]Mine[/b]", "My very own")
WIDE, NARROW = (120, 40), (80, 24)


@pytest.fixture(autouse=True)
def _own() -> None:
    save_preset("mine", MINE)


def names(pilot: Pilot[int]) -> list[str]:
    """The presets that are listed."""
    return [item.name for item in pilot.app.screen.query_one(PresetBrowser).shown]


async def marked(pilot: Pilot[int], name: str) -> None:
    """The cursor on a preset."""
    await connected(pilot)
    browser = pilot.app.screen.query_one(PresetBrowser)
    await pilot.press("home", *["down"] * names(pilot).index(name))
    await until(pilot, lambda: browser.marked is not None and browser.marked.name == name, f"the cursor on {name}")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_typing_searches_names_titles_and_descriptions(sandbox: Sandbox, size: tuple[int, int]) -> None:
    async with wizard_on(sandbox).run_test(size=size) as pilot:
        await connected(pilot)
        everything = names(pilot)
        await pilot.press("slash")
        await typed(pilot, "Four")
        await until(pilot, lambda: names(pilot) == ["anomaly-detection", "image-classification"], "two left")
        await typed(pilot, " pytorch")
        await until(pilot, lambda: names(pilot) == ["image-classification"], "one left")
        assert pilot.app.screen.query_one("#presets", OptionList).option_count == 1
        await until(pilot, lambda: "PyTorch on four SuperNodes" in line(pilot, "#help-line"), "its description")
        await pilot.press("enter")
        await at(pilot, Step.SERVICE)
        assert wizard_of(pilot).session.preset_name == "image-classification"
        assert len(everything) == 6


async def test_esc_shows_all_again_and_a_search_may_find_nothing(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox).run_test(size=NARROW) as pilot:
        await connected(pilot)
        await pilot.press("slash")
        await typed(pilot, "mcrx")
        await until(pilot, lambda: names(pilot) == [], "none left")
        assert pilot.app.screen.query_one("#presets-filter", Input).value == "mcrx", "letters are not keys here"
        assert "No preset matches" in line(pilot, "#help-line")
        await pilot.press("enter", "down", "enter", "c", "m", "delete")
        await pilot.pause(0.1)
        assert getattr(pilot.app.screen, "step", None) is Step.HOME
        await pilot.press("escape")
        await until(pilot, lambda: len(names(pilot)) == 6, "all of them")
        assert pilot.app.screen.query_one("#presets-filter", Input).display is False
        assert getattr(pilot.app.focused, "id", None) == "presets"


async def test_the_preview_follows_the_cursor_where_there_is_room(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox).run_test(size=WIDE) as pilot:
        await marked(pilot, "default")
        await until(pilot, lambda: "every setting at its default" in line(pilot, "#preset-preview"), "the preview")
        said = [shown.split() for shown in line(pilot, "#preset-preview").splitlines()]
        assert ["How", "many", "SuperNodes", "2"] in said
        assert ["Rounds", "3"] in said
        await pilot.press("end")
        await until(pilot, lambda: "FL_NUM_ROUNDS  77  (3)" in line(pilot, "#preset-preview"), "the other preview")
        preview = pilot.app.screen.query_one("#preset-preview")
        assert preview.display
        await pilot.resize_terminal(*NARROW)
        await until(pilot, lambda: not preview.display, "the narrow screen")
        assert "My very own" in line(pilot, "#help-line")


async def test_a_broken_preset_is_previewed_with_its_reason(sandbox: Sandbox) -> None:
    (own_presets() / "torn.toml").write_text("preset = 1\n[bold]\n")
    async with wizard_on(sandbox).run_test(size=WIDE) as pilot:
        await marked(pilot, "torn")
        await until(pilot, lambda: "unknown key 'bold'" in line(pilot, "#preset-preview"), "the reason")
        await pilot.press("c")
        await pilot.pause(0.1)
        assert not isinstance(pilot.app.screen, PresetChooser)
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm), "the question")


async def test_rename(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox).run_test(size=NARROW) as pilot:
        await marked(pilot, "mine")
        wizard_of(pilot).session.open(MINE, "mine")
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask), "the question")
        pilot.app.screen.query_one(Input).value = "alpha"
        await pilot.press("enter")
        await until(pilot, lambda: getattr(pilot.app.screen, "step", None) is Step.HOME, "Home")
        await until(pilot, lambda: "alpha" in names(pilot), "the new name")
        browser = pilot.app.screen.query_one(PresetBrowser)
        assert browser.marked is not None
        assert browser.marked.name == "alpha"
        assert find_preset("alpha").preset == MINE
        assert wizard_of(pilot).session.preset_name == "alpha"
        assert [item.name for item in list_presets() if not item.shipped] == ["alpha"]


async def test_a_rename_that_is_refused_changes_nothing(sandbox: Sandbox) -> None:
    save_preset("other", Preset(Plan()))
    async with wizard_on(sandbox).run_test(size=NARROW) as pilot:
        for name in ("other", "a/b", ""):
            await marked(pilot, "mine")
            await pilot.press("m")
            await until(pilot, lambda: isinstance(pilot.app.screen, Ask), "the question")
            pilot.app.screen.query_one(Input).value = name
            await pilot.press("enter")
            await until(pilot, lambda: " preset" in line(pilot, "#answer-problem"), "the reason")
            assert pilot.app.screen.query_one(Input).value == name
            await pilot.press("escape")
            await until(pilot, lambda: getattr(pilot.app.screen, "step", None) is Step.HOME, "Home")
            assert find_preset("mine").preset == MINE
            assert find_preset("other").preset == Preset(Plan())


async def test_delete_asks(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox).run_test(size=NARROW) as pilot:
        save_preset("other", MINE)
        for answer, left in ((("enter",), True), (("left", "enter"), False)):
            await marked(pilot, "mine")
            await pilot.press("delete")
            await until(pilot, lambda: isinstance(pilot.app.screen, Confirm), "the question")
            assert str(own_presets() / "mine.toml")[:40] in words(pilot.app)
            await pilot.press(*answer)
            await until(pilot, lambda: getattr(pilot.app.screen, "step", None) is Step.HOME, "Home")
            await until(pilot, lambda left=left: ("mine" in names(pilot)) is left, "the list")  # type: ignore[misc]
            assert (own_presets() / "mine.toml").exists() is left
        browser = pilot.app.screen.query_one(PresetBrowser)
        assert browser.marked is not None
        assert browser.marked.name == "other", "the cursor stays where it was"


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_many_presets_scroll_and_leave_room_for_the_services(sandbox: Sandbox, size: tuple[int, int]) -> None:
    for number in range(60):
        save_preset(f"x{number:02}", MINE)
    async with wizard_on(sandbox).run_test(size=size) as pilot:
        await connected(pilot)
        await pilot.press("end")
        options = pilot.app.screen.query_one("#presets", OptionList)
        await until(pilot, lambda: options.scroll_y > 40, "the end of the list")
        browser = pilot.app.screen.query_one(PresetBrowser)
        assert browser.marked is not None
        assert browser.marked.name == "x59"
        assert options.scroll_y + options.region.height >= options.virtual_size.height
        services = pilot.app.screen.query_one("#services")
        assert services.region.bottom <= browser.region.y < options.region.bottom <= browser.region.bottom
        assert services.region.height >= 2


async def test_shipped_ones_are_neither_renamed_nor_deleted(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox).run_test(size=NARROW) as pilot:
        await marked(pilot, "default")
        assert "renames" not in line(pilot, "#help-line")
        await pilot.press("m", "delete")
        await pilot.pause(0.1)
        assert getattr(pilot.app.screen, "step", None) is Step.HOME
        await pilot.press("end")
        await until(pilot, lambda: "m renames, Del deletes" in line(pilot, "#help-line"), "the hint")


async def test_compare_with_another(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox).run_test(size=NARROW) as pilot:
        await marked(pilot, "image-classification")
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, PresetChooser), "the others")
        assert pilot.app.screen.query_one(OptionList).option_count == 5
        await pilot.press("escape")
        await at(pilot, Step.HOME)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, PresetChooser), "the others")
        await pilot.press("end", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Notice), "the difference")
        assert "image-classification → mine" in words(pilot.app)
        assert "5 → 77  (default 3)" in words(pilot.app)
        await pilot.press("escape")
        await at(pilot, Step.HOME)
