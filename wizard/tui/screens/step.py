"""What the screens of all steps share: the line on top, the rail, the help line, the way from step to step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.types import CSSPathType

from wizard.core.text import NOTHING, harmless
from wizard.tui.session import Session
from wizard.tui.steps import Step, open_problems
from wizard.tui.widgets.key_line import KeyLine
from wizard.tui.widgets.quiet_line import QuietLine
from wizard.tui.widgets.rail import Rail

if TYPE_CHECKING:
    from wizard.tui.app import WizardApp

_WIDE = 120
_VAST = 160


class StepScreen(Screen[None]):
    """A step of the wizard. Subclasses say which `step` they are, and yield their content in `compose_content`."""

    CSS_PATH: ClassVar[CSSPathType | None] = "step.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide"), (_VAST, "-vast")]
    BINDINGS = [Binding("escape", "back", "Back")]

    step: Step
    HELP = ""

    @property
    def wizard(self) -> WizardApp:
        """The application, by its own type."""
        return cast("WizardApp", self.app)

    @property
    def session(self) -> Session:
        """What this sitting knows."""
        return self.wizard.session

    def compose(self) -> ComposeResult:
        """The frame around every step."""
        yield QuietLine(id="top")
        with Horizontal(id="body"):
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
        """What stands beside the step where there is room."""
        yield from ()

    def on_mount(self) -> None:
        """Draw the frame."""
        self.refresh_frame()

    def refresh_frame(self) -> None:
        """Draw the top line and the rail again."""
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
        self.show_line("#top", f" {session.plan.name}{origin} · {cloud}")
        problems = open_problems(session.plan.contract, session.problems)
        self.query_one(Rail).show(problems, deployed=session.service_id is not None)

    def show_line(self, selector: str, text: str) -> None:
        """Write into one of the short texts."""
        self.query_one(selector, QuietLine).show(harmless(text))

    def help_text(self, text: str) -> None:
        """Write the help line."""
        self.show_line("#help-line", text)

    def cloud_answered(self) -> None:
        """Called when the cloud has told who we are and what it has."""
        self.refresh_frame()

    def on_rail_chosen(self, message: Rail.Chosen) -> None:
        """Go where the rail was clicked."""
        self.wizard.go(message.step)

    def action_back(self) -> None:
        """One step back."""
        self.wizard.go(self.step.preceding)
