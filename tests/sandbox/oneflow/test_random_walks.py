"""Random actions in random order: afterwards a service's document lists exactly the VMs that exist."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.sandbox.cloud import Cloud, flower
from wizard.sandbox.worlds import DEFAULT


@pytest.mark.parametrize("seed", range(12))
def test_a_random_walk(seed: int) -> None:
    dice = random.Random(seed)
    with Cloud(replace(DEFAULT, autoscaler=0.0)) as cloud:
        service = cloud.running(flower(3))
        for _ in range(12):
            _step(cloud, service, dice)
            cloud.clock.advance(dice.choice([0.2, 3, 20]))
        if cloud.body(service):
            _settle(cloud, service)
            body = cloud.body(service)
            for role in body["roles"]:
                listed = [node["deploy_id"] for node in role["nodes"]]
                alive = [vid for vid in cloud.alive(service) if cloud.vm(vid).role == role["name"]]
                assert listed == alive
                assert role["cardinality"] == len(listed)
        cloud.recover(service, delete=True)
        cloud.until(service, None)
        assert cloud.alive(service) == []


def _step(cloud: Cloud, service: int, dice: random.Random) -> None:
    # Without its SuperLink no new SuperNode gets ready, and a WARNING outlives the VM that caused it, as on a
    # real server: such walks have no end.
    alive = [vid for vid in cloud.alive(service) if cloud.vm(vid).role == "supernode"]
    action = dice.choice(["scale", "scale", "terminate-hard", "terminate", "reboot", "recover"])
    if action == "scale":
        wanted = dice.randint(1, 6)
        if wanted != cloud.role(service)["cardinality"]:  # A refusal would stop the watchdog for good.
            cloud.scale(service, wanted)
    elif action == "recover":
        # In a cooldown it would stop the watchdog too.
        if cloud.body(service)["state"] != 10:
            cloud.recover(service)
    elif len(alive) > 1:
        cloud.oned("one.vm.action", action, dice.choice(alive))


def _settle(cloud: Cloud, service: int) -> None:
    """Advance the clock until the service and all its VMs run."""
    for _ in range(20):
        cloud.clock.advance(40)
        if cloud.body(service)["state"] == 2 and all(cloud.vm(vid).running for vid in cloud.alive(service)):
            return
    raise AssertionError(f"the service never settled: {cloud.body(service)}")
