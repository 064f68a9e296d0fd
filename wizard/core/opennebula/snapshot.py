"""Snapshot of a service with its roles and VMs, as the cloud answered once; frozen.

A snapshot is made of two answers: OneFlow's service document (read by `document`) and oned's facts about each VM
(`VmFacts`), joined by `with_vms`. It holds the cloud's words as they came; what they mean for partitions is in
`partitions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from wizard.core.opennebula import states

SUPERLINK = "superlink"
SUPERNODE = "supernode"


RESTARTED = "FLOWERNEB_RESTARTED"
"""The attribute of a VM that this program has restarted: the number of its history record then, and by when, in Unix
seconds, it was READY again."""

NO_BOOT_AFTER = frozenset({1, 2, 9, 10})
"""Actions after which a guest goes on where it was: migrate, live-migrate, stop and suspend, by oned's numbers."""


SIMULATED = "FLOWERNEB_SIMULATED"
"""Attribute in the user template of a VM in which no program runs."""


@dataclass(frozen=True)
class Run:
    """A history record of a VM: its number, when the VM began to run (0: not yet), the action that ended it, when it
    ended (0: not yet), and where it was."""

    seq: int
    since: int = 0
    ended_by: int = 0
    until: int = 0
    host: str = ""


@dataclass(frozen=True)
class VmFacts:
    """One VM as oned tells it.

    `stime`, `etime` and `running_since` are Unix seconds, 0 where oned has none. `runs` are the history records that
    oned gave, oldest first: all of them in `one.vm.info`, the last alone in the answers of pools. `user_template` is
    None where only the short form of the VM was asked for, which lacks it; an empty mapping means that it has nothing
    in it.
    """

    id: int
    name: str
    state: int
    lcm_state: int = 0
    stime: int = 0
    etime: int = 0
    running_since: int = 0
    ips: tuple[str, ...] = ()
    host: str = ""
    user_template: Mapping[str, str] | None = None
    context: Mapping[str, str] | None = None
    runs: tuple[Run, ...] = ()

    @property
    def state_name(self) -> str:
        """`onevm`'s word for the state."""
        return states.vm_state_name(self.state, self.lcm_state)

    @property
    def running(self) -> bool:
        """ACTIVE and RUNNING."""
        return self.state == states.VmState.ACTIVE and self.lcm_state == states.LCM_RUNNING

    @property
    def failed(self) -> bool:
        """True if oned has given up on it."""
        return states.vm_failed(self.state, self.lcm_state)

    @property
    def finished(self) -> bool:
        """DONE: the VM is only a record."""
        return self.state == states.VmState.DONE

    @property
    def ready_by(self) -> tuple[int, int] | None:
        """The number of a history record, and a moment in Unix seconds by which the guest that began with it was READY.

        None where nobody has noted that.
        """
        if not self.user_template or RESTARTED not in self.user_template:
            return None
        record, _, seconds = self.user_template[RESTARTED].partition(" ")
        known = all(text.isascii() and text.isdigit() and len(text) < 12 for text in (record, seconds))
        return (int(record), int(seconds)) if known else None

    @property
    def ending(self) -> bool:
        """True if it is DONE, or oned is about to make it so."""
        return self.finished or self.state_name in ("SHUTDOWN", "EPILOG", "CLEANUP_DELETE")

    @property
    def ready(self) -> str | None:
        """The VM's `READY` as it is written (`YES`, `NO`, anything), None where it has not been set."""
        return (self.user_template or {}).get("READY")

    @property
    def is_ready(self) -> bool:
        """True if it says READY=YES *and* runs: the attribute survives a power-off."""
        return self.running and self.ready == "YES"

    @property
    def is_simulated(self) -> bool:
        """True if no program runs in it: nothing is to be connected to at its address."""
        return (self.user_template or {}).get(SIMULATED) == "YES"

    @property
    def role_name(self) -> str:
        """The role that OneFlow made it for, from its user template; empty where that is not known."""
        return (self.user_template or {}).get("ROLE_NAME", "")


@dataclass(frozen=True)
class Node:
    """An entry of a role's `nodes`: a VM id, its name, and what oned says of it (None until it was asked).

    One that is lost has no VM: OneFlow lists it without an id, or with one that is none. Its number is negative.
    """

    vm_id: int
    name: str = ""
    vm: VmFacts | None = None

    @property
    def is_lost(self) -> bool:
        """True if OneFlow lists it without a VM."""
        return self.vm_id < 0


@dataclass(frozen=True)
class LogLine:
    """A line of OneFlow's own log of the service; `timestamp` in Unix seconds, severity `I`, `W`, `E` or `D`."""

    timestamp: int
    severity: str
    message: str


