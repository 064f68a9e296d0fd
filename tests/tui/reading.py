"""Whether what is painted can be read, and whether a console could show it."""

from __future__ import annotations

from rich.color import ColorType
from rich.segment import Segment
from textual.color import Color
from textual.pilot import Pilot

from wizard.tui.themes import PLAIN

ORNAMENTS = " ─│╭╮╰╯┌┐└┘═║╔╗╚╝━╸╺▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▔"
"""Lines and scrollbars tell nothing that is not told in words."""
ENOUGH = 4.5
"""WCAG 2.1, 1.4.3: the ratio of the luminances of a text and its ground."""


def faint(pilot: Pilot[int]) -> set[str]:
    """Every text whose contrast is too low. What lies behind a dialog is meant to step back."""
    texts = texts_of(_inside(pilot) if pilot.app.screen.is_modal else painted(pilot))
    assert texts
    return {f"{item.text.strip()!r} {ratio(item):.1f}" for item in texts if ratio(item) < ENOUGH}


def foreign(pilot: Pilot[int], *, colors: bool) -> list[Segment]:
    """What a bare console could not show: colours that it has not, or any where there shall be none, and odd signs."""
    allowed = {ColorType.DEFAULT, ColorType.STANDARD} if colors else {ColorType.DEFAULT}
    return [
        item for item in painted(pilot) if not _colors(item) <= allowed or set(PLAIN).intersection(map(ord, item.text))
    ]


def stands_out(pilot: Pilot[int]) -> bool:
    """Whether anything shows where the focus is."""
    return any(_stands_out(item) for item in painted(pilot))


def _colors(segment: Segment) -> set[ColorType]:
    style = segment.style
    assert style is not None
    return {color.type for color in (style.color, style.bgcolor) if color is not None}


def painted(pilot: Pilot[int]) -> list[Segment]:
    """Every piece of text on the screen with its style, after all filters."""
    app = pilot.app
    filters = app.get_line_filters()
    background = app.screen.background_colors[1]
    found = []
    for strip in app.screen._compositor.render_strips():
        segments = list(strip)
        for item in filters:
            segments = item.apply(segments, background)
        found += [segment for segment in segments if not segment.control]
    return found


def texts_of(segments: list[Segment]) -> list[Segment]:
    """Those that tell something."""
    return [segment for segment in segments if segment.text.strip(ORNAMENTS)]


def ratio(segment: Segment) -> float:
    """The contrast of a piece of text, as WCAG computes it."""
    style = segment.style
    assert style is not None
    assert style.color is not None
    assert style.bgcolor is not None
    inks = [Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)]
    if style.dim:
        inks[0] = inks[1].blend(inks[0], 0.5)
    light, dark = sorted((_luminance(ink) for ink in inks), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    parts = [part / 255 for part in color.rgb]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _inside(pilot: Pilot[int]) -> list[Segment]:
    region = pilot.app.screen.query_one(".dialog").region
    found: list[Segment] = []
    for y, strip in enumerate(pilot.app.screen._compositor.render_strips()):
        if region.y <= y < region.bottom:
            found += list(strip.crop(region.x, region.right))
    return found


def _stands_out(segment: Segment) -> bool:
    style = segment.style
    if style is None:
        return False
    return bool(style.reverse or style.underline or (style.bgcolor is not None and not style.bgcolor.is_default))
