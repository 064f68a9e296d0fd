"""A bell, or a notification on the operator's desktop, through the terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.app import App

_LONGEST = 200


def sequence(how: str, text: str, environment: Mapping[str, str] = os.environ) -> str:
    """What is written to the terminal; nothing for `none`. Inside tmux it is wrapped so that tmux hands it on."""
    said = "".join(char for char in text if char.isprintable() and char != ";")[:_LONGEST]
    if how == "bell":
        return "\a"
    if how == "osc9":
        found = f"\x1b]9;{said}\x1b\\"
    elif how == "osc777":
        found = f"\x1b]777;notify;flowerneb-wizard;{said}\x1b\\"
    else:
        return ""
    return f"\x1bPtmux;{found.replace(chr(27), chr(27) * 2)}\x1b\\" if environment.get("TMUX") else found


def notify(app: App[int], how: str, text: str) -> None:
    """Say it, in the way that the operator chose."""
    driver = app._driver
    if driver is not None and (written := sequence(how, text)):
        driver.write(written)
        driver.flush()
