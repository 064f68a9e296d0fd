"""A cloud on a clock that stands still, and a service that runs in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.plan import Plan
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox

Running = Callable[..., ServiceSnapshot]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(latency=0, clock=ManualClock(1_795_428_900)) as running:
        yield running


@pytest.fixture
def cloud(sandbox: Sandbox) -> Iterator[Cloud]:
    client = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), timeout=2.0, clock=sandbox.clock.now)
    yield client
    client.close()


@pytest.fixture
def running(sandbox: Sandbox, cloud: Cloud) -> Running:
    """Deploys so many SuperNodes, and gives the service as it is once it is RUNNING."""

    def deploy(supernodes: int = 2, **texts: str) -> ServiceSnapshot:
        service = deploy_plan(
            Plan().with_texts({"supernode.cardinality": str(supernodes), **texts}), cloud, lambda _: None
        )
        sandbox.clock.advance(120)
        return cloud.services.poll(service.id).snapshot

    return deploy
