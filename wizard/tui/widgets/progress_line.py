"""The phases of a deployment in a line, and the roles in another."""

from __future__ import annotations

from dataclasses import replace

from textual.content import Content

from wizard.core.cluster.progress import Mark, Phase
from wizard.core.views.glossary import PHASES
from wizard.core.views.rows import RoleRow
from wizard.tui.help import Passage
from wizard.tui.widgets.lines import QuietLine, badge_content

_MARKS = {
    Mark.DONE: ("✓", "$text-success"),
    Mark.ACTIVE: ("▸", "bold $text-warning"),
    Mark.TODO: ("·", "$text-muted"),
    Mark.FAILED: ("✗ failed:", "bold $text-error"),
}


class PhasesLine(QuietLine):
    """The phases, broken anew whenever the room for them changes."""

    def __init__(self) -> None:
        super().__init__(id="phases")
        self._phases: tuple[Phase, ...] = ()

    @staticmethod
    def legend() -> Passage:
        """Meanings of the marks."""
        marks = tuple((_MARKS[mark][0].partition(" ")[0], meaning) for mark, meaning in PHASES.items())
        return Passage("The phases", terms=marks)

    def show_phases(self, phases: tuple[Phase, ...]) -> None:
        """Draw the phases."""
        self._phases = phases
        self.on_resize()

    def on_resize(self) -> None:
        """Only now it is known how much fits on a line."""
        self.show(phases_line(self._phases, self.content_size.width or self.app.size.width))


def phases_line(phases: tuple[Phase, ...], width: int) -> Content:
    """`✓ template registered  ✓ instantiated  ▸ SuperLink READY  · …`, in short where it is too long for a line, and
    then broken between phases only.

    `width` is in columns.
    """
    if sum(len(_MARKS[phase.mark][0]) + len(phase.label) + 3 for phase in phases) - 2 > width:
        phases = tuple(replace(phase, label=phase.brief or phase.label) for phase in phases)
    lines: list[list[Content]] = [[]]
    for phase in phases:
        mark, style = _MARKS[phase.mark]
        part = Content.styled(f"{mark} {phase.label}", style)
        used = sum(item.cell_length + 2 for item in lines[-1])
        if lines[-1] and used + part.cell_length > width:
            lines.append([])
        lines[-1].append(part)
    return Content("\n").join(Content("  ").join(line) for line in lines)


def roles_line(rows: tuple[RoleRow, ...]) -> Content:
    """`superlink ● RUNNING 1/1 READY · supernode ◐ DEPLOYING 1/3 READY`"""
    parts = []
    for row in rows:
        words = f" {row.ready}/{row.wanted} READY"
        if row.listed != row.wanted:
            words += f" ({row.listed} listed)"
        parts.append(Content(f"{row.name} ") + badge_content(row.badge) + Content(words))
    return Content(" · ").join(parts)
