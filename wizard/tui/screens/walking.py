"""The way from one problem of the draft to the next, over all forms."""

from __future__ import annotations

from textual.binding import Binding

from wizard.core.plan.problem import Kind, Problem
from wizard.tui.screens.step import StepScreen
from wizard.tui.session import Session
from wizard.tui.steps import Step, step_of_field

Place = tuple[int, bool, int]
"""Where a field stands: its step, whether it is an advanced one, and its place in the contract."""


class WalkingScreen(StepScreen):
    """A screen from which one can go to the next problem. The footer offers it while there is one."""

    BINDINGS = [
        Binding("f8", "walk(1)", "Problem"),
        # Most terminals send what xterm calls F20 for Shift+F8.
        Binding("shift+f8,f20", "walk(-1)", "Previous problem", show=False),
    ]

    _can_walk = False

    @property
    def walked_from(self) -> str:
        """The path of the field from which one goes on, empty where the cursor is in none."""
        return ""

    def refresh_frame(self) -> None:
        """Offer F8 where there is a problem by now, and take it away with the last one."""
        super().refresh_frame()
        can_walk = bool(stops(self.session))
        if can_walk != self._can_walk:
            self._can_walk = can_walk
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Going to a problem needs one."""
        return self._can_walk if action == "walk" else super().check_action(action, parameters)

    def action_walk(self, by: int) -> None:
        """Go to the next problem, or with -1 to the one before; after the last comes the first."""
        found = following(self.session, self.step, self.walked_from, by)
        if found is not None:
            self.show_problem(found)

    def show_problem(self, path: str) -> None:
        """Lead to the field at this path."""
        self.wizard.go(step_of_field(self.session.plan.contract, path), focus=path)


def stops(session: Session) -> tuple[str, ...]:
    """The fields that have an error or a warning, in the order in which the forms show them."""
    known = session.plan.contract.by_path
    wrong = {item.field for item in session.problems if item.kind is not Kind.NOTE and item.field in known}
    return tuple(sorted(wrong, key=lambda path: _place(session, path)))


def following(session: Session, step: Step, path: str, by: int) -> str | None:
    """The stop after (1) or before (-1) a field, or the beginning of a step where `path` is empty."""
    found = stops(session)
    if not found:
        return None
    here = _place(session, path) if path else (step.number, False, -1)
    if by > 0:
        return next((stop for stop in found if _place(session, stop) > here), found[0])
    return next((stop for stop in reversed(found) if _place(session, stop) < here), found[-1])


def problems_of(problems: tuple[Problem, ...], path: str) -> str:
    """Problems of a field, as the help line says them; empty where there are none."""
    return " · ".join(
        f"{item.kind.value}: {item.message}" for item in problems if item.field == path and item.kind is not Kind.NOTE
    )


def _place(session: Session, path: str) -> Place:
    contract = session.plan.contract
    return (step_of_field(contract, path).number, contract.by_path[path].advanced, list(contract.by_path).index(path))
