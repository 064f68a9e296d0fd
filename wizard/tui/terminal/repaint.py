"""Minimal updates of the terminal: of each paint, the part that differs from what it shows.

Textual paints whole widgets: a line of which one word changed is sent from end to end, and an event in a list sends the
list. Over a slow line that is what the operator waits for. Here the cells that the terminal shows are kept, as curses
keeps them, and only those that differ are sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern

from rich.cells import get_character_cell_size

_TOKEN = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|\n|([^\x00-\x1f\x7f-\x9f]+)")
_PAINT = re.compile(r"\x1b\[\d+;\d+H")
_BESIDE = re.compile(
    r"\x1b\[\?(?!1049|47|1047)[\d;]+(?:\$p|[hl])"  # modes, except those that change the screen
    r"|\x1b\[[<>=][\d;]*u"  # the keyboard's protocol
    r"|\x07"
    r"|\x1b\](?!8;)[^\x07\x1b]*(?:\x07|\x1b\\)"  # the title, the clipboard, the pointer; no links
)
_NEAR = 6
"""Cells that are sent again rather than skipped: a move of the cursor takes about as many bytes."""
_UNKNOWN = ""


@dataclass
class _Line:
    """A line of the terminal: a character and a style for each cell; `_UNKNOWN` where that is not known."""

    signs: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)

    def reach(self, width: int) -> None:
        missing = width - len(self.signs)
        if missing > 0:
            self.signs += [_UNKNOWN] * missing
            self.styles += [_UNKNOWN] * missing


@dataclass(frozen=True)
class _Piece:
    """Text of one style at a place; lines and columns are counted from one, as terminals do."""

    line: int
    column: int
    style: str
    text: str


class Terminal:
    """The cells of a terminal, as far as what was sent to it tells.

    `sparing` takes everything that is written to the terminal, in its order. What is no paint, and may change the
    screen in a way not known here, is sent as it is, and then nothing is known.
    """

    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}
        self._cursor: tuple[int, int] | None = None

    def forget(self) -> None:
        """Nothing is known of what the terminal shows: the next paints are sent whole."""
        self._lines.clear()
        self._cursor = None

    def sparing(self, data: str) -> str:
        """The least that must be sent for the terminal to show what it would after `data`; empty if it does already."""
        if not _PAINT.match(data):
            if not _BESIDE.fullmatch(data):
                self.forget()
            return data
        read = _read(data)
        if read is None:
            self.forget()
            return data
        pieces, cursor = read
        pen = _Pen(self._cursor)
        for piece in pieces:
            if _narrow(piece.text):
                self._send_changes(piece, pen)
            else:
                # Terminals do not agree on how wide such text is: whatever stands beside it may have moved.
                pen.put(piece.line, piece.column, piece.style, piece.text)
                pen.lose_place()
                self._lines.pop(piece.line, None)
        self._cursor = cursor
        return pen.finish(cursor)

    def _send_changes(self, piece: _Piece, pen: _Pen) -> None:
        line = self._lines.setdefault(piece.line, _Line())
        begin, end = piece.column - 1, piece.column - 1 + len(piece.text)
        line.reach(end)
        signs, styles = list(piece.text), [piece.style] * len(piece.text)
        shown, shown_styles = line.signs[begin:end], line.styles[begin:end]
        if shown == signs and shown_styles == styles:
            return
        differs = [a != b or c != d for a, b, c, d in zip(shown, signs, shown_styles, styles, strict=True)]
        for first, last in _stretches(differs):
            pen.put(piece.line, piece.column + first, piece.style, piece.text[first:last])
        line.signs[begin:end], line.styles[begin:end] = signs, styles


class _Pen:
    """Puts text at places, with as few bytes of moves and styles as it can."""

    def __init__(self, place: tuple[int, int] | None) -> None:
        self._place = place
        self._style = ""
        self._out: list[str] = []

    def put(self, line: int, column: int, style: str, text: str) -> None:
        self._move(line, column)
        if style != self._style:
            reset = "0;" if self._style and style else ""
            self._out.append(f"\x1b[{reset}{style or '0'}m")
            self._style = style
        self._out.append(text)
        self._place = (line, column + len(text))

    def lose_place(self) -> None:
        self._place = None

    def finish(self, cursor: tuple[int, int]) -> str:
        if self._style:
            self._out.append("\x1b[0m")
        self._move(*cursor)
        return "".join(self._out)

    def _move(self, line: int, column: int) -> None:
        if self._place != (line, column):
            self._out.append(f"\x1b[{line};{column}H")
            self._place = (line, column)


def _read(data: str) -> tuple[list[_Piece], tuple[int, int]] | None:
    """The pieces of a paint and where the cursor is left; None if it has what is not understood here."""
    pieces: list[_Piece] = []
    line = column = at = 0
    style = ""
    for found in _TOKEN.finditer(data):
        if found.start() != at:
            return None
        at = found.end()
        to_line, to_column, wanted, text = found.groups()
        if text is not None:
            if not line:
                return None
            pieces.append(_Piece(line, column, style, text))
            column += len(text)
        elif wanted is not None:
            style = "" if wanted in ("", "0") else intern(f"{style};{wanted}" if style else wanted)
        elif to_line is not None:
            line, column = int(to_line), int(to_column)
        else:
            # A move follows, always: Textual ends lines with it, and then goes to the next by its number.
            line = 0
    if at != len(data) or not line or style:
        return None
    return pieces, (line, column)


def _narrow(text: str) -> bool:
    return text.isascii() or all(sign in _known_narrow or _is_narrow(sign) for sign in text)


_known_narrow: set[str] = set()


def _is_narrow(sign: str) -> bool:
    if get_character_cell_size(sign) != 1:
        return False
    _known_narrow.add(sign)
    return True


def _stretches(differs: list[bool]) -> Iterator[tuple[int, int]]:
    """From where to where something differs; what lies near is one."""
    first = last = -1
    for place, different in enumerate(differs):
        if not different:
            continue
        if first >= 0 and place - last > _NEAR:
            yield first, last + 1
            first = place
        elif first < 0:
            first = place
        last = place
    if first >= 0:
        yield first, last + 1
