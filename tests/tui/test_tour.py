"""The tour: shown at the first start alone, skipped with Esc, and never in anybody's way."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.storage.test_drafts import abandoned
from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, told, until, words
from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import Preset
from wizard.sandbox.server import Sandbox
from wizard.storage import drafts
from wizard.storage.files import APPLICATION, TOUR_SEEN, first_start, own_presets
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import DraftOffer
from wizard.tui.widgets.tour import Tour


def mark() -> Path:
    """What says that the tour was seen."""
    return platformdirs.user_state_path(APPLICATION) / TOUR_SEEN


@pytest.fixture
def newcomer() -> None:
    """Nobody has opened the wizard here."""
    mark().unlink()
    mark().parent.rmdir()


async def shown(pilot: Pilot[int], page: str) -> None:
    """A page of the tour is open."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Tour) and page in words(pilot.app), page)


@pytest.mark.usefixtures("newcomer")
@pytest.mark.parametrize("size", [(80, 24), (72, 20)])
async def test_the_first_start_is_shown_around_and_the_second_is_not(sandbox: Sandbox, size: tuple[int, int]) -> None:
    async with wizard_on(sandbox, tour=True).run_test(size=size) as pilot:
        for title in (
            "Welcome · 1 of 4",
            "The keys · 2 of 4",
            "The sandbox · 3 of 4",
            "Where things are kept · 4 of 4",
        ):
            await shown(pilot, title)
            screen = pilot.app.screen
            box = screen.query_one(".dialog").region
            assert box.contains_region(screen.query_one("#tour-text", Static).region)
            scroll = screen.query_one(".dialog-text")
            assert scroll.max_scroll_y == 0 or size < (80, 24), "each page is read without scrolling"
            await pilot.press("enter")
        await at(pilot, Step.HOME)
    assert mark().exists()
    async with wizard_on(sandbox, tour=True).run_test(size=size) as pilot:
        await connected(pilot)
        await at(pilot, Step.HOME)
        await pilot.pause(0.1)
        assert not isinstance(pilot.app.screen, Tour)


@pytest.mark.usefixtures("newcomer")
async def test_esc_skips_it_for_good(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, tour=True).run_test(size=(80, 24)) as pilot:
        await shown(pilot, "Welcome")
        assert mark().exists(), "noted at once: whatever ends the program, it is not shown again"
        await pilot.press("escape")
        await at(pilot, Step.HOME)


async def test_pages_turn_back_too(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.show_tour()
        await shown(pilot, "Welcome")
        await pilot.press("left")
        await shown(pilot, "Welcome")
        await pilot.press("right")
        await shown(pilot, "The keys")
        await pilot.press("backspace")
        await shown(pilot, "Welcome")


@pytest.mark.usefixtures("newcomer")
async def test_it_tells_the_real_keys_and_folders(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, tour=True, practice=True)
    async with app.run_test(size=(200, 50)) as pilot:
        await shown(pilot, "Welcome")
        text = "\n".join(page.text for page in app.screen.pages)  # type: ignore[attr-defined]
        assert str(own_presets()) in text
        assert str(drafts.folder(practice=True)) in text
        for step in Step:
            assert step is Step.HOME or f"F{step.number} {step.title}" in text
        for key in ("f1", "^s", "^q", "^p"):
            assert f"  {key} " in text


@pytest.mark.usefixtures("newcomer")
@pytest.mark.parametrize("options", [{"plan": Plan()}, {"attach": "nothing"}], ids=["preset", "attach"])
async def test_with_a_preset_or_a_service_it_waits_for_another_time(
    sandbox: Sandbox, options: dict[str, object]
) -> None:
    async with wizard_on(sandbox, tour=True, **options).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await pilot.pause(0.1)
        assert not isinstance(pilot.app.screen, Tour)
    assert not mark().exists()


@pytest.mark.usefixtures("newcomer")
async def test_where_it_can_not_be_noted_it_is_not_shown(sandbox: Sandbox) -> None:
    mark().parent.write_text("in the way")
    async with wizard_on(sandbox, tour=True).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await at(pilot, Step.HOME)
        await pilot.pause(0.1)
        assert not isinstance(pilot.app.screen, Tour)
        assert not told(pilot)


@pytest.mark.usefixtures("newcomer")
async def test_a_draft_is_offered_after_it(sandbox: Sandbox) -> None:
    abandoned(drafts.folder(), Preset(Plan().with_text("FL_NUM_ROUNDS", "9")))
    async with wizard_on(sandbox, tour=True).run_test(size=(80, 24)) as pilot:
        await shown(pilot, "Welcome")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DraftOffer), "the offer")


async def test_the_palette_shows_it_again(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, tour=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        next(item for item in app.get_system_commands(app.screen) if item.title == "Show the tour").callback()
        await shown(pilot, "Welcome")


@pytest.mark.usefixtures("newcomer")
def test_the_first_start_is_the_first_one_only() -> None:
    assert first_start()
    assert not first_start()


def test_a_folder_that_may_not_be_looked_into_is_no_first_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    assert not first_start()
