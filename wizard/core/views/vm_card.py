"""One VM in a few lines, for the panel beside the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wizard.core.cluster.diagnosis import Finding
from wizard.core.cluster.partitions import Assignment
from wizard.core.opennebula.load import Sample, short_load
from wizard.core.views.glossary import FROM
from wizard.core.views.rows import VmRow


def vm_card(
    row: VmRow,
    item: Assignment | None,
    findings: Sequence[Finding],
    written: Callable[[int], str],
    measured: Sequence[Sample] = (),
) -> tuple[str, ...]:
    """Where it is, since when, what it trains on and how that is known, and what is wrong with it.

    `written` makes text of a Unix time; `measured` is its load, where that is known. There is no age: it would change
    where nothing happens.
    """
    lines = [row.name, f"{row.host}  {row.ip}"]
    if row.since:
        lines.append(f"made {written(row.since)}")
    if item is not None:
        now = f", now {item.expected}" if item.expected is not None and item.expected != item.assigned else ""
        lines.append(f"partition {row.partition}{now}")
        lines.append(f"from: {FROM[item.source]}")
        if item.doubt:
            lines.append(item.doubt)
    if row.doing:
        lines.append(row.doing)
    lines += short_load(measured)
    return (*lines, *(f"! {finding.brief}" for finding in findings if row.vm_id in finding.vm_ids))
