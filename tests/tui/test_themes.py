"""Which theme is chosen, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.color import Color

from tests.tui.conftest import wizard_on
from tests.tui.pressing import connected, told, until
from tests.tui.reading import painted
from wizard.core.plan.plan import Plan
from wizard.sandbox.server import Sandbox
from wizard.storage import preferences as remembered
from wizard.storage.files import PresetFileError
from wizard.storage.preferences import CONSOLE, THEMES, Look, look
from wizard.tui.palette import choose_theme
from wizard.tui.themes import load_themes


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
    assert remembered.remembered("theme") == (None, "")
    remembered.remember("theme", "light")
    assert remembered.remembered("theme") == ("light", "")
    assert config.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["theme = [", "theme = 3", "\x00", "theme = '\udcff'"])
def test_a_broken_file_is_told_and_left_alone(config: Path, text: str) -> None:
    config.parent.mkdir()
    config.write_bytes(text.encode("utf-8", "surrogateescape"))
    theme, complaint = remembered.remembered("theme")
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
        assert remembered.remembered("theme") == ("light", "")


async def test_a_theme_that_can_t_be_remembered_is_used_all_the_same(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: str) -> None:
        raise PresetFileError("settings.toml", "it can't be written: no space left")

    monkeypatch.setattr("wizard.tui.palette.remember", refuse)
    app = wizard_on(sandbox, plan=Plan())
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        choose_theme(app, "light")
        await pilot.pause()
        assert app.theme == "light"
        assert any("no space left" in item for item in told(pilot))


async def test_without_colours_no_other_theme_is_taken(sandbox: Sandbox, config: Path) -> None:
    app = wizard_on(sandbox, plan=Plan(), look=Look(CONSOLE, "none"))
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        choose_theme(app, "light")
        await pilot.pause()
        assert app.theme == CONSOLE
        assert any("next start" in item for item in told(pilot))
        reversed_cells = sum(len(item.text) for item in painted(pilot) if item.style and item.style.reverse)
        assert 0 < reversed_cells < 80 * 24 / 4
    assert remembered.remembered("theme") == ("light", "")


DEFAULT = Color.default()
WAYS: list[list[str]] = [
    ["tab"],
    ["f2", "tab", "tab"],
    ["f3", "down"],
    ["f3", "tab", "enter"],
    ["f4", "tab"],
    ["f5"],
    ["f5", "tab", "tab"],
    ["ctrl+p"],
    ["ctrl+s", "a", "left"],
    ["tab", "enter"],
    ["tab", "enter", "y"],
]
"""Keys that lead to each kind of thing that can have the focus."""


@pytest.mark.parametrize("keys", WAYS, ids=" ".join)
async def test_on_a_bare_console_what_has_the_focus_can_be_read(
    sandbox_of: Callable[[str], Sandbox], keys: list[str]
) -> None:
    app = wizard_on(sandbox_of("dead-superlink"), look=Look(CONSOLE, "16"))
    async with app.run_test(size=(80, 24)) as pilot:
        await connected(pilot)
        await until(pilot, lambda: bool(app.session.services), "the services")
        for key in keys:
            await pilot.press(key)
        await pilot.pause(0.1)
        on_colour = [
            item
            for item in painted(pilot)
            if item.text.strip() and item.style and item.style.bgcolor and not item.style.bgcolor.is_default
        ]
        assert on_colour, "something has the focus"
        unnamed = [item.text for item in on_colour if item.style and (item.style.color or DEFAULT).is_default]
        assert unnamed == [], "the terminal's own foreground on a colour may be the same colour"
        assert [item.text for item in on_colour if item.style and item.style.color == item.style.bgcolor] == []
