"""Text of others: what could drive a terminal is spelled out, the rest is left alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.text import harmless, one_line, spans


@pytest.mark.parametrize(
    ("text", "kept", "line"),
    [
        ("plain ~ [bold]", "plain ~ [bold]", "plain ~ [bold]"),
        ("a\nb\tc", "a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31m", "\\x1b[31m", "\\x1b[31m"),
        ("\r\x00\x7f\x9b", "\\x0d\\x00\\x7f\\x9b", "\\x0d\\x00\\x7f\\x9b"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066", "\\u202eabc\\u2066"),
        ("a\u2028b\ud800", "a\\u2028b\\ud800", "a\\u2028b\\ud800"),
        ("ünï שלום 🌻 👩\u200d🔬", "ünï שלום 🌻 👩\u200d🔬", "ünï שלום 🌻 👩\u200d🔬"),
    ],
)
def test_what_is_shown(text: str, kept: str, line: str) -> None:
    assert harmless(text) == kept
    assert one_line(text) == line


@given(st.text())
def test_no_control_is_left_and_twice_is_once(text: str) -> None:
    shown = one_line(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f") & set(shown)
    assert one_line(shown) == shown


@pytest.mark.parametrize(
    ("ids", "said"),
    [((), ""), ((3,), "3"), ((1, 2, 3), "1, 2, 3"), ((1, 2, 3, 4), "1 to 4"), ((9, 1, 2, 3, 4, 7), "9, 1 to 4, 7")],
)
def test_numbers_that_follow_one_another_are_a_span(ids: tuple[int, ...], said: str) -> None:
    assert spans(ids) == said
