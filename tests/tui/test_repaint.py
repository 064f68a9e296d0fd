"""A terminal that gets only what it does not show yet ends up like one that gets everything."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.tui.terminal.repaint import Terminal

COLUMNS, LINES = 24, 6
STYLES = ["", "1", "31", "38;2;1;2;3;48;2;9;8;7", "7;4"]
SIGNS = "ab  ─▸✓"
WIDE = "表é\u0301"

Paint = list[tuple[int, int, str, str]]
"""Line, column, style and text of each piece, counted from one."""


def written(paint: Paint, cursor: tuple[int, int]) -> str:
    """A paint as Textual writes it: moves, styles that are reset after each text, the cursor at the end."""
    out = []
    for line, column, style, text in paint:
        out.append(f"\x1b[{line};{column}H" + (f"\x1b[{style}m{text}\x1b[0m" if style else text) + "\n")
    return "".join(out) + f"\x1b[{cursor[0]};{cursor[1]}H"


def narrowed(text: str) -> str:
    """The same with nothing in it whose width terminals may not agree on."""
    return "".join("x" if sign in WIDE else sign for sign in text)


class Emulated:
    """A terminal emulator, which does not wrap lines, as Textual asks for."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.screen.reset_mode(pyte.modes.DECAWM)
        self._stream = pyte.Stream(self.screen)

    def shows(self, data: str) -> tuple[list[list[pyte.screens.Char]], tuple[int, int]]:
        """Every cell, and the place of the cursor, after `data`."""
        self._stream.feed(data.replace("\n", "\r\n"))
        cells = [[self.screen.buffer[line][column] for column in range(COLUMNS)] for line in range(LINES)]
        return cells, (self.screen.cursor.y, self.screen.cursor.x)


places = st.tuples(st.integers(1, LINES - 1), st.integers(1, COLUMNS - 8))
pieces = st.tuples(places, st.sampled_from(STYLES), st.text(st.sampled_from(SIGNS + WIDE), min_size=1, max_size=8)).map(
    lambda found: (*found[0], found[1], found[2])
)
paints = st.lists(st.tuples(st.lists(pieces, max_size=8), places), min_size=1, max_size=8)


@given(paints)
def test_the_terminal_shows_the_same(drawn: list[tuple[Paint, tuple[int, int]]]) -> None:
    everything, needed, terminal = Emulated(), Emulated(), Terminal()
    for paint, cursor in drawn:
        data = written(paint, cursor)
        assert needed.shows(terminal.sparing(data)) == everything.shows(data)


@given(paints)
def test_what_stands_there_is_not_sent_again(drawn: list[tuple[Paint, tuple[int, int]]]) -> None:
    terminal = Terminal()
    for paint, cursor in drawn:
        # The pieces of one paint never lie upon each other.
        apart = {line: (line, column, style, narrowed(text)) for line, column, style, text in paint}
        data = written(list(apart.values()), cursor)
        terminal.sparing(data)
        assert terminal.sparing(data) == ""


def test_one_word_of_a_line_is_sent_alone() -> None:
    terminal = Terminal()
    line = "fl-2  RUNNING  READY" + " " * 60
    terminal.sparing(written([(3, 1, "", line)], (1, 1)))
    changed = terminal.sparing(written([(3, 1, "", line.replace("RUNNING", "STOPPED"))], (1, 1)))
    assert changed == "\x1b[3;7HSTOPPED\x1b[1;1H"


@pytest.mark.parametrize(
    "data",
    [
        "\x1b[?1049h",  # another screen
        "\x1b[2J",
        "words that come without a place",
        "\x1b[1;1Htext\x1b[2K\x1b[1;1H",  # a paint with what is not understood
        "\x1b[1;1H\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\\x1b[1;1H",
        "\x1b[1;1H\x1b[1mnot ended",
        "\x1b[1;1Ha\nb",
    ],
)
def test_after_what_is_not_understood_nothing_is_taken_for_known(data: str) -> None:
    terminal = Terminal()
    paint = written([(2, 2, "1", "words")], (1, 1))
    whole = terminal.sparing(paint)
    assert terminal.sparing(paint) == ""
    assert terminal.sparing(data) == data
    assert terminal.sparing(paint) == whole


@pytest.mark.parametrize(
    "data", ["\x07", "\x1b[?2026h", "\x1b[?25l", "\x1b[>1u", "\x1b]9;told\x07", "\x1b]52;c;eA==\x1b\\"]
)
def test_what_does_not_touch_the_cells_passes_and_is_no_reason_to_forget(data: str) -> None:
    terminal = Terminal()
    paint = written([(2, 2, "1", "words")], (1, 1))
    terminal.sparing(paint)
    assert terminal.sparing(data) == data
    assert terminal.sparing(paint) == ""


def test_a_terminal_of_which_nothing_is_known_gets_everything() -> None:
    terminal = Terminal()
    paint = written([(2, 2, "1", "words")], (1, 1))
    whole = terminal.sparing(paint)
    terminal.forget()
    assert terminal.sparing(paint) == whole
