"""The guests that run Flower: boots, partitions, TLS, scaling, and what is told where it does not come up.

Flower itself is played by the scripts of `conftest`; everything around it is real: OneGate, processes, addresses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.appliance.guest import answers
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.cluster.partitions import Sync, assignments
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.plan import Plan
from wizard.operations import service_actions
from wizard.operations.flower_environments import NoFlowerEnvironment
from wizard.operations.processes import Processes
from wizard.operations.watch import settled
from wizard.rehearsal.guests import FlowerGuest, Guests
from wizard.rehearsal.stage import on_loopback
from wizard.sandbox.blueprint import Timings
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import WORLDS

QUICK = Timings(creation=0.05, schedule=0.1, prolog=0.1, boot=0.1, shutdown=0.1, epilog=0.1, notice=0.05, networks=0.05)
PLAN = Plan().with_text("supernode.cooldown", "1")
Stage = tuple[Cloud, Guests, Sandbox]


@pytest.fixture
def stage(tmp_path: Path, environment: Callable[[str], Path]) -> Iterator[Stage]:
    """A sandbox whose guests run what looks like Flower."""
    folder = tmp_path / "stage"
    folder.mkdir()
    world = replace(on_loopback(WORLDS["default"]), timings=QUICK)
    with Processes() as processes:
        guests = Guests(folder, processes, environment)
        with Sandbox(world, latency=0, guests=guests) as sandbox:
            cloud = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), clock=sandbox.clock.now)
            yield cloud, guests, sandbox
            cloud.close()


def until(cloud: Cloud, service: int, holds: Callable[[ServiceSnapshot], bool]) -> ServiceSnapshot:
    """Look until a condition holds."""
    end = time.monotonic() + 30
    while not holds(snapshot := cloud.services.poll(service).snapshot):
        assert time.monotonic() < end, snapshot
        time.sleep(0.1)
    return snapshot


def published(snapshot: ServiceSnapshot) -> list[dict[str, str]]:
    """What every VM told, in order."""
    return [dict((node.vm.user_template if node.vm else None) or {}) for role in snapshot.roles for node in role.nodes]


def test_a_cluster_comes_up_and_every_guest_has_its_partition(stage: Stage) -> None:
    cloud, guests, sandbox = stage
    service = deploy_plan(PLAN, cloud)
    snapshot = until(cloud, service.id, settled)
    superlink, first, second = published(snapshot)
    vm = sandbox.world.vms[0]
    assert superlink["FL_ENDPOINT"] == f"{vm.ip}:9092"
    assert vm.ip.startswith("127.")
    assert (superlink["FL_VERSION"], superlink["FL_TLS"]) == ("1.25.0", "NO")
    assert first["READY"] == second["READY"] == "YES"
    assert answers(vm.ip, 9092, http=False, ca=None)
    for index, number in enumerate((1, 2)):
        text = guests.text(number)
        assert f"'--node-config', 'partition-id={index} num-partitions=2'" in text
        assert f"'--superlink', '{vm.ip}:9092'" in text
        assert guests.node_id(number).isdigit()
    # The dashboard waits a moment before it takes a guest that has just started for one that has asked.
    until(cloud, service.id, lambda seen: [item.sync for item in assignments(seen)] == [Sync.IN_SYNC] * 2)


def test_scaling_starts_and_ends_processes(stage: Stage) -> None:
    cloud, guests, sandbox = stage
    service = deploy_plan(PLAN, cloud)
    until(cloud, service.id, settled)
    for count in (3, 2):
        service_actions.scale(cloud, cloud.services.poll(service.id).snapshot, "supernode", count, lambda _: None)
        seen = until(cloud, service.id, lambda seen, count=count: seen.running and len(seen.roles[1].nodes) == count)
    configs = [vm.user_template["FL_NODE_CONFIG"] for vm in sandbox.world.vms if vm.role == "supernode"]
    assert configs == [
        "partition-id=0 num-partitions=2",
        "partition-id=1 num-partitions=2",
        "partition-id=2 num-partitions=3",
    ]
    # The oldest went, and its process with it.
    assert [node.vm_id for node in seen.roles[1].nodes] == [2, 3]
    assert guests.processes.wait("vm-1.1", 10) is not None
    assert guests.processes.ended("vm-2.1") is None


def test_a_vm_that_was_off_asks_anew(stage: Stage) -> None:
    cloud, guests, sandbox = stage
    service = deploy_plan(PLAN, cloud)
    until(cloud, service.id, settled)
    service_actions.scale(cloud, cloud.services.poll(service.id).snapshot, "supernode", 3, lambda _: None)
    until(cloud, service.id, lambda seen: seen.running and len(seen.roles[1].nodes) == 3)
    guest = sandbox.world.vms[1].guest
    assert isinstance(guest, FlowerGuest)
    assert sandbox.world.vms[1].user_template["FL_NODE_CONFIG"] == "partition-id=0 num-partitions=2"
    with sandbox.world.lock:
        sandbox.world.actions.act(sandbox.world.vms[1], "reboot-hard")
    end = time.monotonic() + 20
    while "partition-id=0 num-partitions=3" not in guests.text(1):
        assert time.monotonic() < end, guests.text(1)
        time.sleep(0.1)
    assert guest.boots == 2
    assert guests.processes.ended("vm-1.1") is not None


def test_a_given_node_config_wins(stage: Stage) -> None:
    cloud, guests, _ = stage
    service = deploy_plan(PLAN.with_text("FL_NODE_CONFIG", "site=3"), cloud)
    until(cloud, service.id, settled)
    assert "'--node-config', 'site=3'" in guests.text(1)


def test_a_missing_environment_is_what_the_superlink_tells(tmp_path: Path) -> None:
    def missing(version: str) -> Path:
        raise NoFlowerEnvironment(f"there is no environment with Flower {version}", hint="Make it.")

    world = replace(on_loopback(WORLDS["default"]), timings=QUICK)
    with Processes() as processes, Sandbox(world, latency=0, guests=Guests(tmp_path, processes, missing)) as sandbox:
        cloud = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), clock=sandbox.clock.now)
        service = deploy_plan(PLAN, cloud)
        snapshot = until(cloud, service.id, lambda seen: "FL_ERROR" in str(published(seen)))
        cloud.close()
    (told,) = published(snapshot)
    assert told["FL_READY"] == "NO"
    assert told["FL_ERROR"] == "there is no environment with Flower 1.25.0. Make it."


def test_flower_that_ends_at_once_is_told(stage: Stage, environment: Callable[[str], Path]) -> None:
    cloud, _, _ = stage
    (environment("").parent / "flower-superlink").write_text("#!/bin/sh\necho no; exit 3\n")
    service = deploy_plan(PLAN, cloud)
    snapshot = until(cloud, service.id, lambda seen: any(told.get("FL_ERROR") for told in published(seen)))
    assert published(snapshot)[0]["FL_ERROR"] == "the SuperLink does not answer: no"


def test_the_networks_of_two_processes_do_not_meet() -> None:
    one, other = on_loopback(WORLDS["default"], 1), on_loopback(WORLDS["default"], 2)
    firsts = [network.first for world in (one, other) for network in world.networks]
    assert len(set(firsts)) == len(firsts)
    assert all(first.startswith("127.") for first in firsts)
