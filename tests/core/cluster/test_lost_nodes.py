"""Nodes that OneFlow lists without a VM: they train on nothing, have no number, and hide nothing else."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.core.services import service, vm
from wizard.cloud.past import with_past
from wizard.core.cluster import action_preview
from wizard.core.cluster.coverage import coverage, summary
from wizard.core.cluster.outcome import Outcome, outcome
from wizard.core.cluster.partitions import assignments, gaps
from wizard.core.opennebula.snapshot import SUPERLINK, ServiceSnapshot
from wizard.core.views.rows import board, service_rows
from wizard.operations.watch import changes


def reporting(number: int, config: str) -> object:
    return vm(number, template={"FL_NODE_CONFIG": config})


def lost_one(**more: object) -> ServiceSnapshot:
    """Three SuperNodes that say what they train on, the second of which has no VM."""
    first, last = (reporting(2, "partition-id=0 num-partitions=3"), reporting(4, "partition-id=2 num-partitions=3"))
    return service([first, -1, last], supernode_role={"min_vms": 1, "max_vms": 9}, **more)  # type: ignore[list-item, arg-type]


def test_what_a_lost_node_would_train_on_is_missing() -> None:
    found = lost_one()
    assert gaps(assignments(found)) == (1,)
    assert not coverage(found).unknown
    assert "VM -" not in summary(coverage(found))


def test_a_cluster_with_a_lost_node_is_not_complete() -> None:
    assert service([vm(2), vm(3)]).complete
    assert not lost_one().complete
    assert outcome(lost_one()) is Outcome.FAILED


def test_home_counts_the_ready_ones_and_names_the_trouble() -> None:
    (row,) = service_rows([lost_one()], 0.0)
    assert (row.count, row.trouble) == ("2/3", "1 LOST")
    (row,) = service_rows([lost_one(superlink=[-2])], 0.0)
    assert (row.trouble, row.grave) == ("no SuperLink", True)


def test_no_number_of_a_lost_node_is_shown() -> None:
    before = replace(lost_one(), roles=(lost_one().roles[0], service([vm(2), vm(3), vm(4)]).roles[1]))
    after = lost_one()
    events = [event.message for event in changes(before, after)]
    assert "supernode VM 3 is no longer listed" in events
    assert "supernode: no VM is listed at position 1 (LOST)" in events
    assert list(changes(after, after)) == []
    said = [*events, *(finding.means for finding in board(after, "here").findings), board(after, "here").waiting]
    previews = [action_preview.scale(after, wanted) for wanted in (1, 2, 5)]
    previews += [action_preview.scale(lost_one(superlink=[-2, vm(1, role=SUPERLINK)]), 1, SUPERLINK)]
    said += [sentence for preview in previews for sentence in (*preview.says, preview.refused)]
    stale = service([vm(2), -1, reporting(4, "partition-id=0 num-partitions=2")])  # type: ignore[list-item]
    restart = action_preview.restart_stale(stale)
    said += [*restart.says, restart.refused]
    assert not [sentence for sentence in said if re.search(r"-\d", sentence)]
    assert all(number > 0 for preview in (*previews, restart) for number in preview.touches)


def test_new_ones_and_lost_ones_are_told_apart_beforehand() -> None:
    after = action_preview.scale(lost_one(), 4).after
    assert after is not None
    assert not after.unknown
    assert [number for span in after.spans for number in span.vm_ids if number > 0]


def test_where_every_node_is_lost_no_past_is_looked_for() -> None:
    nothing = service([-1], superlink=[-2], supernode_role={"last_vmname": 5})
    assert with_past(nothing, None, lambda _: ()).roles == nothing.roles  # type: ignore[arg-type, return-value]
