"""The last line has the keys that work now, and is made anew only where they are others."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets._footer import FooterKey

from tests.tui.conftest import wizard_on
from tests.tui.pressing import at, connected, until
from wizard.sandbox.server import Sandbox
from wizard.tui.steps import Step
from wizard.tui.widgets.service_list import ServiceList


def keys(pilot: Pilot[int]) -> list[Widget]:
    return list(pilot.app.screen.query(FooterKey))


def named(pilot: Pilot[int]) -> list[str]:
    return [key.key_display for key in pilot.app.screen.query(FooterKey)]


async def test_the_same_keys_are_the_same_widgets(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(120, 40)) as pilot:
        await connected(pilot)
        await pilot.press("f2")
        await at(pilot, Step.SERVICE)
        await until(pilot, lambda: "f9" in named(pilot), "the keys")
        await pilot.pause(0.2)
        before = keys(pilot)
        await pilot.press("tab")
        await pilot.pause(0.2)
        assert keys(pilot) == before


async def test_other_keys_are_shown(sandbox: Sandbox) -> None:
    app = wizard_on(sandbox)
    async with app.run_test(size=(120, 40)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: "c" in named(pilot), "what can be done to a preset")
        app.screen.query_one(ServiceList).query_one("#services").focus()
        await until(pilot, lambda: "c" not in named(pilot), "other keys among the services")
