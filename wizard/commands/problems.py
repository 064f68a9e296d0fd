"""Problems with their fixes, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.core.plan.problem import Problem


def problem_data(item: Problem) -> dict[str, object]:
    """One problem. `write` is what fixes it at its path, null where that is not mechanical; `remove`: take it out."""
    return {
        "kind": item.kind.value,
        "field": item.field,
        "path": item.place,
        "message": item.message,
        "fix": item.fix.said,
        # The former name of `fix`, for scripts that read it, in this release for the last time.
        "mend": item.fix.said,
        "write": item.fix.value,
        "remove": item.fix.remove,
        "rule": item.rule,
        "grave": item.grave,
    }
