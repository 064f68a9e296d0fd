"""Restarting stale SuperNodes one after another: each computes its place anew, and nothing is sent twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import pytest

from tests.operations.conftest import Running
from wizard.cloud.answers import Poll
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import NotAuthorized, Refused, ServerFault
from wizard.cloud.services import Services
from wizard.core.cluster import action_preview
from wizard.core.cluster.partitions import Source, Sync, assignments
from wizard.core.opennebula.snapshot import ServiceSnapshot, VmFacts
from wizard.operations import service_actions
from wizard.operations.restart import Ended, Restarted, Restarts, StaleRestart
from wizard.sandbox.server import Sandbox
from wizard.storage.locks import service_lock
from wizard.storage.process_files import Begun


def stale(sandbox: Sandbox, cloud: Cloud, running: Running) -> ServiceSnapshot:
    """2 scaled to 4: the first two still say `of 2`."""
    before = running(2)
    service_actions.scale(cloud, before, "supernode", 4, lambda _: None)
    sandbox.clock.advance(300)
    return cloud.services.poll(before.id).snapshot


def restarts(sandbox: Sandbox, cloud: Cloud, **options: object) -> Restarts:
    return Restarts(cloud, lambda _: None, sleep=sandbox.clock.advance, clock=sandbox.clock.now, **options)  # type: ignore[arg-type]


@contextmanager
def held_by_another(cloud: Cloud, service_id: int, meanwhile: Callable[[], object]) -> Iterator[list[str]]:
    """Another program acts on the service; what is told to whoever waits. The first line lets `meanwhile` happen, and
    then ends the other."""
    told: list[str] = []
    begun, over = threading.Event(), threading.Event()

    def other() -> None:
        with service_lock(cloud.where, service_id, lambda: None):
            begun.set()
            over.wait(20)

    thread = threading.Thread(target=other)
    thread.start()
    assert begun.wait(20)

    class Told(list[str]):
        def append(self, line: str) -> None:
            super().append(line)
            if not over.is_set():
                meanwhile()
                over.set()

    told = Told()
    yield told
    over.set()
    thread.join()


def test_it_waits_for_another_and_leaves_alone_what_that_has_done(
    sandbox: Sandbox, cloud: Cloud, running: Running
) -> None:
    before = stale(sandbox, cloud, running)
    restart = StaleRestart.of(before)

    def meanwhile() -> None:
        restarts(sandbox, cloud).run(restart.preview.touches)
        sandbox.clock.advance(60)

    with held_by_another(cloud, before.id, meanwhile) as told:
        found = restart.run(cloud, told.append, lambda: False)
    assert found == Restarted(Ended.DONE)
    assert told == [f"waiting for another flowerneb-wizard that acts on service {before.id}"]
    assert len(vm_actions(sandbox)) == 4


def test_the_wait_is_stopped_as_the_restarts_are(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    restart = StaleRestart.of(stale(sandbox, cloud, running))
    with held_by_another(cloud, restart.service_id, lambda: None) as told:
        found = restart.run(cloud, list[str]().append, lambda: True)
    assert (found.ended, found.left) == (Ended.STOPPED, restart.preview.touches)
    assert not told
    assert not vm_actions(sandbox)


def test_what_can_not_be_judged_after_the_wait_is_an_error(
    sandbox: Sandbox, cloud: Cloud, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stale(sandbox, cloud, running)
    restart = StaleRestart.of(before)
    poll = Services.poll

    def without_oned(self: Services, service_id: int, previous: ServiceSnapshot | None = None) -> Poll:
        return replace(poll(self, service_id, previous), oned_error=ServerFault("the server failed", "VMs"))

    with (
        held_by_another(cloud, restart.service_id, lambda: monkeypatch.setattr(Services, "poll", without_oned)) as told,
        pytest.raises(ServerFault),
    ):
        restart.run(cloud, told.append, lambda: False)
    monkeypatch.undo()

    def scaled() -> None:
        sandbox.clock.advance(60)
        service_actions.scale(cloud, before, "supernode", 5, list[str]().append)

    # Only what another program has done is waited for: the lock is not held by this very thread.
    monkeypatch.setattr("wizard.operations.service_actions.service_lock", lambda *_: nullcontext(False))
    with held_by_another(cloud, before.id, scaled) as told, pytest.raises(Refused, match="SCALING"):
        restart.run(cloud, told.append, lambda: False)
    assert not vm_actions(sandbox)


def vm_actions(sandbox: Sandbox) -> list[str]:
    return [item.call for item in sandbox.requests if item.call == "one.vm.action"]


def test_in_the_end_everything_is_in_step(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = stale(sandbox, cloud, running)
    wanted = action_preview.restart_stale(before).touches
    assert len(wanted) == 2
    told: list[str] = []
    reached: list[tuple[int, tuple[int, ...]]] = []
    found = Restarts(
        cloud,
        told.append,
        sleep=sandbox.clock.advance,
        clock=sandbox.clock.now,
        reach=lambda done, ids: reached.append((done, tuple(ids))),
    ).run(wanted)
    assert (found.ended, found.done) == (Ended.DONE, wanted)
    assert reached == [(0, wanted), (1, wanted)]
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


def test_a_scale_right_after_the_restarts_leaves_no_doubt(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = stale(sandbox, cloud, running)
    # Whoever watched meanwhile has read each VM READY before that was noted; one's clock is behind, another's before.
    watching = [Cloud(cloud._login, timeout=2.0, clock=lambda by=by: sandbox.clock.now() + by) for by in (-600, 0, 30)]
    seen = [one.services.poll(before.id).snapshot for one in watching]

    def sleep(seconds: float) -> None:
        sandbox.clock.advance(seconds)
        seen[:] = [one.services.poll(before.id, last).snapshot for one, last in zip(watching, seen, strict=True)]

    Restarts(cloud, lambda _: None, sleep=sleep, clock=sandbox.clock.now).run(
        action_preview.restart_stale(before).touches
    )
    sandbox.clock.advance(15)
    now = cloud.services.poll(before.id).snapshot
    service_actions.scale(cloud, now, "supernode", 5, lambda _: None)
    for _ in range(100):
        sleep(3)
    new = Cloud(cloud._login, timeout=2.0, clock=sandbox.clock.now)
    after = new.services.poll(before.id).snapshot
    assert {item.source for last in seen for item in assignments(last)} == {Source.INFERRED}
    for one in (new, *watching):
        one.close()
    found = assignments(after)
    assert {item.source for item in found} == {Source.INFERRED}
    guests = [sandbox.world.vms[item.vm_id].guest.node_config for item in found]
    assert [item.node_config for item in found] == guests


@pytest.mark.parametrize("text", ["", "x", "1", "1 x", "-1 5", "1 9999999999999", "٣ 5", "1 2 3"])
def test_what_others_write_there_is_nothing(text: str) -> None:
    vm = VmFacts(1, "one", 3, 3, user_template={"FLOWERNEB_RESTARTED": text})
    assert vm.ready_by is None
