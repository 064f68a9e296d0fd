"""Time from the start of the process to its first paint in a terminal: the wizard against a bare Textual app."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from benchmarks import pairs
from benchmarks.table import Row
from benchmarks.terminal import Terminal, private_environment

TARGET = 1.3
_BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("it stands")
Bare().run()
"""


def rows() -> Iterator[Row]:
    """The two medians and their ratio, and how long it takes until the presets stand on Home too."""
    with private_environment({"TEXTUAL_ANIMATIONS": "none"}) as environment:
        wizard = ["-m", "wizard"]
        bare = partial(_seconds, ["-c", _BARE], environment, b"it stands")
        frame = partial(_seconds, wizard, environment, b"Services")
        yield from pairs.rows("first paint", frame, ("bare Textual app", bare), TARGET)
        whole = partial(_seconds, wizard, environment, b"anomaly-detection")
        yield pairs.ratio("Home with its presets: wizard / bare Textual app", whole, bare)


def _seconds(arguments: Sequence[str], environment: Mapping[str, str], shows: bytes) -> float:
    begin = time.perf_counter()
    terminal = Terminal(arguments, environment)
    try:
        terminal.wait_for_bytes(shows)
        return time.perf_counter() - begin
    finally:
        terminal.close()
