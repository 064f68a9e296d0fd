"""A snapshot as an operator reads it: a row a VM, a row a role. The dashboard and `status` draw the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wizard.core.cluster.coverage import Coverage, coverage
from wizard.core.cluster.diagnosis import Finding, diagnose
from wizard.core.cluster.guest_reports import doing, says_no
from wizard.core.cluster.partitions import Assignment, Source, assignments
from wizard.core.cluster.progress import Phase, phases, waiting_for
from wizard.core.cluster.underway import Underway
from wizard.core.flower.superlink import Card, card
from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE, Node, Role, ServiceSnapshot
from wizard.core.text import NOTHING, UNKNOWN, UNSET, one_line
from wizard.core.views.badges import Badge, Tone, badge, service_badge
from wizard.core.views.next_step import NextStep, next_step, refusals

LOST = "LOST"
"""State of a node that OneFlow lists without a VM."""


@dataclass(frozen=True)
class VmRow:
    """One VM: every cell as text, in the order of the columns.

    `age` is in seconds, -1 where it is not known; `since` is when it was made, in Unix seconds, 0 where unknown.
    """

    role: str
    index: int
    vm_id: int
    """Negative where the node is lost: then there is no VM."""
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
    doing: str = ""
    """What its guest does until it is READY, or why it can't."""

    @property
    def number(self) -> str:
        """The VM's id as text; a dash where there is no VM."""
        return str(self.vm_id) if self.vm_id >= 0 else NOTHING


@dataclass(frozen=True)
class RoleRow:
    """One role: its state and how many of the VMs that OneFlow aims at are READY."""

    name: str
    state: str
    ready: int
    listed: int
    wanted: int
    failed: bool

    @property
    def badge(self) -> Badge:
        """Badge of its state; bad where it has failed, or is dead, whatever OneFlow calls it."""
        return Badge(self.state, Tone.BAD) if self.failed else badge(self.state)


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
        RoleRow(
            one_line(role.name),
            role.state_name,
            role.ready_count,
            len(role.nodes),
            role.cardinality,
            role.failed or (role.name == SUPERLINK and snapshot.dead),
        )
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
        state=vm.state_name if vm else LOST if node.is_lost else UNKNOWN,
        ready=_ready(node),
        age=int(now - vm.stime) if vm and vm.stime and now else -1,
        since=vm.stime if vm else 0,
        partition=_partition(item),
        assigned_by=item.source.value if item else "",
        sync=item.sync.value if item else "",
        failed=node.is_lost or (vm is not None and vm.failed),
        doing=doing(vm) if vm else "",
    )


def _ready(node: Node) -> str:
    if node.vm is None or node.vm.user_template is None:
        return UNKNOWN
    return one_line(node.vm.ready or ("NO" if says_no(node.vm) else UNSET))


def _partition(item: Assignment | None) -> str:
    if item is None:
        return ""
    if item.assigned is not None:
        return str(item.assigned)
    return UNKNOWN if item.source is Source.UNKNOWN else "none"


_NO_BADGE = Badge("", Tone.UNKNOWN)


@dataclass(frozen=True)
class ServiceRow:
    """One service. `ready` SuperNodes of `wanted`, None where oned does not report all of them; `age` in seconds, -1
    where it is not known; `trouble` is in a few words what is gravest, `finding` its name in the diagnosis; `grave`: it
    does not pass by itself; `badge` draws the state."""

    id: int
    name: str
    state: str
    ready: int | None
    wanted: int
    age: float
    owner: str
    trouble: str = ""
    grave: bool = False
    finding: str = ""
    badge: Badge = _NO_BADGE

    @property
    def count(self) -> str:
        """READY of wanted, as text."""
        return f"{'?' if self.ready is None else self.ready}/{self.wanted}"


def service_rows(
    services: Iterable[ServiceSnapshot], now: float, underway: Mapping[int, Underway] | None = None
) -> tuple[ServiceRow, ...]:
    """A row for each Flower service, those in grave trouble first, then by id. `now` in Unix seconds.

    `underway` is what this program does to some of them just now, by their ids: what that causes is no trouble.
    """
    doing = underway or {}
    rows = [_row(service, now, doing.get(service.id)) for service in services if service.is_flower]
    return tuple(sorted(rows, key=lambda row: (not row.grave, row.id)))


def rough(seconds: float) -> str:
    """An age in one unit: `<1 min`, `12 min`, `3 h`, `5 d`; a dash where it is not known."""
    if seconds < 0:
        return "-"
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return "<1 min"


def _row(service: ServiceSnapshot, now: float, underway: Underway | None) -> ServiceRow:
    # Home draws its first picture without a service, and the rules are many.
    from wizard.core.cluster.diagnosis import Severity, diagnose, gravest
    from wizard.core.opennebula.snapshot import SUPERNODE

    role = service.role(SUPERNODE)
    nodes = [node for node in role.nodes if not node.is_lost] if role else []
    reported = all(node.vm is not None and node.vm.user_template is not None for node in nodes)
    found = gravest(diagnose(service, underway=underway))
    return ServiceRow(
        service.id,
        service.name,
        service.state_name,
        role.ready_count if role and reported else None,
        role.cardinality if role else 0,
        now - service.start_time if service.start_time else -1,
        service.owner,
        one_line(found.brief) if found else "",
        found is not None and found.severity is Severity.ERROR,
        found.name if found else "",
        service_badge(service),
    )


def searched(row: ServiceRow) -> str:
    """The text that a filter is held against."""
    return f"{row.id} {row.name} {row.state} {row.owner} {row.trouble}"


@dataclass(frozen=True)
class Board:
    """A snapshot as it is drawn. A service that is gone has neither roles nor rows.

    `assignments` are worked out once, and all the rest is made from them.
    `shards` is None while no SuperNode runs, `card` while no SuperLink is READY. `refused` says why an action does not
    apply now, by its name, `next` what to do.
    """

    phases: tuple[Phase, ...]
    roles: tuple[RoleRow, ...]
    rows: tuple[VmRow, ...]
    shards: Coverage | None
    findings: tuple[Finding, ...]
    waiting: str
    card: Card | None
    refused: Mapping[str, str]
    next: NextStep
    assignments: tuple[Assignment, ...] = ()


def board(
    snapshot: ServiceSnapshot,
    reached: str,
    underway: Underway | None = None,
    *,
    interrupted: bool = False,
    read_only: str = "",
) -> Board:
    """Board of a snapshot; `reached` is how this machine is reached from outside, for the connection steps.

    `underway` is what this program does to the service just now; `interrupted`: an earlier session has not ended its
    restarts; `read_only`: why nothing may be changed.
    """
    if snapshot.gone:
        waiting = waiting_for(snapshot)
        refused = refusals(snapshot, (), None)
        step = next_step(snapshot, (), waiting, refused)
        return Board(phases(snapshot), (), (), None, (), waiting, None, refused, step)
    assigned = assignments(snapshot)
    findings = diagnose(snapshot, assigned, underway)
    role = snapshot.role(SUPERNODE)
    trains = role is not None and any(node.vm is not None and node.vm.running for node in role.nodes)
    waiting, connection = waiting_for(snapshot, findings), card(snapshot, reached)
    refused = refusals(snapshot, assigned, connection, underway, interrupted=interrupted, read_only=read_only)
    return Board(
        phases(snapshot),
        role_rows(snapshot),
        vm_rows(snapshot, assigned),
        coverage(snapshot, assigned) if trains else None,
        findings,
        waiting,
        connection,
        refused,
        next_step(snapshot, findings, waiting, refused, underway),
        assigned,
    )
