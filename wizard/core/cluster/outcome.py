"""Outcome of a deployment: RUNNING, FAILED or GONE, and the VMs that are not READY."""

from __future__ import annotations

from enum import Enum

from wizard.core.opennebula.snapshot import ServiceSnapshot

READY_GRACE = 180.0
"""Seconds that VMs may take to be READY after OneFlow says RUNNING: a text like FL_READY=YES opens its gate early."""


class Outcome(str, Enum):
    """Outcome of a deployment."""

    RUNNING = "RUNNING"
    FAILED = "FAILED"
    GONE = "GONE"


def outcome(snapshot: ServiceSnapshot) -> Outcome | None:
    """Outcome of the deployment, None while it goes on.

    A role that failed ends it too, although the service may say DEPLOYING for ever. RUNNING with a role that lost its
    VMs is a failure.
    """
    if snapshot.gone:
        return Outcome.GONE
    if snapshot.failed:
        return Outcome.FAILED
    if snapshot.running:
        return Outcome.RUNNING if snapshot.complete else Outcome.FAILED
    return None


def outcome_when_ready(snapshot: ServiceSnapshot) -> Outcome | None:
    """The same, and RUNNING only once every VM is READY."""
    found = outcome(snapshot)
    return None if found is Outcome.RUNNING and not_ready(snapshot) else found


def not_ready(snapshot: ServiceSnapshot) -> tuple[int, ...]:
    """The VMs that are listed and not READY."""
    nodes = (node for role in snapshot.roles for node in role.nodes)
    return tuple(node.vm_id for node in nodes if not node.is_lost and (node.vm is None or not node.vm.is_ready))
