"""What is worth a bell: a service that has come up, or got into trouble. Each is said once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wizard.core.diagnosis import Finding
    from wizard.core.opennebula.snapshot import ServiceSnapshot

HOWS = ("none", "bell", "osc9", "osc777")
"""Nothing; the terminal's bell; OSC 9 (iTerm2, Windows Terminal, WezTerm); OSC 777 (urxvt, foot, VTE)."""


@dataclass
class Noteworthy:
    """Looks at one snapshot after another of one service. The first one is news to nobody."""

    _before: ServiceSnapshot | None = None
    _known: frozenset[str] = field(default_factory=frozenset)

    def of(self, snapshot: ServiceSnapshot, findings: Iterable[Finding]) -> str:
        """A sentence, or nothing; `findings` are those of the diagnosis of this snapshot."""
        from wizard.core.diagnosis import Severity
        from wizard.core.text import one_line

        before, known = self._before, self._known
        found = {item.name: item for item in findings if item.severity is Severity.ERROR}
        self._before, self._known = snapshot, frozenset(found)
        if before is None:
            return ""
        subject = one_line(f"Service {snapshot.id} {snapshot.name}")
        if snapshot.gone and not before.gone:
            return f"{subject} is gone."
        new = [item for name, item in found.items() if name not in known]
        if new:
            return f"{subject}: {one_line(new[0].means)}"
        if snapshot.complete and not before.complete and not found:
            return f"{subject} is RUNNING."
        return ""