@dataclass(frozen=True)
class Role:
    """A role of a service. `cardinality` is what OneFlow aims at, `nodes` the VMs that it lists, oldest first."""

    name: str
    state: int
    cardinality: int
    min_vms: int | None = None
    max_vms: int | None = None
    cooldown: int | None = None
    parents: tuple[str, ...] = ()
    template_id: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    last_vmname: int = 0

    @property
    def state_name(self) -> str:
        """OneFlow's word for the role's state."""
        return states.role_state_name(self.state)

    @property
    def failed(self) -> bool:
        """True if the role is in one of FAILED_*; the service may still say DEPLOYING."""
        return states.is_failure(self.state_name)

    @property
    def pause(self) -> int:
        """Seconds of COOLDOWN after a scale; OneFlow's own default where the role says nothing."""
        return 300 if self.cooldown is None else self.cooldown

    @cached_property
    def lost(self) -> tuple[int, ...]:
        """The positions in its list where OneFlow names no VM."""
        return tuple(place for place, node in enumerate(self.nodes) if node.is_lost)

    @cached_property
    def ready_count(self) -> int:
        """Number of its VMs that run and say READY=YES."""
        return sum(1 for node in self.nodes if node.vm is not None and node.vm.is_ready)


@dataclass(frozen=True)
class ServiceSnapshot:
    """A service at one moment.

    `taken_at` is the Unix time at which the client asked, `elapsed` the seconds that the answers took. `gone` marks
    a service whose document no longer exists: OneFlow's way to say that a removal is complete. `former` holds the
    VMs that were seen as nodes earlier, or were found among those that ended, and are no longer listed; `untold` is
    how many SuperNodes it once had of which oned tells nothing, although it was asked. `unreadable` says what of the
    document could not be read, a sentence each. `facts_at` is when oned was asked about the VMs, where that was not at
    `taken_at`: what it said then still stands here. `gated`: OneFlow waits for READY (None: it does not say).
    """

    id: int
    name: str
    state: int
    owner: str = ""
    group: str = ""
    start_time: int = 0
    roles: tuple[Role, ...] = ()
    log: tuple[LogLine, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    taken_at: float = 0.0
    elapsed: float = 0.0
    gone: bool = False
    former: tuple[VmFacts, ...] = ()
    untold: int = 0
    unreadable: tuple[str, ...] = ()
    facts_at: float = 0.0
    gated: bool | None = None

    @property
    def state_name(self) -> str:
        """OneFlow's word for the service's state; `GONE` once the document is no more."""
        return "GONE" if self.gone else states.service_state_name(self.state)

    @property
    def is_flower(self) -> bool:
        """True if it has the two roles of a Flower cluster."""
        return self.role(SUPERLINK) is not None and self.role(SUPERNODE) is not None

    @property
    def vm_ids(self) -> tuple[int, ...]:
        """The ids of all listed VMs, role by role, oldest first."""
        return tuple(node.vm_id for role in self.roles for node in role.nodes if not node.is_lost)

    @property
    def facts(self) -> tuple[VmFacts, ...]:
        """The facts of its VMs, listed and former ones."""
        listed = (node.vm for role in self.roles for node in role.nodes)
        return (*(vm for vm in listed if vm is not None), *self.former)

    @property
    def failed(self) -> bool:
        """True if the service, or one of its roles, is in one of FAILED_*."""
        return not self.gone and (states.service_failed(self.state) or any(role.failed for role in self.roles))

    @property
    def running(self) -> bool:
        """RUNNING and not gone. It does not say that the cluster is complete: see `complete`."""
        return not self.gone and self.state == states.ServiceState.RUNNING

    @property
    def complete(self) -> bool:
        """True if it is RUNNING with a SuperLink and as many SuperNodes as asked for."""
        return (
            self.running
            and self.is_flower
            and all(role.nodes and not role.lost and len(role.nodes) >= role.cardinality for role in self.roles)
        )

    @property
    def dead(self) -> bool:
        """True if OneFlow goes on with a cluster whose SuperLink is gone, has failed or does not run."""
        superlink = self.role(SUPERLINK)
        if self.gone or superlink is None or self.state not in states.SETTLED:
            return False
        return not any(node.vm is None or node.vm.running for node in superlink.nodes if not node.is_lost)

    def role(self, name: str) -> Role | None:
        """The role of that name, or None."""
        return next((role for role in self.roles if role.name == name), None)

    def role_value(self, role: str, key: str) -> str | None:
        """The value that the role's VMs got for an input: the role's own wins over the service's."""
        found = self.role(role)
        if found is not None and key in found.values:
            return found.values[key]
        return self.values.get(key)

    def with_vms(self, facts: Iterable[VmFacts]) -> ServiceSnapshot:
        """The same snapshot with each node's VM facts filled in by VM id.

        Facts of VMs that no role lists (finished ones, or nodes that OneFlow dropped) go to `former`.
        """
        by_id = {vm.id: vm for vm in facts}
        listed = set(self.vm_ids)
        roles = tuple(
            replace(
                role,
                # Not `replace`, which takes three times as long: of ten thousand that is a tenth of a refresh.
                nodes=tuple(Node(node.vm_id, node.name, by_id.get(node.vm_id, node.vm)) for node in role.nodes),
            )
            for role in self.roles
        )
        former = tuple(by_id[vm_id] for vm_id in sorted(by_id.keys() - listed))
        return replace(self, roles=roles, former=former)
