"""All uses of Textual's private parts. A test says that each is still there and does what is expected of it here."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Any

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS, IGNORE_SEQUENCE
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.binding import BindingsMap
from textual.driver import Driver
from textual.drivers import linux_driver


def key_sequences() -> Collection[str]:
    """The sequences that Textual reads as a key."""
    return ANSI_SEQUENCES_KEYS


def can_parse(sequence: str) -> bool:
    """Whether Textual can make something of a sequence: a number in it that is no character would end its reading."""
    try:
        list(XTermParser().feed(sequence))
    except Exception:
        return False
    return True


@cache
def ignored_sequence() -> str:
    """A sequence that Textual takes and does nothing with."""
    known = (sequence for sequence, keys in ANSI_SEQUENCES_KEYS.items() if keys is IGNORE_SEQUENCE)
    return next(sequence for sequence in known if not list(XTermParser().feed(sequence)))


def driver_of(app: App[Any]) -> Driver | None:
    """The driver of a running application; None before it runs."""
    return app._driver


def app_of(driver: Driver) -> App[Any]:
    """The application that a driver serves."""
    return driver._app


def bindings_of(app: App[Any]) -> BindingsMap:
    """The key bindings of the application itself, which a dialog's own do not list."""
    return app._bindings


def decode_keyboard_with(decoders: Callable[[str], Any]) -> None:
    """Decode what the keyboard sends with `decoders(encoding)()` instead of a strict decoder, from the next start of
    the driver's thread on."""
    linux_driver.getincrementaldecoder = decoders  # type: ignore[attr-defined, assignment]


def take_terminal_again(driver: linux_driver.LinuxDriver) -> None:
    """Textual's own answer to SIGCONT."""
    driver._sigcont_application()


def stop_for_shell(driver: linux_driver.LinuxDriver) -> None:
    """Textual's own answer to SIGTSTP: give the terminal back, then stop this process."""
    driver._sigtstp_application()
