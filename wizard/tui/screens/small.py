"""What is shown on a terminal that is too small for a form."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

SMALLEST = Size(72, 20)
"""Columns and lines below which the forms would be cut off. The wizard is made for 80x24 and more."""


def too_small(size: Size) -> bool:
    """Whether a terminal of this size can't show the wizard."""
    return size.width < SMALLEST.width or size.height < SMALLEST.height


class TooSmallScreen(Screen[None]):
    """Says what is needed; goes by itself once the terminal is large enough."""

    NEEDS_NO_HELP = True

    def compose(self) -> ComposeResult:
        """One sentence."""
        yield Static("", id="too-small", markup=False)

    def on_resize(self) -> None:
        """Name the present size."""
        size = self.app.size
        self.query_one("#too-small", Static).update(
            f"This terminal is {size.width}x{size.height}. The wizard needs {SMALLEST.width}x{SMALLEST.height}, and is "
            "made for 80x24.\nEnlarge it: nothing is lost."
        )


def fit(app: App[int], size: Size) -> None:
    """On a terminal that is too small, say so instead of drawing fragments; nothing typed is lost."""
    small = too_small(size)
    if small and not isinstance(app.screen, TooSmallScreen):
        app.push_screen(TooSmallScreen())
    elif not small and isinstance(app.screen, TooSmallScreen):
        app.pop_screen()
