"""The terminal: no byte from it ends the program, its loss does, and no byte goes to it in vain."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from textual.app import App
from textual.drivers import linux_driver
from textual.events import Paste
from textual.message import Message

from wizard.tui.terminal.ending import end
from wizard.tui.terminal.keyboard import ESCAPE_IN_PASTE, Keyboard
from wizard.tui.terminal.repaint import Terminal
from wizard.tui.terminal.textual_internals import (
    app_of,
    can_parse,
    decode_keyboard_with,
    driver_of,
    ignored_sequence,
    key_sequences,
    stop_for_shell,
    take_terminal_again,
)

LOST = 128 + signal.SIGHUP
"""The exit status when the terminal is gone: that of SIGHUP, which says the same where it is not ignored."""
_NOT_SPINNING = 0.1
"""Seconds between two reads of a terminal that is gone, until the program has ended."""


class PatientDriver(linux_driver.LinuxDriver):
    """Textual's driver for terminals, with a decoder that is never at a loss, and sparing with bytes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._terminal = Terminal()
        self._main_loop = asyncio.get_running_loop()
        self._suspended = False
        # By the event loop: a handler that interrupts any line of Python waits for ever for the lock of the queue of
        # the writer, where that line has it. For SIGCONT, Textual's own answer begins anew beside what runs, with a
        # second reader of the keyboard that outlives the end.
        self._main_loop.add_signal_handler(signal.SIGTSTP, stop_for_shell, self)
        self._main_loop.add_signal_handler(signal.SIGCONT, self._continued)

    def write(self, data: str) -> None:
        """Send what the terminal does not show yet."""
        if needed := self._terminal.sparing(data):
            super().write(needed)

    def forget(self) -> None:
        """Send the next paints whole: the terminal may show anything."""
        self._terminal.forget()

    def suspend_application_mode(self) -> None:
        """Give the terminal back."""
        self._suspended = True
        super().suspend_application_mode()

    def resume_application_mode(self) -> None:
        """Take the terminal again."""
        self._suspended = False
        super().resume_application_mode()

    def run_input_thread(self) -> None:
        """Read keys until the program ends."""
        decode_keyboard_with(partial(_Decoder, self._lose))
        super().run_input_thread()

    def process_message(self, message: Message) -> None:
        """Hand on what was read; a paste with its own characters again."""
        if isinstance(message, Paste):
            message.text = message.text.replace(ESCAPE_IN_PASTE, "\x1b")
        super().process_message(message)

    def _lose(self) -> None:
        end(app_of(self), self._main_loop, LOST)
        time.sleep(_NOT_SPINNING)

    def _continued(self) -> None:
        """After SIGTSTP take the terminal again; after SIGSTOP too, since the shell had it meanwhile."""
        if not self._suspended:
            try:
                termios.tcgetattr(self.fileno)
            except termios.error:
                # The kernel continues a process that it has sent SIGHUP.
                return
            self.suspend_application_mode()
            self._main_loop.call_soon_threadsafe(app_of(self).refresh)
        take_terminal_again(self)


class _Decoder:
    """In place of `codecs.getincrementaldecoder(encoding)`: a lenient one, behind which `Keyboard` stands.

    Textual decodes the keyboard strictly: one byte that is no UTF-8, as a terminal set to Latin-1 sends it for an é,
    ends the program with a traceback. Here such a byte becomes a lone surrogate, which no field takes and each refuses
    visibly. And Textual reads on from a terminal that is gone, as fast as it can: here the program ends.
    """

    def __init__(self, lose: Callable[[], None], encoding: str) -> None:
        self._lose, self._encoding = lose, encoding

    def __call__(self) -> _Decoder:
        self._decoder = getincrementaldecoder(self._encoding)(errors="surrogateescape")
        self._keyboard = Keyboard(key_sequences(), can_parse)
        return self

    def decode(self, data: bytes, final: bool = False) -> str:
        if not data and not final:
            self._lose()
        if (text := self._keyboard.feed(self._decoder.decode(data, final))) or not data:
            return text
        # Textual takes an empty text for the end of the terminal. From a paste it drops a NUL, which else is a key.
        return "\x00" if self._keyboard.in_paste else ignored_sequence()


_LONGEST = 200


def sequence(how: str, text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Control sequence for the terminal; empty for `none`. Inside tmux it is wrapped so that tmux hands it on."""
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
    driver = driver_of(app)
    if driver is not None and (written := sequence(how, text)):
        driver.write(written)
        driver.flush()
