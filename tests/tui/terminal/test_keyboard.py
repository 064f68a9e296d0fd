"""Keys pass, reports of the terminal do not, a paste is one piece; whole or in whatever pieces it comes."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser
from textual.events import Key

from wizard.tui.terminal.keyboard import (
    ESCAPE_IN_PASTE,
    LONGEST_PASTE,
    MANY,
    PASTE_BEGINS,
    PASTE_ENDS,
    Keyboard,
)
from wizard.tui.terminal.textual_internals import can_parse, ignored_sequence, key_sequences

KEYS = sorted(key_sequences())
REPORTS = (
    "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b[?62;1;2;6;9;15;22c",
    "\x1b[>0;276;0c",
    "\x1b[0n",
    "\x1b[24;80R",
    "\x1bP1$r0m\x1b\\",
    "\x1bP!|00000000\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b[8;24;80t",
    "\x1b[?1u",
)
WANTED = ("\x1b[<0;3;4M", "\x1b[<35;3;4m", "\x1b[?2026;2$y", "\x1b[I", "\x1b[O", "\x1b[48;24;80;480;800t", "\x1b[97;5u")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def keyboard(clock: Clock | None = None) -> Keyboard:
    return Keyboard(key_sequences(), can_parse, clock or Clock())


def test_every_key_passes() -> None:
    for sequence in (*KEYS, *WANTED, "\x1b", "a", "é", "\r", "\x03", "\x1bx", "\x1b\x1b[A", "\x1b[1;5A", "\x1b[1;2R"):
        assert keyboard().feed(sequence) == sequence


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_is_no_typing(report: str) -> None:
    assert keyboard().feed(report) == ""
    assert keyboard().feed(f"ab{report}c\x1b[A") == "abc\x1b[A"


@pytest.mark.parametrize("report", REPORTS)
def test_nor_is_it_in_two_pieces(report: str) -> None:
    for cut in range(1, len(report)):
        filtered = keyboard()
        assert (filtered.feed(report[:cut]) + filtered.feed(report[cut:] + "x")).removeprefix("\x1b") == "x", cut


PIECES = st.sampled_from([*REPORTS, *WANTED, *KEYS, "a", "Z", "é", "1"])


@given(st.lists(PIECES, max_size=12), st.data())
def test_cuts_anywhere_but_behind_an_esc_change_nothing(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    whole = keyboard().feed(text)
    filtered, given_out, place = keyboard(), "", 0
    while place < len(text):
        cut = data.draw(st.integers(place + 1, len(text)))
        while cut < len(text) and (text[cut - 1] == "\x1b" or text[cut - 1] == "$"):
            cut += 1
        given_out += filtered.feed(text[place:cut])
        place = cut
    assert given_out == whole


def test_alt_and_a_bracket_does_not_swallow_what_is_typed_later() -> None:
    clock = Clock()
    filtered = keyboard(clock)
    filtered.feed("\x1b]")
    clock.now += 1
    assert filtered.feed("a") == "\x1b]a"
    filtered.feed("\x1b]11;rgb")
    clock.now += 1
    assert filtered.feed("abc") == "abc"


def test_alt_with_a_letter_that_could_begin_a_string_is_a_key() -> None:
    for typed in ("\x1bPlan nine", "\x1bXylophone", "\x1b^", "\x1b]a", "\x1b_a"):
        assert keyboard().feed(typed) == typed
    filtered = keyboard()
    assert filtered.feed("\x1b") + filtered.feed("Plan") == "\x1bPlan"


def test_esc_before_a_report_is_a_key_and_the_report_none() -> None:
    for report in REPORTS:
        assert keyboard().feed(f"\x1b{report}x") == "\x1bx"
    assert keyboard().feed("\x1b\x1b[A") == "\x1b\x1b[A"


@pytest.mark.parametrize(
    "sent",
    [
        "\x1b[97:65;2u",
        "\x1b[97;1:3u",
        "\x1b[1114112u",
        "\x1b[27;5;1114112~",
        "\x1b[9999999999u",
        "\x1b[97;;1114112u",
        "\x1b[48;0;0;5;5t\x1b[<0;1;1M",
        "\x1b[48;24;80;0;0t\x1b[<0;1;1M",
        "\x1b[<0;999999999999;1M",
        "\x1b[<0;;M",
        "\x1b[1;2:9999A",
    ],
)
def test_what_passes_does_not_end_the_reading_of_textual(sent: str) -> None:
    list(XTermParser().feed(keyboard().feed(sent)))


@given(
    st.lists(st.sampled_from(["\x1b[", "\x1b", ";", ":", "<", "?", "48", "1", "0", "97", "9999999", "u", "~", "M", "m",
                              "t", "R", "A", "$y", "200", "201", "\x00", "P"]), max_size=14)
)  # fmt: skip
def test_nor_does_any_other_sequence(pieces: list[str]) -> None:
    list(XTermParser().feed(keyboard().feed("".join(pieces))))


def test_a_window_without_a_size_in_pixels_has_a_size() -> None:
    assert keyboard().feed("\x1b[48;24;80;0;0t") == "\x1b[48;24;80;24;80t"


def test_what_stands_for_nothing_is_nothing() -> None:
    parser = XTermParser()
    assert list(parser.feed(ignored_sequence())) == []
    assert [event.key for event in parser.feed(f"\x1b{ignored_sequence()}") if isinstance(event, Key)] == ["escape"]


def test_a_paste_passes_whole_with_what_would_be_a_key_spelled_out() -> None:
    log = "\x1b[31mred\x1b[0m \x1b]0;t\x07 plain\n"
    given_out = keyboard().feed(f"{PASTE_BEGINS}{log}{PASTE_ENDS}x")
    assert given_out == f"{PASTE_BEGINS}{log.replace(chr(27), ESCAPE_IN_PASTE)}{PASTE_ENDS}x"


@example("", [1, 2])
@example("0" * 12, [1, 1])
@example("0" * 13, [1, 1, 1])
@example("0" * 20, [1, 1, 1, 1, 1])
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x1b"), max_size=40), st.lists(st.integers(1, 9)))
def test_a_paste_in_pieces_is_the_same_paste(text: str, lengths: list[int]) -> None:
    whole = f"{PASTE_BEGINS}{text}{PASTE_ENDS}"
    filtered, given_out, place = keyboard(), "", 0
    for length in [*lengths, len(whole)]:
        given_out += filtered.feed(whole[place : place + length])
        place += length
        if place >= len(whole):
            break
    assert given_out.replace(ESCAPE_IN_PASTE, "\x1b").removeprefix("\x1b") == whole.removeprefix("\x1b")


def test_a_paste_that_never_ends_ends() -> None:
    clock = Clock()
    filtered = keyboard(clock)
    assert filtered.feed(f"{PASTE_BEGINS}abc") == f"{PASTE_BEGINS}abc"
    clock.now += 10
    assert filtered.feed("rm -rf\r") == PASTE_ENDS
    assert filtered.feed("more\r") == ""
    clock.now += 2
    assert filtered.feed("x") == "x"


def test_the_rest_of_a_paste_that_stalled_is_no_typing() -> None:
    clock = Clock()
    filtered = keyboard(clock)
    filtered.feed(f"{PASTE_BEGINS}abc")
    clock.now += 10
    assert filtered.feed("def\r") == PASTE_ENDS
    assert filtered.feed("\r\x1b[20") == ""
    assert filtered.feed("1~y") == "y"


def test_a_paste_has_a_bound() -> None:
    given_out = keyboard().feed(f"{PASTE_BEGINS}{'x' * (LONGEST_PASTE + 5)}{PASTE_ENDS}")
    assert len(given_out) == LONGEST_PASTE + len(PASTE_BEGINS + PASTE_ENDS)


def test_many_letters_at_once_are_a_paste_and_a_key_held_down_is_a_key() -> None:
    letters = "abcdefgh" * 2
    assert len(letters) == MANY
    assert keyboard().feed(f"{letters}\r") == f"{PASTE_BEGINS}{letters}{PASTE_ENDS}\r"
    assert keyboard().feed(letters[1:]) == letters[1:]
    assert keyboard().feed("n" * 40) == "n" * 40


@pytest.mark.parametrize(
    "text",
    ["\x1b[31mx", "\x1b]", "\x1b", "x", "\x1b[", f"{PASTE_BEGINS}\x1b", f"{PASTE_BEGINS}{PASTE_ENDS}", "\x1bP1"],
)
def test_it_takes_linear_time(text: str) -> None:
    """Ten times as much takes about ten times as long, not a hundred times; measured where a reading takes a while."""

    def seconds(count: int) -> float:
        sent = text * count
        began = time.process_time()
        filtered = keyboard()
        for place in range(0, len(sent), 4096):
            filtered.feed(sent[place : place + 4096])
        return time.process_time() - began

    small = max(min(seconds(20_000) for _ in range(3)), 0.005)
    assert seconds(200_000) < 40 * small
