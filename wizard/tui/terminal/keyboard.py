"""Text from the terminal before Textual parses it: keys pass, reports of the terminal do not, a paste is one piece.

A terminal answers questions on the same line on which it sends keys, and over SSH an answer may come when nobody waits
for it any more: read as typing it would fill a field or press a button. What Textual does not know it gives out as
single keys, so whatever is no key, no mouse event and no answer that Textual itself waits for is taken out here, whole.
All of it takes linear time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection

PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
ESCAPE_IN_PASTE = "\U000f001b"
"""Stands for an ESC in a paste on its way through Textual, which would look for keys behind it."""

LONGEST_PASTE = 1 << 20
"""Characters of a paste that are kept; no field takes as many."""

MANY = 16
"""So many letters at once are taken as a paste: one change of a field, and no keys."""

_SAME = 0.5
"""Seconds within which the pieces of one sequence follow each other."""
_PASTE_SAME = 3.0
"""The same for the pieces of a paste, which is long."""
_LATE = 1.0
"""Seconds of silence after which the rest of a paste that took too long is over, where no end of it was sent."""

_CSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_CSI_BEGUN = re.compile(r"\x1b\[[0-?]*[ -/]*\Z")
_TEXTUAL_WAITS_FOR = re.compile(
    r"\x1b\[(?:"
    r"<\d{1,5}(?:;-?\d{1,5}){2}[Mm]"  # the mouse
    r"|M"  # the mouse, in the old way; three characters follow
    r"|\?\d+;\d\$y"  # a mode that was asked for
    r"|[IO]"  # focus
    r"|\["  # a function key of the Linux console; a letter follows
    r"|[\d:]+(?:;[\d:]*){0,2}[u~]"  # a key with its modifiers
    r"|1;(?:[2-9]|1[0-6])[ABCDEFHPQRS]"
    r")"
)
_WINDOW_SIZE = re.compile(r"\x1b\[48;([1-9]\d{0,4})[\d:]*;([1-9]\d{0,4})[\d:]*;(\d{1,5})[\d:]*;(\d{1,5})[\d:]*t")
_STRING_BEGINS = re.compile(r"\x1b(?:\]\d|P[\d$+>!]|_G)")
"""OSC, DCS and the answer of a terminal that draws pictures; Alt and one of these letters is a key."""
_STRING_MAY_BEGIN = re.compile(r"\x1b[\]P_]\Z")
_STRING_ENDS = re.compile(r"\x07|\x1b\\|\x9c|\x18|\x1a")
_LETTERS = re.compile(rf"[^\x00-\x1f\x7f-\x9f]{{{MANY},}}")


class Keyboard:
    """Takes texts as they come from the terminal, gives what Textual shall parse.

    `keys` are sequences that are keys, and `can_parse` says whether Textual can make something of a sequence.
    """

    def __init__(
        self, keys: Collection[str], can_parse: Callable[[str], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys, self._can_parse, self._clock = keys, can_parse, clock
        self._held = ""
        """The begin of a sequence whose rest has not come yet."""
        self._escape_given = False
        self._held_without_escape = False
        self._begun = ""
        """The begin of a paste as far as it was given away, letter by letter as it came."""
        self._in_string = False
        self._in_paste = False
        self._late = False
        """Whether what comes is the rest of a paste that was ended here."""
        self._pasted = 0
        self._last = 0.0

    @property
    def in_paste(self) -> bool:
        """True if a paste has begun that has not ended yet."""
        return self._in_paste

    def feed(self, text: str) -> str:
        """What of this text, and of what was held back before, is for Textual."""
        now = self._clock()
        since, self._last = now - self._last, now
        given: list[str] = []
        if self._in_paste and since > _PASTE_SAME:
            # Its rest would be typing, with each Enter in it.
            given.append(self._end_paste())
            self._late = True
        elif self._late and since > _LATE:
            self._late, self._held = False, ""
        if since > _SAME and not self._late and not self._in_paste:
            given.append(self._held[1:] if self._held_without_escape else self._held)
            self._held, self._in_string, self._escape_given, self._held_without_escape = "", False, False, False
        begun, self._begun = self._begun if since <= _SAME else "", ""
        joined = begun + text
        if len(begun) > 1 and joined.startswith(PASTE_BEGINS):
            given.append(PASTE_BEGINS[len(begun) :])
            self._in_paste, self._pasted = True, 0
            given.append(self._taken(joined.removeprefix(PASTE_BEGINS)))
        elif self._held_without_escape:
            given.append(self._after_escape(self._held + text))
        elif self._escape_given and len(text) > 1 and _is_report(f"\x1b{text}"):
            # Textual has the ESC already, as a key; what follows it is no typing.
            given.append(self._after_escape(f"\x1b{text}"))
        else:
            given.append(self._taken(self._held + text))
        if self._escape_given:
            self._begun = "\x1b"
        elif begun and not self._held and PASTE_BEGINS.startswith(joined):
            self._begun = joined
        return "".join(given)

    def _after_escape(self, text: str) -> str:
        given: list[str] = []
        self._held, self._escape_given, self._held_without_escape = "", False, False
        place = self._sequence(text, 0, given)
        first = "".join(given).removeprefix("\x1b")
        self._held_without_escape = bool(self._held)
        return first if self._held else first + self._taken(text[place:])

    def _taken(self, text: str) -> str:
        self._held, self._escape_given = "", False
        given: list[str] = []
        place = 0
        while place < len(text):
            if self._late:
                place = self._rest_of_paste(text, place)
            elif self._in_paste:
                place = self._paste(text, place, given)
            elif self._in_string:
                place = self._string(text, place)
            elif text[place] == "\x1b":
                place = self._sequence(text, place, given)
            else:
                end = text.find("\x1b", place)
                end = len(text) if end < 0 else end
                given.append(_LETTERS.sub(_as_paste, text[place:end]))
                place = end
        return "".join(given)

    def _sequence(self, text: str, place: int, given: list[str]) -> int:
        """Take what begins with the ESC at `place`; gives the place behind it."""
        if place + 1 == len(text):
            given.append("\x1b")
            self._escape_given = True
            return place + 1
        if text[place + 1] == "\x1b":
            # The key Esc, and whatever begins with the second one.
            given.append("\x1b")
            return place + 1
        if _STRING_BEGINS.match(text, place):
            self._in_string = True
            return place + 2
        if _STRING_MAY_BEGIN.match(text, place):
            self._held = text[place:]
            return len(text)
        if match := _CSI.match(text, place):
            found = match[0]
            if found == PASTE_BEGINS:
                self._in_paste, self._pasted = True, 0
                given.append(found)
            elif found in self._keys or (_TEXTUAL_WAITS_FOR.fullmatch(found) and self._can_parse(found)):
                given.append(found)
            elif size := _WINDOW_SIZE.fullmatch(found):
                given.append(_window_size(*size.groups()))
            elif found[:-1] in self._keys:
                # Some keys of rxvt have no letter at their end.
                given.append(found[:-1])
                return match.end() - 1
            return match.end()
        if text[place:] in self._keys:
            given.append(text[place:])
            return len(text)
        if _CSI_BEGUN.match(text, place):
            self._held = text[place:]
            return len(text)
        given.append(text[place : place + 2])
        return place + 2

    def _string(self, text: str, place: int) -> int:
        match = _STRING_ENDS.search(text, place)
        if match is None:
            # An ESC at the end may be the first half of the end.
            self._held = "\x1b" if text.endswith("\x1b") else ""
            return len(text)
        self._in_string = False
        return match.end()

    def _paste(self, text: str, place: int, given: list[str]) -> int:
        end = text.find(PASTE_ENDS, place)
        if end < 0:
            # The end may have come in part.
            kept = next((n for n in range(len(PASTE_ENDS) - 1, 0, -1) if text.endswith(PASTE_ENDS[:n])), 0)
            stop = max(place, len(text) - kept)
            self._held = text[stop:]
            self._keep_pasted(text[place:stop], given)
            return len(text)
        self._keep_pasted(text[place:end], given)
        given.append(self._end_paste())
        return end + len(PASTE_ENDS)

    def _rest_of_paste(self, text: str, place: int) -> int:
        end = text.find(PASTE_ENDS, place)
        if end < 0:
            self._held = text[max(place, len(text) - len(PASTE_ENDS) + 1) :]
            return len(text)
        self._late = False
        return end + len(PASTE_ENDS)

    def _keep_pasted(self, text: str, given: list[str]) -> None:
        room = max(0, LONGEST_PASTE - self._pasted)
        self._pasted += len(text)
        given.append(text[:room].replace("\x1b", ESCAPE_IN_PASTE))

    def _end_paste(self) -> str:
        self._in_paste = False
        return PASTE_ENDS


def _is_report(text: str) -> bool:
    return text.startswith("\x1b[") or _STRING_BEGINS.match(text) is not None


def _window_size(rows: str, columns: str, height: str, width: str) -> str:
    # A terminal that does not know its size in pixels says 0, by which Textual would divide: then one is a cell.
    pixels = (height, width) if int(height) and int(width) else (rows, columns)
    return f"\x1b[48;{rows};{columns};{';'.join(pixels)}t"


def _as_paste(match: re.Match[str]) -> str:
    letters = match[0]
    # A key that is held down is a key.
    return letters if len(set(letters)) == 1 else f"{PASTE_BEGINS}{letters}{PASTE_ENDS}"
