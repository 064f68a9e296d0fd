"""The steps of the wizard, in their order: what the rail names and the function keys lead to."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from wizard.core.plan.contract import Contract, Level

if TYPE_CHECKING:
    from wizard.core.plan.problem import Problem


class Step(Enum):
    """A step with its number, which is also that of its function key, and its name on the rail."""

    HOME = (1, "Home")
    SERVICE = (2, "Service")
    SUPERLINK = (3, "SuperLink")
    SUPERNODE = (4, "SuperNodes")
    REVIEW = (5, "Review")
    DASHBOARD = (6, "Dashboard")

    @property
    def number(self) -> int:
        """1 to 6."""
        return self.value[0]

    @property
    def title(self) -> str:
        """The name on the rail."""
        return self.value[1]

    @property
    def level(self) -> Level | None:
        """The level whose settings the step asks for, None for the other steps."""
        return _LEVELS.get(self)

    @property
    def following(self) -> Step:
        """The step after this one; the last is its own."""
        steps = list(Step)
        return steps[min(self.number, len(steps) - 1)]

    @property
    def preceding(self) -> Step:
        """The step before this one; the first is its own."""
        return list(Step)[max(self.number - 2, 0)]


DEPLOY = "deploy"
"""What Review is focused on where its question, whether to deploy, is to be put at once."""

_LEVELS = {Step.SERVICE: Level.SERVICE, Step.SUPERLINK: Level.SUPERLINK, Step.SUPERNODE: Level.SUPERNODE}


def step_of(contract: Contract, problem: Problem) -> Step:
    """The step on whose form a problem is fixed."""
    return step_of_field(contract, problem.field)


def step_of_field(contract: Contract, path: str) -> Step:
    """The step on whose form a field stands."""
    item = contract.by_path.get(path)
    return next((step for step, level in _LEVELS.items() if item and level is item.level), Step.REVIEW)


def open_problems(contract: Contract, problems: tuple[Problem, ...]) -> dict[Step, int]:
    """Number of errors and warnings of each step; notes do not count."""
    from wizard.core.plan.problem import Kind

    counts = dict.fromkeys(Step, 0)
    for problem in problems:
        if problem.kind is not Kind.NOTE:
            counts[step_of(contract, problem)] += 1
    return counts


class Rail(Static):
    """All steps, a line each, the current one marked."""

    class Chosen(Message):
        """A step was clicked."""

        def __init__(self, step: Step) -> None:
            super().__init__()
            self.step = step

    def __init__(self, current: Step) -> None:
        super().__init__(id="rail", markup=False)
        self.current = current

    def on_click(self, event: Click) -> None:
        """Lead to the step on the clicked line."""
        at = event.get_content_offset(self)
        if at is not None and at.y < len(Step):
            event.stop()
            self.post_message(self.Chosen(list(Step)[at.y]))

    def show(self, problems: Mapping[Step, int], *, deployed: bool) -> None:
        """Draw the marks: `ok` where a step is complete, a count where it has problems."""
        self.update(Content("\n").join(self._line(step, problems, deployed=deployed) for step in Step))

    def _line(self, step: Step, problems: Mapping[Step, int], *, deployed: bool) -> Content:
        here = step is self.current
        name = f"{'▸' if here else ' '}{step.number} {step.title}"
        line = Content(f"{name:<14}") + Content.styled(*_mark(step, problems, deployed=deployed))
        return line.stylize("bold") if here else line


def _mark(step: Step, problems: Mapping[Step, int], *, deployed: bool) -> tuple[str, str]:
    if step is Step.DASHBOARD:
        return ("on", "$text-success") if deployed else ("", "")
    if step is Step.HOME:
        return "", ""
    count = sum(problems.values()) if step is Step.REVIEW else problems.get(step, 0)
    return (f"!{count}", "$text-error") if count else ("ok", "$text-success")
