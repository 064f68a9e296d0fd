"""Keys that are typed ahead, however fast, do what they would have done one by one."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, dashboard_shows, until, words
from tests.tui.test_services import two
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.tui import key_queue
from wizard.tui.key_queue import KeyQueue
from wizard.tui.screens.settings import SettingsScreen
from wizard.tui.steps import Step
from wizard.tui.widgets.dialogs import Ask, Confirm
from wizard.tui.widgets.picker import Picker
from wizard.tui.widgets.service_list import ServiceTable


def at_once(pilot: Pilot[int], *keys: str) -> None:
    """All keys in one go, as they come from a slow line."""
    for key in keys:
        event = Key(key, key if len(key) == 1 else None)
        event.set_sender(pilot.app)
        pilot.app.post_message(event)


async def test_keys_typed_ahead_land_in_their_fields(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        paths = [item.path for item in app.session.plan.contract.fields if item.level and "LINK" in item.level.name]
        at_once(pilot, "f3", "tab", "backspace", "7", "tab", "backspace", "8", "tab", "tab", "backspace", "9")
        await until(pilot, lambda: "9" in [app.session.plan.text(path) for path in paths], "the last key")
        slow = wizard_on(sandbox, plan=Plan())
    async with slow.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await pilot.press("f3")
        await at(pilot, Step.SUPERLINK)
        for key in ("tab", "backspace", "7", "tab", "backspace", "8", "tab", "tab", "backspace", "9"):
            await pilot.press(key)
        assert {path: slow.session.plan.text(path) for path in paths} == {
            path: app.session.plan.text(path) for path in paths
        }


async def test_keys_for_a_picker_are_typed_into_it(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.go(Step.SUPERLINK, "superlink.vm_template")
        await at(pilot, Step.SUPERLINK)
        at_once(pilot, "down", *"node")
        await until(pilot, lambda: isinstance(app.screen, Picker), "the picker")
        await until(pilot, lambda: app.screen.query_one(Input).value == "node", "what was typed")


async def test_a_scale_is_typed_ahead_up_to_its_question(sandbox: Sandbox) -> None:
    plan = Plan().with_texts({"superlink.vm_template": "0", "supernode.vm_template": "1"})
    app = wizard_on(sandbox, plan=plan)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.deploy(await asyncio.to_thread(app.session.prepare))
        await at(pilot, Step.DASHBOARD)
        await dashboard_shows(pilot, sandbox, "RUNNING")
        at_once(pilot, "s", "4", "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the question")
        assert "4 SuperNodes" in words(app)
        at_once(pilot, "escape", "f2", "x", "tab", "y")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen), "the form")
        await until(pilot, lambda: app.focused is not None and getattr(app.focused, "value", "").endswith("y"), "y")


class Slow(KeyQueue):
    """Asks a question some time after a key, and forgets it where it takes too long."""

    AUTO_FOCUS = ""
    BINDINGS = [("a", "ask", "Ask")]

    def __init__(self, wait: float, group: str = "act") -> None:
        super().__init__()
        self.wait, self.answer, self.group = wait, "", group

    def compose(self) -> ComposeResult:
        yield Input(id="below")

    def action_ask(self) -> None:
        self.run_worker(self._ask(), group=self.group)

    async def _ask(self) -> None:
        await asyncio.sleep(self.wait)
        self.answer = await self.push_screen_wait(Ask("How many?", "", "")) or ""


async def test_a_question_that_comes_late_gets_what_was_typed_for_it() -> None:
    app = Slow(0.3)
    async with app.run_test() as pilot:
        at_once(pilot, "a", "4", "2", "enter")
        await until(pilot, lambda: app.answer == "42", "the answer")


async def test_what_takes_too_long_holds_up_a_key_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_queue, "ASKS_WITHIN", 0.1)
    app = Slow(60.0)
    async with app.run_test() as pilot:
        at_once(pilot, "a", "tab", "4", "2")
        await until(pilot, lambda: app.query_one(Input).value == "42", "what was typed")


async def test_work_that_ends_in_no_question_is_not_waited_for() -> None:
    app = Slow(60.0, group="live")
    async with app.run_test() as pilot:
        at_once(pilot, "a", "tab", "4", "2")
        await until(pilot, lambda: app.query_one(Input).value == "42", "what was typed")


class Removed(KeyQueue):
    """Takes the widget with the focus away when a key is pressed in it."""

    BINDINGS = [Binding("f2", "take_away", priority=True), Binding("f3", "note", priority=True)]

    def __init__(self) -> None:
        super().__init__()
        self.noted = 0

    def compose(self) -> ComposeResult:
        yield Input()

    def action_take_away(self) -> None:
        self.query_one(Input).remove()

    def action_note(self) -> None:
        self.noted += 1


async def test_a_widget_that_goes_does_not_hold_up_the_keys() -> None:
    app = Removed()
    async with app.run_test() as pilot:
        at_once(pilot, "f2", "f3", "f3")
        await until(pilot, lambda: app.noted == 2, "the keys after it")


BACKGROUND = {
    "journal",
    "live",
    "look up",
    "measure",
    "preflight",
    "prepare",
    "refresh",
    "services",
    "superlink",
    "sweep",
    "ask",
    "verify",
}
"""Groups of workers that nobody waits for: what they find is shown when it is there."""


def test_every_group_of_workers_is_one_that_asks_or_one_in_the_background() -> None:
    sources = (path.read_text(encoding="utf-8") for path in Path(key_queue.__file__).parent.rglob("*.py"))
    groups = {name for source in sources for name in re.findall(r'group="([^"]+)"', source)}
    assert groups == key_queue.ASKING | BACKGROUND
    assert not key_queue.ASKING & BACKGROUND


async def test_keys_for_an_action_that_begins_on_home_wait_for_its_question(sandbox: Sandbox) -> None:
    _, beta = two(sandbox)
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        table = app.screen.query_one(ServiceTable)
        await until(pilot, lambda: table.row_count == 2, "the services")
        table.focus()
        await pilot.pause()
        at_once(pilot, "down", "s", "backspace", "6", "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm), "the second question")
        assert app.session.service_id == beta
        assert "Scale to 6 SuperNodes?" in words(app)
