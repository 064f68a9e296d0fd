"""Preferences that last from one session to the next, in a small file that may be edited or deleted."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from wizard.storage.files import APPLICATION, PresetFileError, write_atomically

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LARGEST = 64 * 1024


HOWS = ("none", "bell", "osc9", "osc777")
"""Ways to announce news: not at all; the terminal's bell; OSC 9 (iTerm2, Windows Terminal, WezTerm); OSC 777 (urxvt,
foot, VTE)."""


def path() -> Path:
    """Path of the file; it need not exist."""
    return platformdirs.user_config_path(APPLICATION) / "settings.toml"


def remembered(name: str) -> tuple[str | None, str]:
    """Last choice under a name such as `theme`, and a sentence where the file can't be read (else empty)."""
    found, complaint = _read()
    value = found.get(name)
    if value is None or isinstance(value, str):
        return value, complaint
    return None, f"{path()}: {name} is {value!r}; expected a name"


def read_only_reason() -> str:
    """A sentence: why nothing in a cloud may be changed, by what the file says; empty where it may.

    A file that can't be read, or says neither true nor false, forbids it: it may have been meant to.
    """
    found, complaint = _read()
    if complaint:
        return f"{complaint}; it may say read_only."
    value = found.get("read_only", False)
    return "" if value is False else f"{path()} says read_only = {json.dumps(value, default=str)}."


def remember(name: str, value: str) -> None:
    """Keep a choice for the next session, beside the others. Raises PresetFileError where it can't be written, or where
    what it holds already can't be read: it would be lost."""
    present, complaint = _read()
    if complaint:
        raise PresetFileError(str(path()), f"not remembered: {complaint}")
    found = {key: kept for key, kept in present.items() if isinstance(kept, (str, bool, int))} | {name: value}
    lines = "".join(f"{key} = {json.dumps(kept)}\n" for key, kept in sorted(found.items()))
    write_atomically(path(), f"# What flowerneb-wizard remembers. Delete this file to begin anew.\n{lines}")


def _read() -> tuple[dict[str, object], str]:
    try:
        with path().open("rb") as stream:
            return tomllib.loads(stream.read(_LARGEST).decode("utf-8")), ""
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"{path()} can't be read: {error}"


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
    """Look of the screens.

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
