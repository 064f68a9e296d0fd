"""Problems with their mends, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wizard.core.display import one_line

if TYPE_CHECKING:
    from wizard.core.problem import Problem


def problems_text(problems: Iterable[Problem]) -> str:
    """A line a problem, `severity: where: what`, and under it what to write instead."""
    return "".join(
        f"{one_line(f'{item.kind.value}: {item.place}: {item.message}')}\n  mend: {one_line(item.mend.said)}\n"
        for item in problems
    )


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
