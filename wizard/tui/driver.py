"""The terminal: no byte from it can end the program, and no byte goes to it in vain.

Textual decodes the keyboard strictly: one byte that is no UTF-8, as a terminal set to Latin-1 sends it for an é, ends
the program with a traceback. Here such a byte becomes a lone surrogate, which no field takes and each refuses aloud.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from functools import partial
from typing import Any

from textual.drivers import linux_driver

from wizard.tui.repaint import Terminal


def _lenient(encoding: str) -> Any:
    return partial(getincrementaldecoder(encoding), errors="surrogateescape")


class PatientDriver(linux_driver.LinuxDriver):
    """Textual's driver for terminals, with a decoder that is never at a loss, and sparing with bytes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._terminal = Terminal()

    def write(self, data: str) -> None:
        """Send what the terminal does not show yet."""
        if needed := self._terminal.sparing(data):
            super().write(needed)

    def forget(self) -> None:
        """Send the next paints whole: the terminal may show anything."""
        self._terminal.forget()

    def run_input_thread(self) -> None:
        """Read keys until the program ends."""
        # The driver has no other place to choose the decoder at; a test sends it such bytes.
        linux_driver.getincrementaldecoder = _lenient  # type: ignore[attr-defined]
        super().run_input_thread()
