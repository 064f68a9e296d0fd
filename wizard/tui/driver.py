"""Reading the terminal so that no byte from it can end the program.

Textual decodes the keyboard strictly: one byte that is no UTF-8, as a terminal set to Latin-1 sends it for an é, ends
the program with a traceback. Here such a byte becomes a lone surrogate, which no field takes and each refuses aloud.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from functools import partial
from typing import Any

from textual.drivers import linux_driver


def _lenient(encoding: str) -> Any:
    return partial(getincrementaldecoder(encoding), errors="surrogateescape")


class PatientDriver(linux_driver.LinuxDriver):
    """Textual's driver for terminals, with a decoder that is never at a loss."""

    def run_input_thread(self) -> None:
        """Read keys until the program ends."""
        # The driver has no other place to choose the decoder at; a test sends it such bytes.
        linux_driver.getincrementaldecoder = _lenient  # type: ignore[attr-defined]
        super().run_input_thread()
