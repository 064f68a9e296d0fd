"""What is seldom needed, folded under a heading that says how much there is and whether it needs a look."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.events import Click
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static


class FoldHeading(Static, can_focus=True):
    """The line that opens and closes."""

    BINDINGS = [Binding("enter,space", "open_or_close", "Open or close", show=False)]

    def action_open_or_close(self) -> None:
        """Open or close."""
        if isinstance(self.parent, Fold):
            self.parent.toggle()

    def on_click(self, event: Click) -> None:
        """The mouse does it too."""
        event.stop()
        self.action_open_or_close()


class Fold(Vertical):
    """A heading over other widgets. It opens by itself for a reason that it was not opened for before."""

    class Entered(Message):
        """The heading got the focus."""

    def __init__(self, title: str, inside: Iterable[Widget]) -> None:
        super().__init__(classes="fold")
        self._title, self._inside = title, list(inside)
        self._heading = FoldHeading("", classes="fold-heading", markup=False)
        self._body = Vertical(*self._inside, classes="fold-body")
        self._body.display = False
        self._reasons: frozenset[str] = frozenset()
        self._note = ""

    def compose(self) -> ComposeResult:
        """The heading, and what it hides."""
        yield self._heading
        yield self._body

    def on_mount(self) -> None:
        """Say what is in it."""
        self._draw()

    @property
    def is_open(self) -> bool:
        """Whether what is inside can be seen."""
        return bool(self._body.display)

    def toggle(self) -> None:
        """Open or close."""
        self._body.display = not self.is_open
        self._draw()

    def look(self, changed: frozenset[str], wrong: frozenset[str]) -> None:
        """Tell which of those inside differ from their default and which have a problem; new ones open the fold."""
        reasons = frozenset(f"* {name}" for name in changed) | frozenset(f"! {name}" for name in wrong)
        if reasons - self._reasons:
            self._body.display = True
        self._reasons = reasons
        notes = [f"{len(changed)} changed" if changed else "", f"!{len(wrong)}" if wrong else ""]
        self._note = "".join(f" · {note}" for note in notes if note)
        self._draw()

    def on_descendant_focus(self) -> None:
        """Tell when the heading was entered."""
        if self._heading.has_focus:
            self.post_message(self.Entered())

    def _draw(self) -> None:
        sign, verb = ("-", "closes") if self.is_open else ("+", "opens")
        self._heading.update(f"{sign} {self._title} ({len(self._inside)}){self._note} · Enter {verb}")
