"""One VM in a few lines."""

from __future__ import annotations

from tests.core.services import service, vm
from wizard.core.cluster.diagnosis import diagnose
from wizard.core.cluster.partitions import assignments
from wizard.core.views.rows import vm_rows
from wizard.core.views.vm_card import vm_card


def card(snapshot: object, place: int) -> tuple[str, ...]:
    row = vm_rows(snapshot)[place]  # type: ignore[arg-type]
    item = next((item for item in assignments(snapshot) if item.vm_id == row.vm_id), None)  # type: ignore[arg-type]
    return vm_card(row, item, diagnose(snapshot), lambda at: f"@{at}")  # type: ignore[arg-type]


def test_a_stale_one_says_what_it_has_and_what_it_would_get() -> None:
    told = {"FL_NODE_CONFIG": "partition-id=0 num-partitions=4"}
    lines = card(service([vm(2, ips=("10.0.0.2",), host="kvm-2", template=told)]), 1)
    assert lines == (
        "supernode_2_(service_42)",
        "kvm-2  10.0.0.2",
        "made @1002",
        "partition 0 of 4, now 0 of 1",
        "from: reported by its guest",
        "! 1 stale",
    )


def test_one_that_failed_says_so_and_the_superlink_has_no_partition() -> None:
    snapshot = service([vm(2, "BOOT_FAILURE", ready=None)], "DEPLOYING")
    assert "! VM 2 BOOT_FAILURE" in card(snapshot, 1)
    assert not any("partition" in line for line in card(snapshot, 0))
