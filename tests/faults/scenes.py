"""Actions under network faults: the functions that commands and screens use, and the state that must result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.cluster import action_preview
from wizard.core.cluster.partitions import Source, Sync, assignments
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.states import VmState
from wizard.core.plan.plan import Plan, Registration
from wizard.operations import service_actions
from wizard.operations.restart import Ended, Restarts
from wizard.operations.watch import Watch
from wizard.sandbox.oned.vm import VirtualMachine
from wizard.sandbox.server import Sandbox
from wizard.storage.process_files import Begun, PendingScale

PLAN = Plan().with_texts({"supernode.cardinality": "2", "service.network": "flower-net"})
TIMEOUT = 1.0
"""Seconds that the client waits for an answer."""

Report = Callable[[str], None]


class Unfinished(Exception):
    """An action that ended without an error and is not done; the text is the reason."""


def new_client(sandbox: Sandbox) -> Cloud:
    """A new client without any cached answers."""
    login = find_login(sandbox.environment(), Path("/nonexistent"))
    return Cloud(login, timeout=TIMEOUT, clock=sandbox.clock.now)


def quiet(_: str) -> None:
    """Ignore a message."""


def living(sandbox: Sandbox) -> list[VirtualMachine]:
    """The VMs that are not DONE."""
    return [vm for vm in sandbox.world.vms if vm.state != VmState.DONE]


def services(sandbox: Sandbox) -> list[ServiceSnapshot]:
    """The services of the cloud, from a new client."""
    cloud = new_client(sandbox)
    try:
        return list(cloud.services.list())
    finally:
        cloud.close()


def settled(sandbox: Sandbox, service_id: int, seconds: int = 900) -> ServiceSnapshot:
    """The snapshot of a newly attached client once the service is complete and RUNNING, or gone."""
    cloud = new_client(sandbox)
    try:
        watch = Watch(cloud, service_id)
        for _ in range(0, seconds, 15):
            snapshot = watch.poll().snapshot
            if snapshot is None or snapshot.gone or (snapshot.running and snapshot.complete):
                break
            sandbox.clock.advance(15)
        assert snapshot is not None
        return snapshot
    finally:
        cloud.close()


def running(sandbox: Sandbox, cloud: Cloud, supernodes: int = 2) -> ServiceSnapshot:
    """A RUNNING service."""
    service = deploy_plan(PLAN.with_text("supernode.cardinality", str(supernodes)), cloud, quiet)
    sandbox.clock.advance(120)
    return cloud.services.poll(service.id).snapshot


def ready(snapshot: ServiceSnapshot, supernodes: int) -> None:
    """Fail unless the service is RUNNING with `supernodes` SuperNodes."""
    assert snapshot.running
    role = snapshot.role("supernode")
    assert role is not None
    assert len(role.nodes) == supernodes


@dataclass(frozen=True)
class Scene:
    """An action on a cloud. `prepare` makes the state before it, `act` performs it, `acted` is true if the cloud did
    it, and `end` waits for the final state and fails where something is lost or doubled."""

    name: str
    prepare: Callable[[Sandbox, Cloud], ServiceSnapshot | None]
    act: Callable[[Sandbox, Cloud, ServiceSnapshot | None, Report], None]
    acted: Callable[[Sandbox, ServiceSnapshot | None], bool]
    end: Callable[[Sandbox, ServiceSnapshot | None], None]


def _deployed_once(sandbox: Sandbox, _: ServiceSnapshot | None) -> None:
    (service,) = services(sandbox)
    ready(settled(sandbox, service.id), 2)
    assert len(sandbox.world.vms) == 3
    cloud = new_client(sandbox)
    assert [item.name for item in cloud.templates.list()].count(PLAN.name) == 1
    cloud.close()


def _coming_up(sandbox: Sandbox, cloud: Cloud) -> ServiceSnapshot:
    """A service in DEPLOYING with a VM that boots."""
    service = deploy_plan(PLAN, cloud, quiet)
    sandbox.clock.advance(5)
    service = cloud.services.poll(service.id).snapshot
    assert service.state_name == "DEPLOYING"
    assert service.vm_ids
    return service


def _another_registered(_: Sandbox, cloud: Cloud) -> None:
    cloud.templates.register(start_text(PLAN.with_text("FL_NUM_ROUNDS", "7")))


def start_text(plan: Plan) -> str:
    """The service template of a plan, with the VM templates of the sandbox."""
    from wizard.operations.prepare import preview

    by_id = {"superlink.vm_template": "0", "supernode.vm_template": "1", "service.network": "0"}
    return preview(plan.with_texts(by_id)).template


def _watched(_: Sandbox, cloud: Cloud, before: ServiceSnapshot | None, report: Report) -> None:
    assert before is not None
    watch = Watch(cloud, before.id)
    for _turn in range(3):
        if (error := watch.poll().error) is not None:
            report(f"again: {error.title}")


def _attached(_: Sandbox, cloud: Cloud, before: ServiceSnapshot | None, report: Report) -> None:
    assert before is not None
    if (error := cloud.services.poll(before.id).oned_error) is not None:
        report(f"again: {error.title}")


def _long_past(sandbox: Sandbox, cloud: Cloud) -> ServiceSnapshot:
    before = running(sandbox, cloud, 3)
    service_actions.scale(cloud, before, "supernode", 2, quiet)
    sandbox.clock.advance(600)
    before = cloud.services.poll(before.id, before).snapshot
    _restarted(sandbox, cloud, before, quiet)
    sandbox.clock.advance(3600)
    return before


def _all_known(sandbox: Sandbox, before: ServiceSnapshot | None) -> None:
    assert before is not None
    assert {row.source for row in assignments(settled(sandbox, before.id))} == {Source.INFERRED}


def _scaled(_: Sandbox, cloud: Cloud, before: ServiceSnapshot | None, report: Report) -> None:
    assert before is not None
    # As minutes after a scale that was not answered.
    PendingScale.of(before.id, before.start_time).forget()
    service_actions.scale(cloud, before, "supernode", 3, report)


def _three_wanted(sandbox: Sandbox, _: ServiceSnapshot | None) -> bool:
    role = services(sandbox)[0].role("supernode")
    return role is not None and role.cardinality == 3


def _three_at_last(sandbox: Sandbox, before: ServiceSnapshot | None) -> None:
    assert before is not None
    ready(settled(sandbox, before.id), 3)
    assert len(sandbox.world.vms) == 4


def _cooling_down(sandbox: Sandbox, cloud: Cloud) -> ServiceSnapshot:
    before = running(sandbox, cloud)
    service_actions.scale(cloud, before, "supernode", 3, quiet)
    for _ in range(300):
        sandbox.clock.advance(1)
        snapshot = cloud.services.poll(before.id).snapshot
        if snapshot.state_name == "COOLDOWN":
            return snapshot
    raise AssertionError("never COOLDOWN")


def _recovered(_: Sandbox, cloud: Cloud, before: ServiceSnapshot | None, report: Report) -> None:
    assert before is not None
    service_actions.recover(cloud, before, report)


def _left_the_cooldown(sandbox: Sandbox, before: ServiceSnapshot | None) -> bool:
    assert before is not None
    return services(sandbox)[0].state_name != "COOLDOWN"


def _removed(_: Sandbox, cloud: Cloud, before: ServiceSnapshot | None, report: Report) -> None:
    assert before is not None
    service_actions.remove(cloud, before, report)


def _leaving(sandbox: Sandbox, _: ServiceSnapshot | None) -> bool:
    return all("UNDEPLOYING" in service.state_name for service in services(sandbox))


def _gone(sandbox: Sandbox, before: ServiceSnapshot | None) -> None:
    assert before is not None
    for _ in range(60):
        sandbox.clock.advance(10)
        if not services(sandbox):
            break
    assert services(sandbox) == []
    assert living(sandbox) == []


def _stale(sandbox: Sandbox, cloud: Cloud) -> ServiceSnapshot:
    before = running(sandbox, cloud)
    service_actions.scale(cloud, before, "supernode", 3, quiet)
    sandbox.clock.advance(600)
    return cloud.services.poll(before.id).snapshot


_begun: WeakKeyDictionary[Sandbox, Begun] = WeakKeyDictionary()
"""The stored record of a restart in each sandbox, from which a restart after a crash continues."""


def _restarted(sandbox: Sandbox, cloud: Cloud, before: ServiceSnapshot | None, report: Report) -> None:
    assert before is not None
    poll = cloud.services.poll(before.id)
    if poll.oned_error is not None:
        raise poll.oned_error
    now = poll.snapshot
    earlier = _begun.get(sandbox)
    wanted = action_preview.restart_stale(now).touches
    if earlier is not None:
        wanted = (earlier.vm_id, *(vm_id for vm_id in wanted if vm_id != earlier.vm_id))

    def begun(mark: Begun) -> None:
        _begun[sandbox] = mark

    restarts = Restarts(
        cloud,
        report,
        sleep=sandbox.clock.advance,
        clock=sandbox.clock.now,
        begun=begun,
        ended=lambda _: _begun.pop(sandbox, None) and None,
        earlier=earlier,
    )
    result = restarts.run(wanted)
    if result.ended is not Ended.DONE:
        raise Unfinished(f"VM {result.at}: {result.why}")


def _in_sync(sandbox: Sandbox, before: ServiceSnapshot | None) -> None:
    assert before is not None
    snapshot = settled(sandbox, before.id)
    assert {row.sync for row in assignments(snapshot)} == {Sync.IN_SYNC}
    role = snapshot.role("supernode")
    assert role is not None
    boots = [vm.guest.boots for node in role.nodes for vm in [sandbox.world.vms[node.vm_id]] if vm.guest]
    assert boots == [2, 2, 1]


def _orphaned(sandbox: Sandbox, cloud: Cloud) -> ServiceSnapshot:
    """A removal that leaves VMs behind, as a second DELETE does."""
    before = running(sandbox, cloud)
    cloud._servers._flow.delete(before.id)
    cloud._servers._flow.delete(before.id)
    for _ in range(60):
        sandbox.clock.advance(10)
        if not services(sandbox):
            break
    sandbox.clock.advance(60)
    assert living(sandbox)
    return before


def _swept(_: Sandbox, cloud: Cloud, before: ServiceSnapshot | None, report: Report) -> None:
    assert before is not None
    assert service_actions.sweep(cloud, cloud.vms.left_behind(before), report) == ()


def _nothing_lives(sandbox: Sandbox, _: ServiceSnapshot | None) -> None:
    sandbox.clock.advance(120)
    assert living(sandbox) == []


SCENES = (
    Scene(
        "deploy",
        lambda sandbox, cloud: None,
        lambda sandbox, cloud, before, report: deploy_plan(PLAN, cloud, report) and None,
        lambda sandbox, before: bool(services(sandbox)),
        _deployed_once,
    ),
    Scene(
        "deploy, updating",
        _another_registered,
        lambda sandbox, cloud, before, report: deploy_plan(PLAN, cloud, report, None, Registration.UPDATE) and None,
        lambda sandbox, before: bool(services(sandbox)),
        _deployed_once,
    ),
    Scene(
        "watch",
        _coming_up,
        _watched,
        lambda sandbox, before: True,
        _deployed_once,
    ),
    Scene("attach", _long_past, _attached, lambda sandbox, before: True, _all_known),
    Scene("scale", running, _scaled, _three_wanted, _three_at_last),
    Scene("recover", _cooling_down, _recovered, _left_the_cooldown, _three_at_last),
    Scene("delete", running, _removed, _leaving, _gone),
    Scene("recover-delete", _coming_up, _removed, _leaving, _gone),
    Scene("restart stale", _stale, _restarted, lambda sandbox, before: False, _in_sync),
    Scene("sweep", _orphaned, _swept, lambda sandbox, before: False, _nothing_lives),
)
