"""A snapshot as a table for people or as plain data for programs, from the same rows as the dashboard.

Nothing that came from the cloud is ever markup, and no control character of it reaches a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wizard.core.cluster.diagnosis import Action, Finding, diagnose, gravest
from wizard.core.cluster.guest_reports import error, stage
from wizard.core.cluster.partitions import Assignment, assignments, gaps
from wizard.core.cluster.progress import waiting_for
from wizard.core.opennebula.snapshot import Role, ServiceSnapshot, VmFacts
from wizard.core.text import NOTHING, duration, one_line
from wizard.core.views.badges import Tone, badge, service_badge
from wizard.core.views.commands import command_of
from wizard.core.views.glossary import action_name, details
from wizard.core.views.next_step import REMEDIES
from wizard.core.views.rows import LOST, VmRow, role_rows, rough, service_rows, vm_rows

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from wizard.cloud.errors import CloudError

Row = Sequence[str]
_WIDE = 4000
"""Columns of a table that nobody looks at: nothing is cut for a pipe."""
_STYLES = {"YES": "green", "collision": "bold red", "stale": "yellow"}
_SIGNS = {
    Tone.GOOD.sign: "green",
    Tone.MOVING.sign: "yellow",
    Tone.WARNING.sign: "yellow",
    Tone.BAD.sign: "bold red",
    Tone.GONE.sign: "dim",
}
"""Styles of a badge, by its sign."""


def service_data(snapshot: ServiceSnapshot, oned_error: CloudError | None = None) -> dict[str, Any]:
    """A snapshot for `--json`.

    `ready` is READY as the guest wrote it, null where it wrote none or oned could not be asked. Times are Unix
    seconds, `age` seconds. `oned_error` says why the VMs' facts are old or missing.
    """
    assigned = assignments(snapshot)
    found = diagnose(snapshot, assigned)
    by_vm = {item.vm_id: item for item in assigned}
    return {
        "service": {
            "id": snapshot.id,
            "name": snapshot.name,
            "state": snapshot.state_name,
            "owner": snapshot.owner,
            "group": snapshot.group,
            "start_time": snapshot.start_time,
            "taken_at": snapshot.taken_at,
            "complete": snapshot.complete,
            "failed": snapshot.failed,
            "gone": snapshot.gone,
            "waiting_for": waiting_for(snapshot, found),
        },
        "roles": [_role_data(role) for role in snapshot.roles],
        "vms": [
            _vm_data(row, by_vm.get(row.vm_id), role)
            for row, role in zip(vm_rows(snapshot, assigned), _roles_by_row(snapshot), strict=True)
        ],
        "gaps": list(gaps(assigned)),
        "findings": [_finding_data(item) for item in found],
        "log": [{"at": line.timestamp, "severity": line.severity, "message": line.message} for line in snapshot.log],
        "oned_error": oned_error.as_dict() if oned_error else None,
    }


def vm_data(vm: VmFacts) -> dict[str, Any]:
    """A VM for `--json`; times are Unix seconds, null for not yet."""
    return {
        "id": vm.id,
        "name": vm.name,
        "state": vm.state_name,
        "ready": vm.ready,
        "ips": list(vm.ips),
        "host": vm.host,
        "created": vm.stime,
        "ended": vm.etime or None,
        "runs": [
            {
                "record": run.seq,
                "host": run.host,
                "running_since": run.since or None,
                "until": run.until or None,
                "ended_by": action_name(run.ended_by) or None,
            }
            for run in vm.runs
        ],
        "published": details(vm.user_template),
        "context": details(vm.context),
    }


def list_data(services: Iterable[ServiceSnapshot], now: float, oned_error: CloudError | None = None) -> dict[str, Any]:
    """Several services for `--json`, in short; `now` in Unix seconds. `ready` is null where oned does not say."""
    by_id = {item.id: item for item in services}
    return {
        "services": [
            {
                "id": row.id,
                "name": row.name,
                "state": row.state,
                "owner": row.owner,
                "group": by_id[row.id].group,
                "start_time": by_id[row.id].start_time,
                "ready": row.ready,
                "wanted": row.wanted,
                "trouble": row.trouble or None,
                "finding": row.finding or None,
                "roles": [
                    {"name": role.name, "state": role.state_name, "listed": len(role.nodes)}
                    | {"cardinality": role.cardinality}
                    for role in by_id[row.id].roles
                ],
            }
            for row in service_rows(by_id.values(), now)
        ],
        "oned_error": oned_error.as_dict() if oned_error else None,
    }


def service_text(snapshot: ServiceSnapshot, *, terminal: bool) -> str:
    """A snapshot for people: the service, its roles, its VMs, and what it waits for."""
    console = _console(terminal)
    assigned = assignments(snapshot)
    age = duration(snapshot.taken_at - snapshot.start_time) if snapshot.start_time else NOTHING
    with console.capture() as capture:
        state = str(service_badge(snapshot))
        _line(console, f"{snapshot.name}  #{snapshot.id}  {state}  {age}  {snapshot.owner}", "bold")
        _line(console, "")
        head = ("ROLE", "STATE", "READY", "VMS")
        rows = [(row.name, str(row.badge), f"{row.ready}/{row.wanted}", str(row.listed)) for row in role_rows(snapshot)]
        console.print(_table(head, rows))
        if vms := vm_rows(snapshot, assigned):
            _line(console, "")
            console.print(_vm_table(vms, console.width))
        findings = diagnose(snapshot, assigned)
        for said in (waiting_for(snapshot, findings), _gaps_text(assigned), _helps_text(snapshot, findings)):
            if said:
                _line(console, "")
                _line(console, said)
    return _trimmed(capture.get())


def _helps_text(snapshot: ServiceSnapshot, findings: Sequence[Finding]) -> str:
    """Remedy of the gravest finding, with its command; empty if no command is one."""
    worst = gravest(findings)
    if worst is None or worst.action not in (Action.RESTART, Action.RECOVER, Action.REMOVE):
        return ""
    return f"{worst.helps} ({command_of(REMEDIES[worst.action], snapshot)})"


def list_text(services: Iterable[ServiceSnapshot], now: float, *, terminal: bool) -> str:
    """Several services for people, a line each, those in trouble first."""
    console = _console(terminal)
    head = ("ID", "NAME", "STATE", "READY", "AGE", "OWNER", "ISSUE")
    rows = [
        (str(row.id), row.name, str(row.badge), row.count, rough(row.age), row.owner, row.trouble or NOTHING)
        for row in service_rows(services, now)
    ]
    return table_text(head, rows, console)


def table_text(head: Row, rows: Iterable[Row], console: Console, *, wraps: bool = False) -> str:
    """A table without lines, as `onevm list` draws it. `wraps`: the last column goes on below where it is too long."""
    table = _table(head, list(rows))
    if wraps:
        table.columns[-1].no_wrap = False
    with console.capture() as capture:
        console.print(table)
    return _trimmed(capture.get())


def console_of(terminal: bool) -> Console:
    """A console for tables: as wide as the terminal, or without any limit."""
    return _console(terminal)


def _finding_data(item: Finding) -> dict[str, Any]:
    return {
        "name": item.name,
        "severity": item.severity.value,
        "brief": item.brief,
        "cause": item.means,
        "check": item.look,
        "fix": item.helps,
        "action": item.action.value,
        "vms": list(item.vm_ids),
    }


def _role_data(role: Role) -> dict[str, Any]:
    return {
        "name": role.name,
        "state": role.state_name,
        "ready": role.ready_count,
        "listed": len(role.nodes),
        "cardinality": role.cardinality,
        "min_vms": role.min_vms,
        "max_vms": role.max_vms,
        "failed": role.failed,
    }


def _roles_by_row(snapshot: ServiceSnapshot) -> list[tuple[Role, int]]:
    return [(role, index) for role in snapshot.roles for index in range(len(role.nodes))]


def _vm_data(row: VmRow, item: Assignment | None, place: tuple[Role, int]) -> dict[str, Any]:
    vm = place[0].nodes[place[1]].vm
    assigned = item.assigned if item else None
    return {
        "role": row.role,
        "index": row.index,
        "id": row.vm_id if row.vm_id >= 0 else None,
        "name": row.name,
        "ip": vm.ips[0] if vm and vm.ips else None,
        "ips": list(vm.ips) if vm else [],
        "host": (vm.host or None) if vm else None,
        "state": vm.state_name if vm else LOST if row.vm_id < 0 else None,
        "ready": vm.ready if vm else None,
        "age": row.age if row.age >= 0 else None,
        "partition": str(assigned) if assigned else None,
        "partition_id": assigned.id if assigned else None,
        "num_partitions": assigned.count if assigned else None,
        "assigned_by": item.source.value if item else None,
        "standing": item.sync.value if item else None,
        "failed": row.failed,
        "stage": (stage(vm) or None) if vm else None,
        "error": (error(vm) or None) if vm else None,
    }


def _gaps_text(assigned: tuple[Assignment, ...]) -> str:
    missing = gaps(assigned)
    if not missing:
        return ""
    shown = ", ".join(str(number) for number in missing[:20])
    return f"No SuperNode trains on shard {shown}{', …' if len(missing) > 20 else ''}."


def _vm_table(rows: Sequence[VmRow], width: int) -> Table:
    columns: dict[str, list[str]] = {
        "ROLE": [row.role for row in rows],
        "IDX": [str(row.index) for row in rows],
        "VM": [row.number for row in rows],
        "NAME": [row.name for row in rows],
        "IP": [row.ip for row in rows],
        "HOST": [row.host for row in rows],
        "STATE": [str(badge(row.state)) for row in rows],
        "READY": [row.ready for row in rows],
        **({"GUEST": [row.doing or NOTHING for row in rows]} if any(row.doing for row in rows) else {}),
        "AGE": [duration(row.age) for row in rows],
        "PARTITION": [row.partition or NOTHING for row in rows],
        "ASSIGNED BY": [row.assigned_by or NOTHING for row in rows],
        "SYNC": [row.sync or NOTHING for row in rows],
    }
    for spare in ("NAME", "AGE", "HOST", "ASSIGNED BY"):
        if _natural_width(columns) <= width:
            break
        del columns[spare]
    return _table(tuple(columns), list(zip(*columns.values(), strict=True)))


def _natural_width(columns: dict[str, list[str]]) -> int:
    from rich.cells import cell_len

    return sum(max(cell_len(one_line(cell)) for cell in (name, *cells)) + 2 for name, cells in columns.items()) - 2


def _table(head: Row, rows: Sequence[Row]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in head:
        table.add_column(Text(name), no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*(Text(one_line(cell), style=_style(cell)) for cell in row))
    return table


def _style(cell: str) -> str:
    sign, _, word = cell.partition(" ")
    return _SIGNS.get(sign, "") if word else _STYLES.get(cell, "")


def _console(terminal: bool) -> Console:
    from rich.console import Console

    width = None if terminal else _WIDE
    return Console(width=width, markup=False, highlight=False, emoji=False, force_terminal=terminal)


def _line(console: Console, text: str, style: str = "") -> None:
    from rich.text import Text

    console.print(Text(one_line(text), style=style))


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
