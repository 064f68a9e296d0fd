"""How an action ends: told from the snapshots that follow it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.states import ServiceState

_ON_THE_WAY = (ServiceState.SCALING, ServiceState.COOLDOWN)
_GOING = (ServiceState.UNDEPLOYING, ServiceState.UNDEPLOYING_NETS)


class Ending(str, Enum):
    """How it ended."""

    DONE = "done"
    FAILED = "failed"
    GONE = "gone"


Judge = Callable[[ServiceSnapshot], "Ending | None"]
"""Looks at a snapshot; None while the action goes on."""


def of_scale(role_name: str, wanted: int) -> Judge:
    """A scale is done when the COOLDOWN is over and the role has as many VMs as were asked for, all READY."""

    def judge(snapshot: ServiceSnapshot) -> Ending | None:
        if snapshot.gone:
            return Ending.GONE
        if snapshot.failed:
            return Ending.FAILED
        role = snapshot.role(role_name)
        if role is None or snapshot.state in _ON_THE_WAY:
            return None
        there = len(role.nodes) == role.cardinality == wanted and role.ready_count == wanted
        return Ending.DONE if snapshot.state == ServiceState.RUNNING and there else None

    return judge


def of_recover(before: ServiceSnapshot) -> Judge:
    """A recover is done when the service runs with all of its VMs, or, where it was being removed, when it is gone."""
    removing = before.state in (*_GOING, ServiceState.FAILED_UNDEPLOYING, ServiceState.FAILED_UNDEPLOYING_NETS)
    left = False

    def judge(snapshot: ServiceSnapshot) -> Ending | None:
        nonlocal left
        if snapshot.gone:
            return Ending.DONE if removing else Ending.GONE
        # It says FAILED_* until OneFlow has looked again.
        left = left or snapshot.state != before.state
        if snapshot.failed:
            return Ending.FAILED if left else None
        return Ending.DONE if snapshot.running and snapshot.complete else None

    return judge


def of_removal(snapshot: ServiceSnapshot) -> Ending | None:
    """A removal is done when the document is gone."""
    if snapshot.gone:
        return Ending.DONE
    return Ending.FAILED if snapshot.failed and "UNDEPLOYING" in snapshot.state_name else None
