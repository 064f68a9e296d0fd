"""The draft survives: kept on every change of screen, offered again, dropped once it is saved or deployed."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.storage.test_drafts import abandoned
from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, told, until, wizard_of, words
from wizard.core.plan.plan import Plan
from wizard.core.plan.preset import Preset
from wizard.sandbox.server import Sandbox
from wizard.storage import drafts
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Confirm, DraftOffer

CHANGED = Preset(Plan().with_text("FL_NUM_ROUNDS", "ten"))


def kept() -> list[Path]:
    """The drafts on disk, whoever they are of."""
    return sorted(drafts.folder().glob("*.toml"))


async def offered(pilot: Pilot[int]) -> None:
    """An offer is shown."""
    await until(pilot, lambda: isinstance(pilot.app.screen, DraftOffer), "the offer")


async def test_a_draft_is_kept_when_the_screen_changes_and_on_leaving(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        app = wizard_of(pilot)
        await connected(pilot)
        await at(pilot, Step.SERVICE)
        assert kept() == []
        app.session.change("FL_NUM_ROUNDS", "9")
        await pilot.press("f3")
        await at(pilot, Step.SUPERLINK)
        (path,) = kept()
        assert "FL_NUM_ROUNDS = 9" in path.read_text()
        app.session.change("FL_NUM_ROUNDS", "nine")
    assert 'FL_NUM_ROUNDS = "nine"' in path.read_text()


async def test_quitting_says_that_the_draft_is_kept(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        wizard_of(pilot).session.change("FL_NUM_ROUNDS", "9")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm), "the question")
        assert "offered at the next start" in words(pilot.app)
        assert len(kept()) == 1


async def test_a_draft_is_taken_up_again(sandbox: Sandbox) -> None:
    old = abandoned(drafts.folder(), CHANGED, name="pytorch-cifar")
    async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        assert "pytorch-cifar" in words(pilot.app)
        await pilot.press("enter")
        await at(pilot, Step.SERVICE)
        session = wizard_of(pilot).session
        assert session.plan.text("FL_NUM_ROUNDS") == "ten"
        assert session.preset_name == "pytorch-cifar"
        assert session.unsaved
        assert not old.exists()
        assert len(kept()) == 1


@pytest.mark.parametrize(("keys", "left"), [(["right", "enter"], 0), (["escape"], 1)])
async def test_a_draft_is_discarded_or_left_for_later(sandbox: Sandbox, keys: list[str], left: int) -> None:
    abandoned(drafts.folder(), CHANGED)
    async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        await pilot.press(*keys)
        await at(pilot, Step.HOME)
        await until(pilot, lambda: len(kept()) == left, "the answer")
        assert wizard_of(pilot).session.plan == wizard_of(pilot).session.kept


async def test_of_several_the_newest_is_offered_first(sandbox: Sandbox) -> None:
    for moment in (1.0, 2.0):
        abandoned(drafts.folder(), Preset(Plan().with_text("service.name", f"[b]{moment}")), at=moment)
    async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        assert "[b]2.0" in words(pilot.app)
        assert "An older one waits" in words(pilot.app)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "[b]1.0" in words(pilot.app), "the older one")


async def test_a_preset_on_the_command_line_goes_before_a_draft(sandbox: Sandbox) -> None:
    abandoned(drafts.folder(), CHANGED)
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await at(pilot, Step.SERVICE)
        assert len(kept()) == 1


async def test_a_broken_draft_is_told_and_no_hindrance(sandbox: Sandbox) -> None:
    drafts.folder().mkdir(parents=True)
    (drafts.folder() / "broken.toml").write_text("[/b] no draft")
    async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: bool(told(pilot)), "a word about it")
        assert "no draft" in told(pilot)[0]
        await at(pilot, Step.HOME)
    async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await at(pilot, Step.HOME)
        await pilot.pause(0.1)
        assert not told(pilot), "it is told once"


@pytest.mark.parametrize("practice", [True, False])
async def test_a_draft_of_the_sandbox_is_offered_there_alone(sandbox: Sandbox, practice: bool) -> None:
    for place in (True, False):
        abandoned(drafts.folder(practice=place), CHANGED, name="practised" if place else "real")
    async with wizard_on(sandbox, practice=practice).run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        assert ("practised" if practice else "real") in words(pilot.app)
        assert ("real" if practice else "practised") not in words(pilot.app)
        assert "waits behind" not in words(pilot.app)
        await pilot.press("enter")
        await at(pilot, Step.SERVICE)
        wizard_of(pilot).session.change("FL_NUM_ROUNDS", "7")
    left = {place: len(list(drafts.folder(practice=place).glob("*.toml"))) for place in (True, False)}
    assert left == {True: 1, False: 1}


def from_the_palette(pilot: Pilot[int], title: str) -> None:
    """The command of the palette, by its name."""
    app = pilot.app
    next(item for item in app.get_system_commands(app.screen) if item.title == title).callback()


async def test_a_draft_is_taken_up_from_the_palette(sandbox: Sandbox) -> None:
    abandoned(drafts.folder(), CHANGED, name="mine")
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await at(pilot, Step.SERVICE)
        from_the_palette(pilot, "Take up the kept draft")
        await offered(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: wizard_of(pilot).session.plan.text("FL_NUM_ROUNDS") == "ten", "the draft")


async def test_taking_up_asks_before_it_replaces_and_tells_where_there_is_none(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        from_the_palette(pilot, "Take up the kept draft")
        await until(pilot, lambda: bool(told(pilot)), "a word")
        assert "No earlier session" in told(pilot)[0]
        abandoned(drafts.folder(), CHANGED)
        wizard_of(pilot).session.change("FL_NUM_ROUNDS", "7")
        from_the_palette(pilot, "Take up the kept draft")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm), "the question")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, (Confirm, DraftOffer)), "the form")
        assert wizard_of(pilot).session.plan.text("FL_NUM_ROUNDS") == "7"
        from_the_palette(pilot, "Take up the kept draft")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm), "the question")
        await pilot.press("left", "enter")
        await offered(pilot)


async def test_a_saved_or_deployed_draft_is_dropped(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app = wizard_of(pilot)
        await until(pilot, lambda: app.session.vm_templates.asked, "the VM templates")
        app.session.change("FL_NUM_ROUNDS", "9")
        app.go(Step.SUPERLINK)
        await at(pilot, Step.SUPERLINK)
        assert len(kept()) == 1
        await pilot.press("ctrl+s", *"mine", "enter")
        await until(pilot, lambda: not app.session.unsaved and kept() == [], "the saving")
        app.session.change("FL_NUM_ROUNDS", "8")
        app.go(Step.REVIEW)
        await at(pilot, Step.REVIEW)
        assert len(kept()) == 1
        app.deploy(await asyncio.to_thread(app.session.prepare))
        await at(pilot, Step.DASHBOARD)
        await until(pilot, lambda: app.session.service_id is not None, "the service")
        assert kept() == []


async def test_where_it_can_not_be_kept_the_wizard_says_so_once_and_goes_on(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(drafts.folder().parent)
    drafts.folder().parent.write_text("in the way")
    async with wizard_on(sandbox, plan=Plan()).run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        wizard_of(pilot).session.change("FL_NUM_ROUNDS", "9")
        notes: list[str] = []
        monkeypatch.setattr(pilot.app, "notify", lambda *_, title="", **__: notes.append(title))
        for key, step in (("f3", Step.SUPERLINK), ("f4", Step.SUPERNODE)):
            await pilot.press(key)
            await at(pilot, step)
        assert notes == ["The draft can't be kept"]
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm), "the question")
        assert "saved nowhere" in words(pilot.app)
