"""What a preset changes, beside the list of presets."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from wizard.core.plan.diffs import from_defaults, in_columns, in_words
from wizard.core.text import harmless, one_line
from wizard.storage.files import PresetFile

_WIDTH = 42
"""Columns that there are for certain where the preview is shown at all."""


class PresetPreview(Static):
    """The settings that one preset changes, each with its default."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="preset-preview")

    def show(self, item: PresetFile | None) -> None:
        """Show a preset; None where none is marked."""
        self.update(preview(item) if item is not None else "")


def preview(item: PresetFile) -> Content:
    """The preview as text."""
    if item.preset is None:
        return Content.styled("It can't be used.", "$text-error") + Content(f"\n{harmless(str(item.error))}")
    found = from_defaults(item.preset.plan)
    if not found:
        return Content.styled("every setting at its default", "$text-muted")
    rows = [(one.path, one_line(f"{in_words(one.right)}  ({in_words(one.left)})")) for one in found]
    head = Content.styled("what it changes (the defaults in brackets)", "$text-muted")
    return head + Content(f"\n{in_columns(rows, _WIDTH)}")
