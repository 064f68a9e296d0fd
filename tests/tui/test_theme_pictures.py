"""Every screen in each of the other themes, at 80x24, is readable; of each theme one picture."""

from __future__ import annotations

import itertools

import pytest

from tests.tui import test_pictures as scenes
from tests.tui.conftest import Picture, wizard_on
from tests.tui.reading import faint, foreign, stands_out
from tests.tui.test_pictures import SCENES, Scene
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.storage.preferences import CONSOLE, THEMES, Look

WITHOUT_FOCUS = (scenes.a_vm, scenes.help_page, scenes.json)
"""Texts that only scroll."""


LOOKS = [Look(theme) for theme in THEMES[1:]]
PICTURED = (scenes.dashboard_running,)
COLOURLESS = (scenes.superlink_with_problems, scenes.picker, scenes.review_of_problems, scenes.dashboard_running)
CASES = [*itertools.product(SCENES, LOOKS), *((scene, Look(CONSOLE, "none")) for scene in COLOURLESS)]


@pytest.mark.parametrize(
    ("scene", "look"),
    CASES,
    ids=lambda item: f"{item.theme}-{item.colors}" if isinstance(item, Look) else item.__name__,
)
async def test_scene(scene: Scene, look: Look, sandbox: Sandbox, picture: Picture) -> None:
    app = wizard_on(sandbox, plan=Plan(), look=look)
    async with app.run_test(size=(80, 24)) as pilot:
        await scene(pilot, sandbox)
        if scene in PICTURED:
            await picture(pilot)
        if look.theme != CONSOLE:
            assert not faint(pilot)
            return
        assert not foreign(pilot, colors=look.colors != "none")
        assert stands_out(pilot) or scene in WITHOUT_FOCUS
