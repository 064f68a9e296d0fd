"""Problems with their mends, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.core.problem import Problem


def problem_data(item: Problem) -> dict[str, object]:
    """One problem. `write` is what mends it at its path, null where that is not mechanical; `remove`: take it out."""
    return {
        "kind": item.kind.value,
        "field": item.field,
        "path": item.place,
        "message": item.message,
        "mend": item.mend.said,
        "write": item.mend.value,
        "remove": item.mend.remove,
        "rule": item.rule,
        "grave": item.grave,
    }
