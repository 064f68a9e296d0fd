"""A line to type in that takes a text whole or not at all, and says why not.

Textual's own Input keeps the first line of a paste and drops the rest without a word; where it has a longest length it
refuses to be shortened once it is beyond it.
"""

from __future__ import annotations

import unicodedata

from textual.binding import Binding
from textual.events import Key, Paste
from textual.geometry import Region
from textual.widgets import Input

from wizard.core.text import one_line

LONGEST = 4096
"""Characters that a line takes from the keyboard. What a preset holds may be longer, and can be shortened."""

_EDITS = {key: item.action for item in Input.BINDINGS if isinstance(item, Binding) for key in item.key.split(",")}
"""What Textual's line does with keys that are no letters."""


class LineInput(Input):
    """One line of text. What can't be kept and shown as it is, is refused aloud, and the line stays as it was."""

    def __init__(
        self,
        value: str = "",
        *,
        longest: int = LONGEST,
        placeholder: str = "",
        select_on_focus: bool = False,
        id: str | None = None,
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            compact=True,
            select_on_focus=select_on_focus,
            id=id,
            classes=classes,
            disabled=disabled,
        )
        self.cursor_blink = False
        self.longest = longest

    def on_resize(self) -> None:
        """Keep the cursor in sight: where it was set before there was a width, Textual could not know."""
        if self.has_focus:
            self.call_after_refresh(self._show_cursor)

    def _show_cursor(self) -> None:
        self.scroll_to_region(Region(self._cursor_offset, 0, width=1, height=1), force=True, animate=False)

    async def on_key(self, event: Key) -> None:
        """Take keys in the order in which they were pressed, and what is part of a letter without being one.

        Textual does at once what a letter asks for, and later what any other key does: over a slow line several arrive
        together, and a Backspace would delete the letter after it. A mark that is no letter it drops without a word.
        """
        character = event.character or ""
        if event.key in _EDITS:
            event.stop()
            event.prevent_default()
            await self.run_action(_EDITS[event.key])
        elif not character.isascii() and not character.isprintable():
            event.stop()
            event.prevent_default()
            self.replace(character, *self.selection)

    def on_paste(self, event: Paste) -> None:
        """Take the whole paste, or nothing of it."""
        event.stop()
        event.prevent_default()
        if event.text:
            self.replace(event.text, *self.selection)

    def replace(self, text: str, start: int, end: int) -> None:
        """Put a text into the line; every way of changing it but the deleting of all comes through here."""
        taken = text.removesuffix("\n").removesuffix("\r")
        start, end = sorted((max(0, start), max(0, end)))
        room = self.longest - (len(self.value) - (min(end, len(self.value)) - start))
        if taken and (refusal := _refusal(taken, room, self.longest)):
            self.app.notify(
                f"{refusal} Nothing was changed.", title="Not taken", severity="error", markup=False, timeout=10
            )
            return
        if taken != text:
            self.app.notify("The line break at its end was left out.", title="Pasted", markup=False)
        super().replace(taken, start, end)


def _refusal(text: str, room: int, longest: int) -> str:
    """Why a text can't be taken; empty where it can."""
    if len(text) > room:
        return f"It has {len(text):,} characters; the line takes {longest:,} in all, and has room for {max(room, 0):,}."
    if lines := len(text.splitlines()) - 1:
        return f"It has {lines + 1:,} lines; this is one line."
    for char in text:
        if one_line(char) != char:
            if unicodedata.category(char) == "Cs":
                return "It has bytes that are not UTF-8; set the terminal to UTF-8."
            return f"It has the control character U+{ord(char):04X}, which can't be seen."
    return ""
