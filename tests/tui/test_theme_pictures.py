"""Every screen in each of the other themes, at 80x24, is readable; of each theme one picture."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from textual.pilot import Pilot

from tests.tui import test_pictures as scenes
from tests.tui.conftest import Picture, wizard_on
from tests.tui.pressing import wizard_of
from tests.tui.reading import faint, foreign, stands_out
from tests.tui.test_pictures import SCENES, Scene
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.storage.preferences import CONSOLE, THEMES, Look

WITHOUT_FOCUS = (scenes.a_vm, scenes.help_page, scenes.json)
"""Texts that only scroll."""


COLOURLESS = (scenes.superlink_with_problems, scenes.picker, scenes.review_of_problems, scenes.dashboard_running)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_scene(scene: Scene, sandbox: Sandbox) -> None:
    first, *others = THEMES[1:]
    app = wizard_on(sandbox, plan=Plan(), look=Look(first))
    async with app.run_test(size=(80, 24)) as pilot:
        await scene(pilot, sandbox)
        legible(pilot, scene)
        for theme in others:
            app.theme = theme
            await pilot.pause(0.05)
            await pilot.pause()
            legible(pilot, scene)


@pytest.mark.parametrize("scene", COLOURLESS, ids=lambda scene: scene.__name__)
async def test_scene_without_colours(scene: Scene, sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan(), look=Look(CONSOLE, "none"))
    async with app.run_test(size=(80, 24)) as pilot:
        await scene(pilot, sandbox)
        legible(pilot, scene)


@pytest.mark.parametrize(
    "look", [*map(Look, THEMES[1:]), Look(CONSOLE, "none")], ids=lambda look: "-".join(astuple(look))
)
async def test_picture_of_a_theme(look: Look, sandbox: Sandbox, picture: Picture) -> None:
    app = wizard_on(sandbox, plan=Plan(), look=look)
    async with app.run_test(size=(80, 24)) as pilot:
        await scenes.dashboard_running(pilot, sandbox)
        await picture(pilot)


def legible(pilot: Pilot[int], scene: Scene) -> None:
    app = wizard_of(pilot)
    if app.theme != CONSOLE:
        assert not faint(pilot), app.theme
        return
    assert not foreign(pilot, colors=app.look.colors != "none")
    assert stands_out(pilot) or scene in WITHOUT_FOCUS
