"""SuperNodes that train on nothing that was given to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wizard.core.diagnosis.finding import Action, Finding, Severity
from wizard.core.opennebula.snapshot import SUPERNODE, ServiceSnapshot
from wizard.core.partitions import Assignment, Source, Standing
from wizard.core.text import have, vms


def without_partition(assigned: Iterable[Assignment], _snapshot: ServiceSnapshot) -> Iterator[Finding]:
    """A SuperNode started before OneFlow had written the list, or did not find itself in it.

    Not where the operator gave a node config that names no partition: that is a choice.
    """
    found = [item.vm_id for item in assigned if item.standing is Standing.NONE and item.source is not Source.EXPLICIT]
    if found:
        yield Finding(
            "supernode-no-partition",
            Severity.WARNING,
            f"{vms(found)} of {SUPERNODE}",
            f"{vms(found)} of {SUPERNODE} {have(found)} no partition: the guest asked before OneFlow had listed it. "
            "Its client application must divide the data itself, or fails.",
            "What the guest was started with: `docker inspect` of its SuperNode, --node-config.",
            "Restart it: it then finds itself in the list.",
            Action.RESTART,
            tuple(found),
        )
