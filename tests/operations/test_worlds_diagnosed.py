"""Each world of the sandbox: the diagnosis names what is planted in it, nothing else, and within two polls."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.cluster.diagnosis import Severity, diagnose
from wizard.core.plan.plan import Plan
from wizard.operations.watch import Watch
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.oned.vm import VirtualMachine
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import WORLDS

BY_ID = (
    Plan()
    .with_text("superlink.vm_template", "0")
    .with_text("supernode.vm_template", "1")
    .with_text("service.network", "0")
)

LONG = 600
"""Seconds for which each world is watched: longer than any patience in the rules."""

Planted = Callable[[list[VirtualMachine]], bool]


def never(_: list[VirtualMachine]) -> bool:
    return False


FAULTS: dict[str, tuple[str | None, Planted]] = {
    "default": (None, never),
    "slow-boot": (None, never),
    "hostile-names": (None, never),
    "large": (None, never),
    "superlink-never-ready": (
        "superlink-unhealthy",
        lambda vms: any(vm.user_template.get("FL_READY") == "NO" for vm in vms),
    ),
    "supernode-boot-failure": ("vm-failed", lambda vms: any(vm.failed for vm in vms)),
    "no-capacity": ("vm-pending", lambda vms: any("SCHED_MESSAGE" in vm.user_template for vm in vms)),
    "no-permission": ("role-failed", lambda vms: True),
    "dead-superlink": ("superlink-gone", lambda vms: True),
}
"""Of each world: the finding that it must bring, and since when its fault is there to be seen."""

WORDS = {
    "superlink-never-ready": "FL_ERROR=health_check_timeout",
    "supernode-boot-failure": "DEPLOY:",
    "no-capacity": "Not enough CPU on hosts: 0,1",
    "no-permission": "Not authorized to perform USE TEMPLATE [0]",
    "dead-superlink": "the cluster is dead",
}


WITHOUT = {"no-appliance"}
"""Nothing can be deployed there before its VM templates are made."""


def test_every_world_is_watched() -> None:
    assert FAULTS.keys() | WITHOUT == WORLDS.keys()


@pytest.mark.parametrize("world", sorted(FAULTS))
def test_the_planted_fault_is_named_and_no_other(world: str) -> None:
    expected, shows = FAULTS[world]
    with Sandbox(world, latency=0, clock=ManualClock(1_795_428_900)) as sandbox:
        login = find_login(sandbox.environment(), Path("/nonexistent"))
        with closing(Cloud(login, clock=sandbox.clock.now)) as client:
            ids = [service.id for service in client.services.list()] or [deploy_plan(BY_ID, client).id]
            said = set()
            for service_id in ids:
                said |= watched(sandbox, Watch(client, service_id), expected, shows)
    assert {name for name, _ in said} == ({expected} if expected else set())
    assert all(WORDS.get(world, "") in means for _, means in said)


def watched(sandbox: Sandbox, watch: Watch, expected: str | None, shows: Planted) -> set[tuple[str, str]]:
    """Every finding of a long time, by name and words; the expected one never comes later than by the second poll."""
    said: set[tuple[str, str]] = set()
    late, end = 0, sandbox.clock.now() + LONG
    while sandbox.clock.now() < end:
        visible = shows(list(sandbox.world.vms))
        snapshot = watch.poll().snapshot
        assert snapshot is not None
        found = [finding for finding in diagnose(snapshot) if finding.severity is not Severity.INFO]
        said |= {(finding.name, finding.means) for finding in found}
        late = late + 1 if visible and expected and not found else 0
        assert late < 2, f"{expected} is not named within two polls"
        sandbox.clock.advance(watch.pause)
    return said
