"""A line takes a text whole or not at all, and says why not."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.events import Key, Paste

from wizard.tui.widgets.line_input import LineInput


class OneLine(App[None]):
    """A line and nothing else."""

    def compose(self) -> ComposeResult:
        yield LineInput("ab", longest=20)

    @property
    def line(self) -> LineInput:
        return self.query_one(LineInput)

    @property
    def said(self) -> list[str]:
        return [item.message for item in self._notifications]


async def pasted(text: str) -> tuple[str, list[str]]:
    """What stands in the line after a paste at the end of its `ab`, and what was said."""
    app = OneLine()
    async with app.run_test() as pilot:
        app.line.cursor_position = 2
        app.line.post_message(Paste(text))
        await pilot.pause()
        return app.line.value, app.said


@pytest.mark.parametrize("text", ["c", "[b]$ \"'|", "👩\u200d👩\u200d👧", "e\u0301", "x" * 18, " ", "אב"])
async def test_a_text_is_taken_whole(text: str) -> None:
    assert await pasted(text) == (f"ab{text}", [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("c\nd", "2 lines"),
        ("c\r\nd\r\ne", "3 lines"),
        ("a\u2028b", "2 lines"),
        ("\n\n", "control character"),
        ("c\td", "U+0009"),
        ("\x1b[2J", "U+001B"),
        ("\x85x", "2 lines"),
        ("\u202eexe", "U+202E"),
        ("\udce9", "not UTF-8"),
        ("x" * 19, "19 characters"),
        ("x" * 1_000_000, "1,000,000 characters"),
    ],
)
async def test_what_can_not_be_taken_whole_is_refused_aloud(text: str, said: str) -> None:
    value, (refusal,) = await pasted(text)
    assert value == "ab"
    assert said in refusal


async def test_the_line_break_of_a_copied_line_is_left_out_and_said() -> None:
    for text in ("c\n", "c\r\n", "c\r"):
        value, (word,) = await pasted(text)
        assert value == "abc"
        assert "line break" in word


async def test_a_paste_replaces_what_is_marked_and_only_its_own_length_counts() -> None:
    app = OneLine()
    async with app.run_test() as pilot:
        app.line.value = "x" * 20
        await pilot.pause()
        app.line.select_all()
        app.line.post_message(Paste("y" * 20))
        await pilot.pause()
        assert app.line.value == "y" * 20


async def test_what_is_too_long_already_can_be_shortened() -> None:
    app = OneLine()
    async with app.run_test() as pilot:
        app.line.value = "x" * 30
        await pilot.pause()
        app.line.cursor_position = 30
        await pilot.press("backspace", "y", "ctrl+w")
        assert app.line.value == ""
        assert len(app.said) == 1


@pytest.mark.parametrize(("char", "value"), [("\u200d", "ab\u200d"), ("\udce9", "ab"), ("\u202e", "ab")])
async def test_a_key_that_is_no_letter_is_taken_or_refused_but_not_dropped(char: str, value: str) -> None:
    app = OneLine()
    async with app.run_test() as pilot:
        await pilot.press("end")
        app.line.post_message(Key("unknown", char))
        await pilot.pause()
        assert app.line.value == value
        assert bool(app.said) == (value == "ab")


async def test_what_was_copied_inside_the_program_is_held_to_the_same() -> None:
    app = OneLine()
    async with app.run_test() as pilot:
        app.copy_to_clipboard("two\nlines")
        await pilot.press("ctrl+v")
        assert app.line.value == "ab"
        assert "2 lines" in app.said[0]


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        (["backspace", "4"], "a4"),
        (["backspace", "backspace", "4"], "4"),
        (["4", "backspace", "5"], "ab5"),
        (["home", "4", "end", "5"], "4ab5"),
        (["left", "4", "delete", "5"], "a45"),
        (["ctrl+u", "x"], "x"),
    ],
    ids=" ".join,
)
async def test_keys_that_arrive_together_are_taken_in_their_order(keys: list[str], left: str) -> None:
    app = OneLine()
    async with app.run_test() as pilot:
        app.line.cursor_position = 2
        await pilot.pause()
        for key in keys:
            app.post_message(Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert app.line.value == left


async def test_the_cursor_stays_in_sight_when_the_terminal_becomes_narrow() -> None:
    app = OneLine()
    async with app.run_test(size=(40, 5)) as pilot:
        app.line.value = "abcdefghijklmnopqrst"
        app.line.focus()
        app.line.action_end()
        await pilot.pause()
        assert app.line.scroll_x == 0
        await pilot.resize_terminal(12, 5)
        await pilot.pause(0.1)
        assert app.line.scroll_x == len(app.line.value) + 1 - 12, "the cursor stands behind the last letter"
