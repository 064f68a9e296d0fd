"""A cluster scaled 2 → 4 → 3 → 5: table, strip and dialogs tell what its guests were told, to whoever watched and to
whoever attaches afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.cluster import action_preview
from wizard.core.cluster.coverage import Coverage, coverage, strip
from wizard.core.cluster.partitions import Source, Sync, assignments
from wizard.core.flower.node_config import partition_of
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.plan import Plan
from wizard.operations import service_actions
from wizard.operations.restart import Ended, Restarts
from wizard.operations.watch import Watch
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox

PARTS = 60
"""Pieces of the data that are counted: every cut into 2, 3, 4 and 5 falls between two of them."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(latency=0, clock=ManualClock(1_795_428_900)) as running:
        yield running


def client(sandbox: Sandbox) -> Cloud:
    return Cloud(find_login(sandbox.environment(), Path("/nonexistent")), timeout=2.0, clock=sandbox.clock.now)


def told(sandbox: Sandbox, snapshot: ServiceSnapshot) -> dict[int, str]:
    """What each listed guest was told at its boot."""
    role = snapshot.role("supernode")
    assert role is not None
    guests = {node.vm_id: sandbox.world.vms[node.vm_id].guest for node in role.nodes}
    return {vm_id: guest.node_config for vm_id, guest in guests.items() if guest is not None}


def counted(configs: dict[int, str]) -> list[tuple[int, ...]]:
    """Who trains on each piece of the data, counted piece by piece."""
    found = []
    for piece in range(PARTS):
        middle = Fraction(2 * piece + 1, 2 * PARTS)
        shards = {vm_id: partition_of(text) for vm_id, text in configs.items()}
        found.append(
            tuple(
                vm_id
                for vm_id, shard in sorted(shards.items())
                if shard and shard.count and shard.id <= middle * shard.count < shard.id + 1
            )
        )
    return found


def drawn(shards: Coverage) -> list[tuple[int, ...]]:
    """The same, read from the spans of the strip."""
    middles = [Fraction(2 * piece + 1, 2 * PARTS) for piece in range(PARTS)]
    return [next(tuple(sorted(span.vm_ids)) for span in shards.spans if span.start <= at < span.end) for at in middles]


def agrees(sandbox: Sandbox, snapshot: ServiceSnapshot) -> None:
    """Table and strip say what the guests were told."""
    guests = told(sandbox, snapshot)
    rows = assignments(snapshot)
    assert {row.vm_id: row.node_config for row in rows} == guests
    assert {row.source for row in rows} == {Source.INFERRED}
    names = [partition_of(text) for text in guests.values()]
    for row in rows:
        twice = sum(1 for name in names if name and row.assigned and name.id == row.assigned.id) > 1
        assert (row.sync is Sync.COLLISION) == twice
        assert twice or (row.sync is Sync.IN_SYNC) == (row.assigned == row.expected)
    who = counted(guests)
    assert drawn(coverage(snapshot)) == who
    signs = "".join(str(len(ids)) if len(ids) > 1 else "=" if ids else "." for ids in who)
    assert strip(coverage(snapshot), PARTS) == signs


def scaled(sandbox: Sandbox, cloud: Cloud, watch: Watch, wanted: int) -> ServiceSnapshot:
    """Scale as the dialog says, follow it second by second, and hold the dialog against what came."""
    before = watch.poll().snapshot
    assert before is not None
    said = action_preview.scale(before, wanted)
    assert not said.refused
    assert said.after is not None
    ids = set(before.vm_ids)
    service_actions.scale(cloud, before, "supernode", wanted, lambda _: None)
    sandbox.clock.advance(2)
    while not (after := watch.poll().snapshot) or not after.running:
        assert action_preview.scale(after or before, wanted + 1).refused
        sandbox.clock.advance(10)
    guests = told(sandbox, after)
    assert ids - set(after.vm_ids) == set(said.touches)
    assert [partition_of(guests[vm_id]) for vm_id in sorted(set(after.vm_ids) - ids)] == list(said.made)
    assert [len(ids) for ids in drawn(said.after)] == [len(ids) for ids in counted(guests)]
    off = {row.vm_id for row in assignments(after) if row.assigned != row.expected}
    assert off & ids == set(said.stale)
    return after


def test_what_is_shown_is_what_the_guests_were_told(sandbox: Sandbox) -> None:
    plan = Plan().with_text("supernode.cardinality", "2")
    with closing(client(sandbox)) as cloud:
        service = deploy_plan(plan, cloud)
        watch = Watch(cloud, service.id)
        for _ in range(60):
            watch.poll()
            sandbox.clock.advance(2)
        for wanted in (4, 3, 5):
            agrees(sandbox, scaled(sandbox, cloud, watch, wanted))
            with closing(client(sandbox)) as newcomer:
                agrees(sandbox, newcomer.services.poll(service.id).snapshot)

        before = cloud.services.poll(service.id).snapshot
        wanted = action_preview.restart_stale(before).touches
        assert wanted
        restarts = Restarts(cloud, lambda _: None, sleep=sandbox.clock.advance, clock=sandbox.clock.now)
        assert restarts.run(wanted).ended is Ended.DONE
        sandbox.clock.advance(30)
        for found in (watch.poll().snapshot, cloud.services.poll(service.id).snapshot):
            assert found is not None
            agrees(sandbox, found)
            assert {row.sync for row in assignments(found)} == {Sync.IN_SYNC}
            assert coverage(found).whole


def test_months_later_the_past_costs_its_requests_once(sandbox: Sandbox) -> None:
    with closing(client(sandbox)) as cloud:
        service = deploy_plan(Plan().with_text("supernode.cardinality", "4"), cloud)
        watch = Watch(cloud, service.id)
        sandbox.clock.advance(120)
        scaled(sandbox, cloud, watch, 2)
        role = service.role("supernode")
        restarted = watch.poll().snapshot
        assert role is not None
        assert restarted is not None
        Restarts(cloud, lambda _: None, sleep=sandbox.clock.advance, clock=sandbox.clock.now).run(
            action_preview.restart_stale(restarted).touches[:1]
        )
        sandbox.clock.advance(90 * 86400)
    with closing(client(sandbox)) as newcomer:
        attached = Watch(newcomer, service.id)
        begun = len(sandbox.requests)
        found = attached.poll().snapshot
        assert found is not None
        agrees(sandbox, found)
        asked = [item.call for item in sandbox.requests[begun:] if item.server == "oned"]
        assert asked.count("one.vmpool.info") >= 1
        assert asked.count("one.vm.info") == 1
        begun = len(sandbox.requests)
        attached.poll()
        assert [item.call for item in sandbox.requests[begun:] if item.server == "oned"] == ["one.vmpool.infoset"]
