"""Choosing from what the cloud has: what is shown of it, asking again, and a cloud with thousands."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tests.tui.conftest import START, wizard_on
from tests.tui.pressing import line, told, typed, until, words
from tests.tui.test_forms import opened, row
from wizard.cloud.errors import ServerFault
from wizard.core.plan.contracts import SEED
from wizard.core.preflight.facts import CloudObject, Network, VmTemplate
from wizard.sandbox.blueprint import Network as NetworkPlan
from wizard.sandbox.blueprint import VmTemplate as VmTemplatePlan
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import DEFAULT
from wizard.tui.session import Listing
from wizard.tui.steps import Step
from wizard.tui.widgets import picker as cloud_lines
from wizard.tui.widgets.picker import SHOWN, Picker

MANY = 2000
CROWDED = replace(
    DEFAULT,
    name="crowded",
    vm_templates=tuple(
        VmTemplatePlan(number, f"Template {number:04} [b]", DEFAULT.vm_templates[number % 4].contents)
        for number in range(MANY)
    ),
    networks=(NetworkPlan(0, "full-net", "10.77.0.2", 0), NetworkPlan(1, "roomy", "10.78.0.2", 9)),
)


async def picker(pilot: Pilot[int], path: str) -> Picker:
    """Open the list of a field."""
    row(pilot, path).control.focus()
    await pilot.pause()
    await pilot.press("down")
    await until(pilot, lambda: isinstance(pilot.app.screen, Picker), "the list")
    await until(pilot, lambda: line(pilot, "#count") != "", "the drawn list")
    screen = pilot.app.screen
    assert isinstance(screen, Picker)
    return screen


async def test_a_list_tells_what_a_vm_template_is_made_of(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
        await opened(pilot, Step.SUPERLINK)
        screen = await picker(pilot, "superlink.vm_template")
        lines = [str(screen.query_one(OptionList).get_option_at_index(place).prompt) for place in range(3)]
        assert lines[0].split() == ["0", "Flower", "SuperLink", "oneadmin", "1", "2048", "ok"]
        assert lines[2].endswith("lacks 2")
        assert "CPU 1 · 2048 MB · disk from image 0" in line(pilot, "#marked")
        assert "CONTEXT has TOKEN, REPORT_READY, NETWORK" in line(pilot, "#marked")
        await pilot.press("down", "down")
        await until(pilot, lambda: "no TOKEN, no REPORT_READY" in line(pilot, "#marked"), "what it lacks")
        await typed(pilot, "zzz")
        await until(pilot, lambda: "nothing matches" in words(pilot.app), "that nothing matches")
        await pilot.press("enter", "up", "pagedown")
        assert pilot.app.screen is screen


async def test_a_list_tells_the_free_leases_of_a_network() -> None:
    sandbox = Sandbox(CROWDED, latency=0, clock=ManualClock(START))
    with sandbox:
        async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
            app = await opened(pilot, Step.SERVICE)
            await picker(pilot, "service.network")
            assert "no VM can start" in line(pilot, "#marked")
            await pilot.press("down")
            await until(pilot, lambda: "9 of 9 leases are free" in line(pilot, "#marked"), "the free leases")
            await pilot.press("enter")
            await until(pilot, lambda: app.session.plan.text("service.network") == "1", "the network")


async def test_asking_again_shows_what_is_new_and_keeps_what_was_typed(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        screen = await picker(pilot, "superlink.vm_template")
        await typed(pilot, "fresh")
        assert "nothing matches" in words(app)
        sandbox.world.vm_templates[77] = VmTemplatePlan(77, "Fresh", {"CPU": "1"})
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "Fresh" in line(pilot, "#marked"), "the new one")
        assert screen.query_one(Input).value == "fresh"
        await pilot.press("enter")
        await until(pilot, lambda: app.session.plan.text("superlink.vm_template") == "77", "the id")
        assert "Fresh" in str(row(pilot, "superlink.vm_template").query_one(".field-meta").render())


async def test_where_asking_again_fails_the_old_list_stays(sandbox: Sandbox) -> None:
    async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot, Step.SUPERLINK)
        known = app.session.vm_templates
        screen = await picker(pilot, "superlink.vm_template")
        screen._ask_again = lambda: Listing(error=ServerFault("the [server] failed", "x", "y", "z"), asked=True)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: any("[server]" in item for item in told(pilot)), "the reason")
        assert screen.objects == known.objects
        assert app.session.vm_templates == known


async def test_two_thousand_vm_templates_cost_no_more_than_two_hundred() -> None:
    sandbox = Sandbox(CROWDED, latency=0, clock=ManualClock(START))
    with sandbox:
        async with wizard_on(sandbox).run_test(size=(80, 24)) as pilot:
            app = await opened(pilot, Step.SUPERLINK)
            assert len(app.session.vm_templates.objects) == MANY
            screen = await picker(pilot, "superlink.vm_template")
            options = screen.query_one(OptionList)
            assert options.option_count == SHOWN
            assert f"the first {SHOWN} are shown" in line(pilot, "#count")
            slowest = 0.0
            for key in ("1", "9", "8", "7", "backspace", "backspace", "backspace", "backspace"):
                begun = time.monotonic()
                await pilot.press(key)
                slowest = max(slowest, time.monotonic() - begun)
                assert options.option_count <= SHOWN
            print(f"slowest keystroke among {MANY}: {slowest * 1000:.0f} ms")
            # Generous, for a machine with other things to do: what is held here is the order of magnitude.
            assert slowest < 1.0
            await typed(pilot, "1987")
            await until(pilot, lambda: options.option_count == 1, "the one")
            await pilot.press("enter")
            await until(pilot, lambda: app.session.plan.text("superlink.vm_template") == "1987", "the id")


@pytest.mark.parametrize("make", [CloudObject, VmTemplate, Network])
@pytest.mark.parametrize("name", ["", "[b]", "x" * 500, "名" * 50, "a\x1b[2J\nb", "\u202eexe", "👩\u200d👩"])
def test_a_line_is_one_harmless_line_whatever_the_name(make: Callable[..., CloudObject], name: str) -> None:
    item = make(10**12, name, name, name)
    for text in (cloud_lines.line(item, SEED.context), cloud_lines.heading(item), cloud_lines.searched(item)):
        assert "\n" not in text
        assert not {"\x1b", "\u202e"} & set(text)
    assert not {"\x1b", "\u202e"} & set(cloud_lines.detail(item, SEED.context))


async def test_ids_that_occur_twice_are_shown_once() -> None:
    found = Picker("x", [CloudObject(-1, "a"), CloudObject(-1, "b"), CloudObject(2, "c")])
    assert [item.name for item in found.objects] == ["b", "c"]
