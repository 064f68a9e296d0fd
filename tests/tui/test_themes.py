"""Which theme is chosen, what is remembered of it, and that every text in it can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import ColorType
from rich.segment import Segment
from textual.color import Color
from textual.pilot import Pilot

from tests.tui import test_pictures as scenes
from tests.tui.conftest import wizard_on
from tests.tui.pressing import connected
from wizard import remembered
from wizard.core.plan import Plan
from wizard.files import PresetFileError
from wizard.sandbox.server import Sandbox
from wizard.theme_choice import CONSOLE, THEMES, Look, look
from wizard.tui.plain_signs import PLAIN
from wizard.tui.themes import load_themes

SCENES = [
    scenes.home_without_a_cloud,
    scenes.service,
    scenes.superlink_with_problems,
    scenes.supernode_sharing_a_shard,
    scenes.picker,
    scenes.json,
    scenes.saving,
    scenes.review_of_problems,
    scenes.review_of_the_template,
    scenes.deploying_or_not,
    scenes.dashboard_running,
    scenes.dashboard_without_contact,
    scenes.a_vm,
    scenes.help_page,
]
ORNAMENTS = " ─│━╸╺▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▔"
"""Lines and scrollbars tell nothing that is not told in words."""
ENOUGH = 4.5
"""WCAG 2.1, 1.4.3: the ratio of the luminances of a text and its ground."""


@pytest.mark.parametrize(
    ("asked", "colors", "remembered", "environment", "found"),
    [
        (None, "auto", None, {"TERM": "xterm-256color"}, ("dark", "256")),
        (None, "auto", "light", {"TERM": "xterm-256color"}, ("light", "256")),
        (None, "auto", "no such", {"TERM": "xterm-256color"}, ("dark", "256")),
        ("high-contrast", "auto", "light", {"TERM": "xterm-256color"}, ("high-contrast", "256")),
        (None, "auto", "light", {"TERM": "linux"}, ("console", "16")),
        ("dark", "auto", None, {"TERM": "linux"}, ("dark", "16")),
        (None, "auto", None, {"TERM": "xterm"}, ("console", "16")),
        (None, "auto", None, {}, ("console", "16")),
        (None, "auto", None, {"TERM": "screen-256color", "NO_COLOR": "1"}, ("console", "none")),
        (None, "auto", None, {"TERM": "screen-256color", "NO_COLOR": ""}, ("dark", "256")),
        ("light", "auto", None, {"TERM": "screen-256color", "NO_COLOR": "1"}, ("console", "none")),
        (None, "auto", None, {"TERM": "linux", "COLORTERM": "truecolor"}, ("console", "16")),
        (None, "auto", None, {"TERM": "xterm-16color", "COLORTERM": "truecolor"}, ("console", "16")),
        (None, "256", None, {"TERM": "linux", "NO_COLOR": "1"}, ("dark", "256")),
        (None, "none", "light", {"TERM": "xterm-256color"}, ("console", "none")),
        (None, "16", None, {"TERM": "xterm-256color", "COLORTERM": "truecolor"}, ("console", "16")),
        (None, "auto", None, {"TERM": "xterm", "COLORTERM": "truecolor"}, ("dark", "truecolor")),
        (None, "auto", None, {"TERM": "xterm-direct"}, ("dark", "truecolor")),
        (None, "auto", None, {"TERM": "xterm-kitty"}, ("dark", "256")),
    ],
)
def test_which_theme(
    asked: str | None, colors: str, remembered: str | None, environment: dict[str, str], found: tuple[str, str]
) -> None:
    assert look(asked, colors, remembered, environment) == Look(*found)


def test_the_shipped_themes_are_the_ones_that_can_be_chosen() -> None:
    themes, complaints = load_themes()
    assert sorted(theme.name for theme in themes) == sorted(THEMES)
    assert complaints == ()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "flowerneb-wizard" / "settings.toml"


def test_a_theme_is_remembered(config: Path) -> None:
    assert remembered.remembered_theme() == (None, "")
    remembered.remember_theme("light")
    assert remembered.remembered_theme() == ("light", "")
    assert config.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["theme = [", "theme = 3", "\x00", "theme = '\udcff'"])
def test_a_broken_file_is_told_and_left_alone(config: Path, text: str) -> None:
    config.parent.mkdir()
    config.write_bytes(text.encode("utf-8", "surrogateescape"))
    theme, complaint = remembered.remembered_theme()
    assert theme is None
    assert str(config) in complaint


async def test_the_palette_changes_the_theme_and_remembers_it(sandbox: Sandbox, config: Path) -> None:
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        offered = [command.title for command in app.get_system_commands(app.screen)]
        assert [title for title in offered if title.startswith("Theme")] == [f"Theme: {name}" for name in THEMES]
        await pilot.press("ctrl+p")
        await pilot.press(*"theme: light")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert app.theme == "light"
        assert remembered.remembered_theme() == ("light", "")


async def test_a_theme_that_can_t_be_remembered_is_used_all_the_same(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise PresetFileError("settings.toml", "it can't be written: no space left")

    monkeypatch.setattr("wizard.tui.app.remember_theme", refuse)
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.choose_theme("light")
        await pilot.pause()
        assert app.theme == "light"
        assert any("no space left" in str(notice.message) for notice in app._notifications)


async def test_without_colours_no_other_theme_is_taken(sandbox: Sandbox, config: Path) -> None:
    app = wizard_on(sandbox, plan=Plan(), look=Look(CONSOLE, "none"))
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        app.choose_theme("light")
        await pilot.pause()
        assert app.theme == CONSOLE
        assert any("next time" in str(notice.message) for notice in app._notifications)
        reversed_cells = sum(len(item.text) for item in painted(pilot) if item.style and item.style.reverse)
        assert 0 < reversed_cells < 80 * 24 / 4
    assert remembered.remembered_theme() == ("light", "")


def painted(pilot: Pilot[int]) -> list[Segment]:
    """Every piece of text on the screen with its style, after all filters."""
    app = pilot.app
    filters = app.get_line_filters()
    background = app.screen.background_colors[1]
    found = []
    for strip in app.screen._compositor.render_strips():
        segments = list(strip)
        for item in filters:
            segments = item.apply(segments, background)
        found += [segment for segment in segments if not segment.control]
    return found


def texts_of(segments: list[Segment]) -> list[Segment]:
    """Those that tell something."""
    return [segment for segment in segments if segment.text.strip(ORNAMENTS)]


def ratio(segment: Segment) -> float:
    """The contrast of a piece of text, as WCAG computes it."""
    style = segment.style
    assert style is not None
    assert style.color is not None
    assert style.bgcolor is not None
    inks = [Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)]
    if style.dim:
        inks[0] = inks[1].blend(inks[0], 0.5)
    light, dark = sorted((_luminance(ink) for ink in inks), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    parts = [part / 255 for part in color.rgb]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast"])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_every_text_can_be_read(scene: scenes.Scene, theme: str, sandbox: Sandbox) -> None:
    app = wizard_on(sandbox, plan=Plan(), look=Look(theme))
    async with app.run_test(size=(80, 24)) as pilot:
        await scene(pilot, sandbox)
        await pilot.pause()
        # What lies behind a dialog is meant to step back; the dialog itself is to be read.
        texts = texts_of(_inside(pilot) if app.screen.is_modal else painted(pilot))
        assert texts
        faint = {f"{segment.text.strip()!r} {ratio(segment):.1f}" for segment in texts if ratio(segment) < ENOUGH}
        assert not faint


def _inside(pilot: Pilot[int]) -> list[Segment]:
    region = pilot.app.screen.query_one(".dialog").region
    found: list[Segment] = []
    for y, strip in enumerate(pilot.app.screen._compositor.render_strips()):
        if region.y <= y < region.bottom:
            found += list(strip.crop(region.x, region.right))
    return found


def _stands_out(segment: Segment) -> bool:
    style = segment.style
    if style is None:
        return False
    return bool(style.reverse or style.underline or (style.bgcolor is not None and not style.bgcolor.is_default))


@pytest.mark.parametrize("colors", ["16", "none"])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_the_console_has_only_its_own_colours_and_signs(
    scene: scenes.Scene, colors: str, sandbox: Sandbox
) -> None:
    app = wizard_on(sandbox, plan=Plan(), look=Look(CONSOLE, colors))
    async with app.run_test(size=(80, 24)) as pilot:
        await scene(pilot, sandbox)
        await pilot.pause()
        for segment in painted(pilot):
            style = segment.style
            assert style is not None
            used = [color for color in (style.color, style.bgcolor) if color is not None]
            allowed = {ColorType.DEFAULT} if colors == "none" else {ColorType.DEFAULT, ColorType.STANDARD}
            assert {color.type for color in used} <= allowed, segment
            assert not set(map(chr, PLAIN)).intersection(segment.text)
        if scene not in (scenes.a_vm, scenes.help_page, scenes.json):
            marked = [item for item in painted(pilot) if _stands_out(item)]
            assert marked, "nothing shows where the focus is"
