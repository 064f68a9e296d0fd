"""Restarting stale SuperNodes one after another: each computes its place anew, and nothing is sent twice."""

from __future__ import annotations

import pytest

from tests.operations.conftest import Running
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import NotAuthorized
from wizard.core.cluster import action_preview
from wizard.core.cluster.partitions import Sync, assignments
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.operations import service_actions
from wizard.operations.restart import Ended, Restarts
from wizard.sandbox.server import Sandbox
from wizard.storage.process_files import Begun


def stale(sandbox: Sandbox, cloud: Cloud, running: Running) -> ServiceSnapshot:
    """2 scaled to 4: the first two still say `of 2`."""
    before = running(2)
    service_actions.scale(cloud, before, "supernode", 4, lambda _: None)
    sandbox.clock.advance(300)
    return cloud.services.poll(before.id).snapshot


def restarts(sandbox: Sandbox, cloud: Cloud, **options: object) -> Restarts:
    return Restarts(cloud, lambda _: None, sleep=sandbox.clock.advance, clock=sandbox.clock.now, **options)  # type: ignore[arg-type]


def vm_actions(sandbox: Sandbox) -> list[str]:
    return [item.call for item in sandbox.requests if item.call == "one.vm.action"]


def test_in_the_end_everything_is_in_step(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = stale(sandbox, cloud, running)
    wanted = action_preview.restart_stale(before).touches
    assert len(wanted) == 2
    told: list[str] = []
    found = Restarts(cloud, told.append, sleep=sandbox.clock.advance, clock=sandbox.clock.now).run(wanted)
    assert (found.ended, found.done) == (Ended.DONE, wanted)
    sandbox.clock.advance(60)
    after = cloud.services.poll(before.id).snapshot
    assert {item.sync for item in assignments(after)} == {Sync.IN_SYNC}
    role = after.role("supernode")
    assert role is not None
    guests = [sandbox.world.vms[node.vm_id].guest.node_config for node in role.nodes]
    assert guests == [f"partition-id={place} num-partitions=4" for place in range(4)]
    assert len(vm_actions(sandbox)) == 4
    assert told[0] == f"restarting VM {wanted[0]} (1 of 2)"


def test_never_two_at_a_time(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = stale(sandbox, cloud, running)
    wanted = action_preview.restart_stale(before).touches
    most = 0

    def sleep(seconds: float) -> None:
        nonlocal most
        sandbox.clock.advance(seconds)
        most = max(most, sum(not cloud.vms.get(vm_id).is_ready for vm_id in wanted))

    Restarts(cloud, lambda _: None, sleep=sleep, clock=sandbox.clock.now).run(wanted)
    assert most == 1


def test_it_stops_between_two(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = stale(sandbox, cloud, running)
    wanted = action_preview.restart_stale(before).touches
    ended: list[int] = []
    found = restarts(sandbox, cloud, stop=lambda: bool(ended), ended=ended.append).run(wanted)
    assert (found.ended, found.done, found.left) == (Ended.STOPPED, wanted[:1], wanted[1:])
    assert cloud.vms.get(wanted[0]).is_ready
    assert cloud.vms.get(wanted[1]).is_ready


@pytest.mark.parametrize("looks", range(0, 40, 3))
def test_it_goes_on_after_a_kill_at_any_moment(sandbox: Sandbox, cloud: Cloud, running: Running, looks: int) -> None:
    before = stale(sandbox, cloud, running)
    wanted = action_preview.restart_stale(before).touches
    kept: list[Begun] = []

    class Killed(Exception):
        pass

    left = looks

    def sleep(seconds: float) -> None:
        nonlocal left
        sandbox.clock.advance(seconds)
        left -= 1
        if left < 0:
            raise Killed

    try:
        Restarts(cloud, lambda _: None, sleep=sleep, clock=sandbox.clock.now, begun=kept.append).run(wanted)
    except Killed:
        sandbox.clock.advance(looks % 5)
        earlier = kept[-1]
        rest = wanted[wanted.index(earlier.vm_id) :]
        found = restarts(sandbox, cloud, earlier=earlier).run(rest)
        assert found.ended is Ended.DONE
    sandbox.clock.advance(60)
    assert {item.sync for item in assignments(cloud.services.poll(before.id).snapshot)} == {Sync.IN_SYNC}
    assert len(vm_actions(sandbox)) == 4


@pytest.mark.parametrize("kind", ["cut", "close", "silent"])
def test_lost_answers_restart_nothing_twice(sandbox: Sandbox, cloud: Cloud, running: Running, kind: str) -> None:
    before = stale(sandbox, cloud, running)
    wanted = action_preview.restart_stale(before).touches[:1]
    sandbox.faults.plan("oned", kind, match="one.vm.action", seconds=2.5)  # type: ignore[arg-type]
    found = restarts(sandbox, cloud).run(wanted)
    assert found.ended is Ended.DONE
    runs = cloud.vms.get(wanted[0]).runs
    assert runs[-1].seq == 1


def test_a_vm_that_does_not_come_back(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = stale(sandbox, cloud, running)
    wanted = action_preview.restart_stale(before).touches
    cloud.vms.act(wanted[0], "terminate-hard")
    sandbox.clock.advance(30)
    found = restarts(sandbox, cloud).run(wanted)
    assert (found.ended, found.at, found.left) == (Ended.FAILED, wanted[0], wanted[1:])
    assert "DONE" in found.why


def test_oned_that_dies_in_the_middle(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = stale(sandbox, cloud, running)
    wanted = action_preview.restart_stale(before).touches
    sandbox.faults.plan("oned", "close", times=-1)
    found = restarts(sandbox, cloud, patience=20.0).run(wanted)
    assert (found.ended, found.at) == (Ended.TIMED_OUT, wanted[0])


def test_what_oned_refuses_is_told_with_the_vm(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = stale(sandbox, cloud, running)
    wanted = action_preview.restart_stale(before).touches

    def refuse(vm_id: int, _: str) -> None:
        raise NotAuthorized("not permitted", f"VM {vm_id}")

    cloud.vms.act = refuse  # type: ignore[method-assign]
    with pytest.raises(NotAuthorized) as caught:
        restarts(sandbox, cloud).run(wanted)
    assert f"VM {wanted[0]} was being restarted" in caught.value.hint
