"""What the words on the dashboard mean, by the values that it draws them from."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.core.cluster.partitions import Source, Sync
from wizard.core.cluster.progress import Mark
from wizard.core.opennebula.states import ServiceState
from wizard.core.text import NOTHING, UNKNOWN, UNSET

STANDINGS: Mapping[Sync, str] = {
    Sync.IN_SYNC: "it trains on the shard of its present position: all is well",
    Sync.STALE: "its position or the number of SuperNodes changed since it booted; it keeps the shard it got then. "
    "A reboot of the VM gives it the new one",
    Sync.COLLISION: "another SuperNode trains on the same shard: its data counts twice, other data not at all",
    Sync.NONE: "Flower runs without a partition-id: the client application must cut the data by itself",
    Sync.PENDING: "the guest has not asked yet; what stands there is what it will get",
    Sync.UNKNOWN: "it can't be known from here: oned does not show the VM, or some of its history is missing",
}

SOURCES: Mapping[Source, str] = {
    Source.REPORTED: "the guest published it itself",
    Source.EXPLICIT: "the operator gave a node config, the same to every SuperNode",
    Source.INFERRED: "worked out from when the role's VMs were made and ended",
    Source.EXPECTED: "what the guest will get when it boots",
    Source.NONE: "READY, and it published none",
    Source.UNKNOWN: "nobody told, and it can't be worked out",
}

READY: Mapping[str, str] = {
    "YES": "the guest's health check passed and it told OneGate",
    UNSET: "the guest has told nothing yet",
    UNKNOWN: "not known: oned did not answer, or may not show this VM",
}

CELLS: Mapping[str, str] = {
    NOTHING: "there is none, or none is known yet",
    UNKNOWN: "not known",
}

PHASES: Mapping[Mark, str] = {
    Mark.DONE: "reached",
    Mark.ACTIVE: "going on now",
    Mark.TODO: "not begun",
    Mark.FAILED: "OneFlow gave up here, or a VM that it waits for did",
}

SERVICE_STATES: Mapping[ServiceState, str] = {
    ServiceState.PENDING: "made; OneFlow has not begun",
    ServiceState.DEPLOYING: "VMs are being made, the SuperLink first. It waits without a time-out",
    ServiceState.RUNNING: "every role is up and READY; only now it can be scaled",
    ServiceState.UNDEPLOYING: "it is being removed; nothing more may be sent",
    ServiceState.WARNING: "a VM failed or left; fix or remove that VM, OneFlow takes no `recover` here",
    ServiceState.DONE: "removed",
    ServiceState.FAILED_UNDEPLOYING: "a VM would not go; `recover`, or `recover` with `delete`",
    ServiceState.FAILED_DEPLOYING: "a VM could not be made; `recover` tries again",
    ServiceState.SCALING: "VMs are being added or taken away",
    ServiceState.FAILED_SCALING: "a VM could not be added or taken away; `recover` tries again",
    ServiceState.COOLDOWN: "after a scale: the next one, and a delete, are refused until it is over",
    ServiceState.DEPLOYING_NETS: "networks of the service are being made",
    ServiceState.UNDEPLOYING_NETS: "networks of the service are being removed; nothing more may be sent",
    ServiceState.FAILED_DEPLOYING_NETS: "a network could not be made; `recover` tries again",
    ServiceState.FAILED_UNDEPLOYING_NETS: "a network would not go; `recover`, or `recover` with `delete`",
    ServiceState.HOLD: "made on hold: OneFlow begins when it is released",
}
