"""The colours of the theme for what is drawn with Rich, which knows nothing of themes."""

from __future__ import annotations

from typing import Any

from textual.app import App

_INKS = {"error": "bold", "warning": "", "success": "", "muted": ""}


def ink(app: App[Any], name: str) -> str:
    """A Rich style for `error`, `warning`, `success` or `muted` text, in the colour that the theme has for it."""
    color = app.theme_variables.get(f"text-{name}", "")
    if color.startswith("ansi_"):
        color = color.removeprefix("ansi_")
    elif not color.startswith("#"):
        color = ""
    return f"{_INKS[name]} {color}".strip()
