"""Which theme, and how many colours: by the operator's word, by the terminal, by what was chosen last.

Everything is decided from what is passed in; nothing is looked up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

THEMES = ("dark", "light", "high-contrast", "console")
DARK, CONSOLE = THEMES[0], THEMES[-1]

COLORS = {"none": None, "16": "standard", "256": "256", "truecolor": "truecolor"}
"""What `--colors` takes, besides `auto`, and what Textual calls it."""

_MANY = ("256color", "direct", "kitty", "alacritty", "ghostty")


@dataclass(frozen=True)
class Look:
    """A theme, and one of the keys of COLORS."""

    theme: str = DARK
    colors: str = "truecolor"


USUAL = Look()


def look(asked: str | None, colors: str, remembered: str | None, environment: Mapping[str, str]) -> Look:
    """How the screens look.

    Without colours there is one theme only, that of the console. Else `asked`, which is `--theme`, wins. Without it a
    terminal of 16 colours gets the console theme, any other what was `remembered`, or dark. `colors` is `--colors`;
    `auto` obeys NO_COLOR and asks the terminal.
    """
    count = colors if colors != "auto" else _of_the_terminal(environment)
    if asked is not None and count != "none":
        return Look(asked, count)
    if count in ("none", "16"):
        return Look(CONSOLE, count)
    return Look(remembered if remembered in THEMES else DARK, count)


def _of_the_terminal(environment: Mapping[str, str]) -> str:
    # no-color.org: set and not empty.
    if environment.get("NO_COLOR"):
        return "none"
    term = environment.get("TERM", "").strip().lower()
    # An SSH client may hand on a COLORTERM that the console it runs on knows nothing of.
    if term == "linux" or term.endswith("-16color"):
        return "16"
    if environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return "truecolor"
    if term.endswith("-direct"):
        return "truecolor"
    return "256" if any(name in term for name in _MANY) else "16"
