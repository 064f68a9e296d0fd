"""Which shard each SuperNode of the plan will train on, under its form."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from wizard.core.cluster.partitions import PLANNED_MOST, planned
from wizard.core.flower import node_config
from wizard.core.plan.contract import Meaning
from wizard.core.plan.plan import Plan
from wizard.core.text import one_line

_LONGEST = 300
SHOWN = 8
"""SuperNodes listed one by one; of more, the first ones and the last."""


class PartitionTable(Static):
    """A line a SuperNode: its index and the node config it will be started with."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="partitions")

    def show(self, plan: Plan) -> None:
        """Work the table out for a plan."""
        self.update(table(plan))


def table(plan: Plan) -> Content:
    """The table as text: a heading, the lines, and in red what is wrong with them."""
    lines = rows(plan, SHOWN)
    configs = planned(plan)
    shared = node_config.partition_id_of(configs[0]) if configs and plan.meant(Meaning.NODE_CONFIG).strip() else None
    if shared is not None and len(configs) > 1:
        lines.append(Content.styled(one_line(f"! all {len(configs)} train on shard {shared}"), "bold $text-error"))
    return Content("\n").join(lines)


def rows(plan: Plan, most: int) -> list[Content]:
    """A heading and a line a SuperNode with what it will receive; of more than `most`, the first ones and the last."""
    configs = planned(plan)
    if not configs:
        return [Content.styled("The partitions follow from the number of SuperNodes.", "$text-muted")]
    every = list(enumerate(configs))
    shown = [*every[: most - 2], None, every[-1]] if len(every) > most else [*every]
    lines = [Content.styled("idx  node config of each SuperNode", "$text-muted")]
    lines += [Content("  …") if row is None else Content(f"{row[0]:>3}  {_brief(row[1])}") for row in shown]
    if len(configs) == PLANNED_MOST:
        lines.append(Content.styled(f"only the first {PLANNED_MOST} are worked out", "$text-muted"))
    return lines


def _brief(text: str) -> str:
    return one_line(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
