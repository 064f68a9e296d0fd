"""What is left on a bare console: the signs that its font has, and, without colours, reverse in their place."""

from __future__ import annotations

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

PLAIN = str.maketrans("✓×▸▾…•▎▏┃━╸╺▔▁⭘▊", "√x>v~*||│────_o│")
"""What stays is in code page 437, which every console font was drawn after."""


class PlainSigns(LineFilter):
    """Writes what the screens draw with the signs of a console font."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The same segments with plain signs."""
        return [
            Segment(text.translate(PLAIN), style, control) if not text.isascii() else Segment(text, style, control)
            for text, style, control in segments
        ]


class NoColors(LineFilter):
    """Takes all colours away; a ground that had one is shown by reverse, so that the cursor can still be seen."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The same segments without colours."""
        return [Segment(text, None if style is None else _bare(style), control) for text, style, control in segments]


_DEFAULT = Style.from_color(RichColor.default(), RichColor.default())


def _bare(style: Style) -> Style:
    marked = style.bgcolor is not None and not style.bgcolor.is_default
    return style + _DEFAULT + Style(reverse=True) if marked else style + _DEFAULT
