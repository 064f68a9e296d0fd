"""The last line has the keys that work now; a click presses the key."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, until
from wizard.sandbox.server import Sandbox
from wizard.tui.help import HelpPage
from wizard.tui.steps import Rail, Step
from wizard.tui.widgets.lines import KeyLine, ShownKey
from wizard.tui.widgets.service_list import ServiceList


def key_line(pilot: Pilot[int]) -> KeyLine:
    return pilot.app.screen.query_one(KeyLine)


def keys(pilot: Pilot[int]) -> list[str]:
    return [key.name for key in key_line(pilot).keys]


def place_of(pilot: Pilot[int], name: str) -> ShownKey:
    return next(key for key in key_line(pilot).keys if key.name == name)


async def test_the_same_keys_are_not_drawn_again(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []
    app = wizard_on(sandbox)
    async with app.run_test(size=(120, 40)) as pilot:
        await connected(pilot)
        await pilot.press("f2")
        await at(pilot, Step.SERVICE)
        await until(pilot, lambda: "f9" in keys(pilot), "the keys")
        await pilot.pause(0.2)
        monkeypatch.setattr(KeyLine, "update", lambda _, content, **__: drawn.append(content))
        await pilot.press("tab")
        await pilot.pause(0.2)
        assert drawn == []


async def test_other_keys_are_shown(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(120, 40)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: "c" in keys(pilot), "what can be done to a preset")
        app.screen.query_one(ServiceList).query_one("#services").focus()
        await until(pilot, lambda: "c" not in keys(pilot), "other keys among the services")


async def test_a_click_presses_the_key(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await pilot.press("f2")
        await at(pilot, Step.SERVICE)
        await until(pilot, lambda: "f1" in keys(pilot), "the keys")
        columns = place_of(pilot, "f1").columns
        await pilot.click(KeyLine, offset=(columns.stop, 0))
        await pilot.pause(0.2)
        assert not isinstance(app.screen, HelpPage), "between two keys there is none"
        await pilot.click(KeyLine, offset=(columns.start, 0))
        await until(pilot, lambda: isinstance(app.screen, HelpPage), "the help")


async def test_the_palette_stands_at_the_right_end_whatever_the_width(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: "^p" in keys(pilot), "the keys")
        assert place_of(pilot, "^p").columns.stop == 80
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: place_of(pilot, "^p").columns.stop == 120, "the key at the right end")


async def test_a_click_on_the_rail_leads_to_its_step(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await pilot.press("f2")
        await at(pilot, Step.SERVICE)
        await pilot.click(Rail, offset=(4, Step.REVIEW.number))
        await at(pilot, Step.REVIEW)
