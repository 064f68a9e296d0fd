"""Services as snapshots, said shortly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wizard.core.opennebula.snapshot import SUPERLINK, SUPERNODE, LogLine, Node, Role, ServiceSnapshot, VmFacts
from wizard.core.opennebula.states import LCM_STATES, RoleState, ServiceState, VmState

NOW = 10_000


def vm(vm_id: int, state: str = "RUNNING", *, ready: str | None = "YES", role: str = SUPERNODE, **more: Any) -> VmFacts:
    """A VM made at 1000 + its id; `state` is the word that `onevm` shows, `template` adds to its user template."""
    main, lcm = (VmState[state], 0) if state in VmState.__members__ else (VmState.ACTIVE, LCM_STATES.index(state))
    template = {"ROLE_NAME": role, **({"READY": ready} if ready else {}), **more.pop("template", {})}
    made = more.pop("stime", 1000 + vm_id)
    started = more.pop("running_since", made + 5 if main is VmState.ACTIVE else 0)
    facts = {"user_template": template, "stime": made, "running_since": started, **more}
    return VmFacts(vm_id, f"{role}_{vm_id}_(service_42)", int(main), lcm, **facts)


def node(facts: VmFacts) -> Node:
    """The entry of a role that lists the VM."""
    return Node(facts.id, facts.name, facts)


def role(name: str, vms: Sequence[VmFacts | int], state: str = "RUNNING", **more: Any) -> Role:
    """A role that lists these VMs; a bare number is one that oned was not asked about."""
    nodes = tuple(Node(item, f"{name}_{item}") if isinstance(item, int) else node(item) for item in vms)
    more = {"cardinality": len(nodes), "last_vmname": len(nodes), **more}
    return Role(name, int(RoleState[state]), nodes=nodes, **more)


def service(
    supernodes: Sequence[VmFacts | int] = (),
    state: str = "RUNNING",
    *,
    superlink: Sequence[VmFacts | int] | None = None,
    superlink_role: Mapping[str, Any] | None = None,
    supernode_role: Mapping[str, Any] | None = None,
    log: Sequence[str] = (),
    **more: Any,
) -> ServiceSnapshot:
    """A service with both roles, taken at NOW; the SuperLink is VM 1 and READY unless said otherwise.

    `log` holds errors of OneFlow's log.
    """
    links = [vm(1, role=SUPERLINK)] if superlink is None else superlink
    return ServiceSnapshot(
        42,
        more.pop("name", "flower"),
        int(ServiceState[state]),
        roles=(
            role(SUPERLINK, links, **(superlink_role or {})),
            role(SUPERNODE, supernodes, **(supernode_role or {})),
        ),
        log=tuple(LogLine(NOW, "E", line) for line in log),
        taken_at=more.pop("taken_at", float(NOW)),
        **more,
    )
