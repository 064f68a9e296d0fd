"""Frame of the screens of all steps: the line on top, the rail, the help line, the way from step to step."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.events import Key
from textual.geometry import Size
from textual.screen import Screen
from textual.types import CSSPathType
from textual.widgets import Static

from wizard.core.text import NOTHING, harmless, one_line
from wizard.tui.session import Session
from wizard.tui.steps import Rail, Step, open_problems
from wizard.tui.widgets.lines import KeyLine, QuietLine, fitting

if TYPE_CHECKING:
    from wizard.tui.navigation import Wizard

_WIDE = 120
_VAST = 160


SAID_FOR = 3.0
"""Seconds for which what was said in passing stands at least; then the next key takes it away."""


def refusal(session: Session) -> str:
    """The sentence for what is refused where nothing may be changed."""
    return one_line(f"Read-only, nothing was sent. {session.read_only_reason}")


class StepScreen(Screen[None]):
    """A step of the wizard. Subclasses say which `step` they are, and yield their content in `compose_content`."""

    CSS_PATH: ClassVar[CSSPathType | None] = "step.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide"), (_VAST, "-vast")]
    BINDINGS = [Binding("escape", "back", "Back")]

    step: Step
    HELP = ""
    HAS_RAIL = True
    CHANGES: ClassVar[Collection[str]] = ()
    """Keys that change something in the cloud: where nothing may be changed, they say so."""
    SHOWS_WHEN_SMALL = False
    """It has a list that is worth showing on a terminal that is too small for the rest."""
    _help = ""
    _said_until = 0.0
    first_words: tuple[str, str] | None = None
    """What is to be said once it stands, with its style."""
    _entered: DOMNode | None = None
    """The panel that holds the focus."""

    def on_key(self, event: Key) -> None:
        """A key that would change something says why it does not."""
        if event.key in self.CHANGES and self.session.read_only_reason:
            event.stop()
            self.notify(refusal(self.session), severity="warning", markup=False)

    @property
    def saves(self) -> bool:
        """True if the draft can be saved from here."""
        return True

    @property
    def is_busy(self) -> bool:
        """True if it does something that would be lost with it."""
        return False

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that work now; those that the line of keys has no room for are not shown in it."""
        return fitting(super().active_bindings, self.app)

    @property
    def wizard(self) -> Wizard:
        """The application, by its own type."""
        return cast("Wizard", self.app)

    @property
    def session(self) -> Session:
        """The state that all screens share."""
        return self.wizard.session

    def compose(self) -> ComposeResult:
        """The frame around every step."""
        yield QuietLine(id="top")
        with Horizontal(id="body"):
            if self.HAS_RAIL:
                yield Rail(self.step)
            with Vertical(id="content"):
                yield from self.compose_content()
            yield from self.compose_aside()
        yield QuietLine(id="help-line")
        yield KeyLine()

    def compose_content(self) -> ComposeResult:
        """The step itself."""
        yield from ()

    def compose_aside(self) -> ComposeResult:
        """Widgets beside the step where there is room."""
        yield from ()

    def on_mount(self) -> None:
        """Draw the frame."""
        self.refresh_frame()
        if self.first_words is not None:
            self.call_after_refresh(self.say, *self.first_words)

    def on_screen_resume(self) -> None:
        """A terminal that is too small for this screen may have been large enough for the one before."""
        fit(self.app, self.app.size)

    def refresh_frame(self) -> None:
        """Draw the top line and the rail again."""
        session = self.session
        self.query_one("#top", QuietLine).show(self.top_line())
        if self.HAS_RAIL:
            problems = open_problems(session.plan.contract, session.problems)
            self.query_one(Rail).show(problems, deployed=session.service_id is not None)

    def top_line(self) -> Content:
        """The line on top: the draft, and the cloud."""
        session = self.session
        connection = session.connection
        if session.error is not None:
            cloud = session.error.title
        elif connection is None:
            cloud = "asking the cloud…"
        elif connection.ok:
            cloud = f"{connection.username} · OpenNebula {connection.version or NOTHING}"
        else:
            cloud = "the cloud is out of reach"
        draft = "*" if session.unsaved else ""
        origin = f" · {session.preset_name}{draft}" if session.preset_name else draft
        return Content(harmless(f" {session.plan.name}{origin} · {cloud}"))

    def show_line(self, selector: str, text: str) -> None:
        """Write into one of the short texts."""
        self.query_one(selector, QuietLine).show(harmless(text))

    def help_text(self, text: str) -> None:
        """Write the help line."""
        self._help = text
        self.hush()

    def say(self, text: str, style: str = "") -> bool:
        """Say something in the place of the help line, until the next key; False where it does not fit there."""
        line = self.query_one("#help-line", QuietLine)
        said = Content.styled(harmless(text), style)
        width, room = line.content_size
        if not width or len(said.wrap(width)) > room:
            return False
        line.show(said)
        self._said_until = time.monotonic() + SAID_FOR
        return True

    def hush(self) -> None:
        """Back to the help line, unless what was said may not have been read yet."""
        if time.monotonic() >= self._said_until:
            self.show_line("#help-line", self._help)

    def cloud_answered(self) -> None:
        """Called when the cloud has answered who we are and what it has."""
        self.refresh_frame()

    def on_descendant_focus(self) -> None:
        """Mark the panel that holds the focus, once all is said of who lost it and who got it."""
        self.call_later(self._mark_panel)

    def on_descendant_blur(self) -> None:
        """The focus may have gone to a dialog."""
        self.call_later(self._mark_panel)

    def _mark_panel(self) -> None:
        # A rule for `:focus-within` would have the styles of all that is in the panel worked out anew with every Tab.
        focused = self.focused if self.focused is not None and self.focused.has_focus else None
        entered = next((item for item in focused.ancestors if item.has_class("panel")), None) if focused else None
        if entered is not self._entered:
            for item, holds in ((self._entered, False), (entered, True)):
                if item is not None:
                    item.set_class(holds, "-entered")
            self._entered = entered

    def on_rail_chosen(self, message: Rail.Chosen) -> None:
        """Go where the rail was clicked."""
        self.wizard.go(message.step)

    def action_back(self) -> None:
        """One step back."""
        self.wizard.go(self.step.preceding)


SMALLEST = Size(72, 20)
"""Columns and lines below which the forms would be cut off. The wizard is made for 80x24 and more."""


def too_small(size: Size) -> bool:
    """True if a terminal of this size can't show the wizard."""
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
    """On a terminal that is too small, show the list of a screen alone, or say so; nothing typed is lost."""
    small = too_small(size)
    screen = app.screen
    if isinstance(screen, TooSmallScreen):
        if not small:
            app.pop_screen()
        return
    if isinstance(screen, StepScreen) and screen.SHOWS_WHEN_SMALL:
        screen.set_class(small, "-small")
    elif small:
        app.push_screen(TooSmallScreen())
