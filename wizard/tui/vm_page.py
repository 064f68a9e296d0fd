"""One VM on a page: what oned says of it, its context, and what it published."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.core.overview import NOTHING, duration, vm_rows
from wizard.core.snapshot import ServiceSnapshot
from wizard.core.vm_details import details
from wizard.tui.widgets.dialogs import Notice


def vm_page(snapshot: ServiceSnapshot, vm_id: int) -> Notice:
    """A page to read about a VM of the snapshot. A VM that is no longer listed gets a page that says so."""
    row = next((row for row in vm_rows(snapshot) if row.vm_id == vm_id), None)
    node = next((node for role in snapshot.roles for node in role.nodes if node.vm_id == vm_id), None)
    if row is None or node is None:
        return Notice(f"VM {vm_id}", "The service no longer lists it.")
    lines = [
        f"role       {row.role}, position {row.index}",
        f"state      {row.state}, READY {row.ready}",
        f"IP         {row.ip}",
        f"host       {row.host}",
        f"age        {duration(row.age)}",
    ]
    if row.partition:
        lines.append(f"partition  {row.partition} ({row.assigned_by}, {row.standing})")
    if row.ip != NOTHING:
        lines.append(f"reach it   ssh root@{row.ip}")
    if node.vm is not None:
        lines += ["", "What it published, and what it was given:", *_pairs(node.vm.user_template)]
        lines += ["", "CONTEXT:", *_pairs(node.vm.context)]
    return Notice(f"VM {vm_id} {row.name}", "\n".join(lines))


def _pairs(values: Mapping[str, str] | None) -> list[str]:
    if values is None:
        return ["  not known"]
    return [f"  {key} = {value}" for key, value in details(values).items()] or ["  nothing"]
