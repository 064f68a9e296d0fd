"""Themes are files: read, checked, and left out with a word where they are broken."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from wizard.core.errors import WizardError
from wizard.core.text import without_controls
from wizard.storage.files import shipped

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


_COLORS = (
    *("primary", "secondary", "accent", "foreground", "background", "surface", "panel"),
    *("success", "warning", "error"),
)
_NEEDED = ("name", "colors", "colors.primary")
_KINDS = {"name": str, "dark": bool, "ansi": bool, "colors": dict, "variables": dict}


class BadTheme(WizardError):
    """A theme file says something that a theme does not have, or lacks what it needs."""


def load_themes(folder: Path | None = None) -> tuple[tuple[Theme, ...], tuple[str, ...]]:
    """The themes in a folder (by default the shipped ones), and a sentence for each file that is broken."""
    themes: list[Theme] = []
    complaints: list[str] = []
    for path in sorted((folder or shipped("themes")).glob("*.toml")):
        try:
            themes.append(_theme(tomllib.loads(path.read_text(encoding="utf-8"))))
        except BadTheme as error:
            complaints.append(f"theme {path.name}: {error}")
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            complaints.append(f"theme {path.name} can't be read: {error}")
    return tuple(themes), tuple(complaints)


def dress(app: App[int], name: str) -> tuple[str, ...]:
    """Give an application that does not run yet our themes, and the one that it begins with.

    A sentence for each file that is broken. A theme in the terminal's own colours has to be assigned once the
    application runs: what translates colours was made already.
    """
    themes, complaints = load_themes()
    for theme in themes:
        app.register_theme(theme)
    chosen = app.get_theme(name)
    if chosen is not None and not chosen.ansi:
        # A theme that is assigned has all style sheets read and applied once more: a tenth of the time to the first
        # paint. This is what the assignment would do besides.
        app.set_reactive(App.theme, name)
        app.update_classes(
            {f"-theme-{name}": True, "-dark-mode": chosen.dark, "-light-mode": not chosen.dark}, update=False
        )
        app.stylesheet.set_variables(app.get_css_variables())
    return complaints


def _theme(raw: dict[str, Any]) -> Theme:
    """Checked by hand: importing pydantic for it would cost the first paint a tenth of its time."""
    for key, value in raw.items():
        if key not in _KINDS:
            raise BadTheme(f"{key}: a theme has no such key; it has {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[key]):
            raise BadTheme(f"{key}: expected {_KINDS[key].__name__}, not {value!r}")
    colors, variables = raw.get("colors", {}), raw.get("variables", {})
    for key in _NEEDED:
        if key.removeprefix("colors.") not in (colors if key.startswith("colors.") else raw):
            raise BadTheme(f"{key}: it is missing")
    for key in colors:
        if key not in _COLORS:
            raise BadTheme(f"colors.{key}: a theme has no such colour; it has {', '.join(_COLORS)}")
    for table, values in (("colors", colors), ("variables", variables)):
        for key, value in values.items():
            if not isinstance(value, str):
                raise BadTheme(f"{table}.{key}: expected a text, not {value!r}")
    return Theme(
        name=raw["name"], dark=raw.get("dark", True), ansi=raw.get("ansi", False), variables=variables, **colors
    )


PLAIN = str.maketrans("✓×▸▾…•▎▏┃━╸╺▔▁⭘▊●◐▲✗◌↻›★╭╮╰╯▂▃▅▆▇", "√x>v~*||│────_o│*~!xo@>*┌┐└┘_░▒▓█")
"""What stays is in code page 437, which every console font was drawn after."""


class Harmless(LineFilter):
    """Takes out what could drive the terminal. Texts are cleaned where they are made; this stands behind that."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The same segments, as wide as before: what is taken out takes no room."""
        return [
            Segment(without_controls(text), style, control) if control is None else Segment(text, style, control)
            for text, style, control in segments
        ]


class PlainSigns(LineFilter):
    """Writes what the screens draw with the signs of a console font."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The same segments with plain signs."""
        return [
            Segment(text.translate(PLAIN), style, control) if not text.isascii() else Segment(text, style, control)
            for text, style, control in segments
        ]


class NoColors(LineFilter):
    """Takes all colours away; a ground that had one is shown by reverse, so that the cursor can still be seen."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The same segments without colours."""
        return [Segment(text, None if style is None else _bare(style), control) for text, style, control in segments]


HARMLESS, PLAIN_SIGNS, NO_COLORS = Harmless(), PlainSigns(), NoColors()
"""One of each: Textual keeps what a filter made of a line by the filter itself."""

_DEFAULT = Style.from_color(RichColor.default(), RichColor.default())


def _bare(style: Style) -> Style:
    marked = style.bgcolor is not None and not style.bgcolor.is_default
    return style + _DEFAULT + Style(reverse=True) if marked else style + _DEFAULT


_WEIGHTS = {"error": "bold", "warning": "", "success": "", "muted": ""}


def theme_color(app: App[Any], name: str) -> str:
    """A Rich style for `error`, `warning`, `success` or `muted` text, in the colour that the theme has for it."""
    color = app.theme_variables.get(f"text-{name}", "")
    if color.startswith("ansi_"):
        color = color.removeprefix("ansi_")
    elif not color.startswith("#"):
        color = ""
    return f"{_WEIGHTS[name]} {color}".strip()
