"""The rail: the steps by name, and for each whether it is complete or how many problems it has."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from wizard.tui.steps import Step


class RailEntry(Static):
    """One step on the rail."""

    def __init__(self, step: Step) -> None:
        super().__init__(id=f"rail-{step.name.lower()}", markup=False)
        self.step = step

    def on_click(self, event: Click) -> None:
        """Lead to the step."""
        event.stop()
        self.post_message(Rail.Chosen(self.step))


class Rail(Vertical):
    """All steps, the current one marked."""

    class Chosen(Message):
        """A step was clicked."""

        def __init__(self, step: Step) -> None:
            super().__init__()
            self.step = step

    def __init__(self, current: Step) -> None:
        super().__init__(id="rail")
        self.current = current

    def compose(self) -> ComposeResult:
        """One entry a step."""
        for step in Step:
            yield RailEntry(step)

    def show(self, problems: Mapping[Step, int], *, deployed: bool) -> None:
        """Draw the marks: `ok` where a step is complete, a count where it has problems."""
        for entry in self.query(RailEntry):
            step = entry.step
            here = step is self.current
            line = f"{'▸' if here else ' '}{step.number} {step.title}"
            mark, style = _mark(step, problems, deployed=deployed)
            content = Content(f"{line:<14}") + Content.styled(mark, style)
            entry.update(content.stylize("bold") if here else content)


def _mark(step: Step, problems: Mapping[Step, int], *, deployed: bool) -> tuple[str, str]:
    if step is Step.DASHBOARD:
        return ("on", "$text-success") if deployed else ("", "")
    if step is Step.HOME:
        return "", ""
    count = sum(problems.values()) if step is Step.REVIEW else problems.get(step, 0)
    return (f"!{count}", "$text-error") if count else ("ok", "$text-success")
