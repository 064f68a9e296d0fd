"""A snapshot as an operator reads it: a row a VM, a row a role. The dashboard and `status` draw the same rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wizard.core.cluster.partitions import Assignment, Source, assignments
from wizard.core.opennebula.snapshot import Node, Role, ServiceSnapshot
from wizard.core.text import NOTHING, UNKNOWN, UNSET, one_line


@dataclass(frozen=True)
class VmRow:
    """One VM: every cell as text, in the order of the columns.

    `age` is in seconds, -1 where it is not known; `since` is when it was made, in Unix seconds, 0 where unknown.
    """

    role: str
    index: int
    vm_id: int
    name: str
    ip: str
    host: str
    state: str
    ready: str
    age: int
    since: int
    partition: str
    assigned_by: str
    sync: str
    failed: bool


@dataclass(frozen=True)
class RoleRow:
    """One role: its state and how many of the VMs that OneFlow aims at are READY."""

    name: str
    state: str
    ready: int
    listed: int
    wanted: int
    failed: bool


def vm_rows(snapshot: ServiceSnapshot, found: Iterable[Assignment] | None = None) -> tuple[VmRow, ...]:
    """A row for each VM that the service lists, role by role, in the order of OneFlow's list.

    `found` are its assignments, where they are known already.
    """
    by_vm = {item.vm_id: item for item in (assignments(snapshot) if found is None else found)}
    return tuple(
        _vm_row(role, index, node, by_vm.get(node.vm_id), snapshot.taken_at)
        for role in snapshot.roles
        for index, node in enumerate(role.nodes)
    )


def role_rows(snapshot: ServiceSnapshot) -> tuple[RoleRow, ...]:
    """A row for each role."""
    return tuple(
        RoleRow(one_line(role.name), role.state_name, role.ready_count, len(role.nodes), role.cardinality, role.failed)
        for role in snapshot.roles
    )


def _vm_row(role: Role, index: int, node: Node, item: Assignment | None, now: float) -> VmRow:
    vm = node.vm
    return VmRow(
        role=one_line(role.name),
        index=index,
        vm_id=node.vm_id,
        name=one_line((vm.name if vm else "") or node.name),
        ip=one_line(vm.ips[0] if vm and vm.ips else NOTHING),
        host=one_line((vm.host if vm else "") or NOTHING),
        state=vm.state_name if vm else UNKNOWN,
        ready=_ready(node),
        age=int(now - vm.stime) if vm and vm.stime and now else -1,
        since=vm.stime if vm else 0,
        partition=_partition(item),
        assigned_by=item.source.value if item else "",
        sync=item.sync.value if item else "",
        failed=vm is not None and vm.failed,
    )


def _ready(node: Node) -> str:
    if node.vm is None or node.vm.user_template is None:
        return UNKNOWN
    return one_line(node.vm.ready or UNSET)


def _partition(item: Assignment | None) -> str:
    if item is None:
        return ""
    if item.assigned is not None:
        return str(item.assigned)
    return UNKNOWN if item.source is Source.UNKNOWN else "none"
