"""Scale, recover and remove: sent once, and looked at where the answer got lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from tests.operations.conftest import Running
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError, NotFound, Refused
from wizard.cloud.login import find_login
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.states import ServiceState, Verb
from wizard.core.plan.plan import Plan
from wizard.operations import service_actions
from wizard.operations.service_actions import Ending, Judge
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.http import Kind
from wizard.sandbox.server import Sandbox


def quiet(_: str) -> None:
    return None


def ended(cloud: Cloud, sandbox: Sandbox, before: ServiceSnapshot, judge: Judge, seconds: int = 600) -> Ending | None:
    """How it ends; None where it has not after so many seconds."""
    snapshot = before
    for _ in range(0, seconds, 2):
        snapshot = cloud.services.poll(before.id, snapshot).snapshot
        if (found := judge(snapshot)) is not None:
            return found
        sandbox.clock.advance(2)
    return None


def writes(sandbox: Sandbox) -> list[str]:
    return [f"{item.method} {item.path}" for item in sandbox.requests if item.method in ("POST", "PUT", "DELETE")]


def test_scale_up_and_down(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = running(2)
    service_actions.scale(cloud, before, "supernode", 4, quiet)
    assert ended(cloud, sandbox, before, service_actions.of_scale("supernode", 4)) is Ending.DONE
    up = cloud.services.poll(before.id).snapshot
    service_actions.scale(cloud, up, "supernode", 3, quiet)
    assert ended(cloud, sandbox, up, service_actions.of_scale("supernode", 3)) is Ending.DONE
    role = cloud.services.poll(before.id).snapshot.role("supernode")
    assert role is not None
    assert len(role.nodes) == 3


def test_a_scale_goes_on_during_the_cooldown(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = running(2)
    service_actions.scale(cloud, before, "supernode", 3, quiet)
    judge = service_actions.of_scale("supernode", 3)
    for _ in range(300):
        snapshot = cloud.services.poll(before.id).snapshot
        if snapshot.state == ServiceState.COOLDOWN:
            break
        assert judge(snapshot) is None
        sandbox.clock.advance(1)
    assert judge(snapshot) is None
    service_actions.recover(cloud, snapshot, quiet)
    assert ended(cloud, sandbox, snapshot, service_actions.of_recover(snapshot), 20) is Ending.DONE


def test_what_oneflow_refuses(cloud: Cloud, running: Running) -> None:
    before = running(2)
    with pytest.raises(Refused, match="already"):
        service_actions.scale(cloud, before, "supernode", 2, quiet)
    with pytest.raises(CloudError):
        service_actions.scale(cloud, before, "supernode", 99, quiet)
    with pytest.raises(CloudError):
        service_actions.recover(cloud, before, quiet)
    with pytest.raises(NotFound):
        service_actions.scale(cloud, before, "monitor", 2, quiet)


def test_remove_is_sent_once(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = running(2)
    assert service_actions.remove(cloud, before, quiet) is Verb.DELETE
    assert service_actions.remove(cloud, before, quiet) is Verb.WAIT
    assert len([line for line in writes(sandbox) if line.startswith("DELETE")]) == 1
    assert ended(cloud, sandbox, before, service_actions.of_removal) is Ending.DONE


@pytest.mark.parametrize("kind", ["cut", "half"])
def test_an_answer_that_was_lost_after_it_happened(sandbox: Sandbox, cloud: Cloud, running: Running, kind: str) -> None:
    before, told = running(2), list[str]()
    sandbox.faults.plan("oneflow", kind, match="POST")  # type: ignore[arg-type]
    service_actions.scale(cloud, before, "supernode", 3, told.append)
    if kind == "cut":
        assert "but it happened" in told[-1]
    assert len([line for line in writes(sandbox) if line.endswith("/scale")]) == 1
    sandbox.clock.advance(120)
    sandbox.faults.plan("oneflow", "cut", match="DELETE")
    assert service_actions.remove(cloud, cloud.services.poll(before.id).snapshot, told.append) is Verb.DELETE
    assert "but it happened" in told[-1]
    assert len([line for line in writes(sandbox) if line.startswith("DELETE")]) == 1


def test_a_recover_whose_answer_was_lost(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before, told = running(2), list[str]()
    service_actions.scale(cloud, before, "supernode", 3, quiet)
    sandbox.faults.plan("oneflow", "cut", match="POST")
    with pytest.raises(CloudError) as caught:
        service_actions.recover(cloud, cloud.services.poll(before.id).snapshot, quiet)
    assert "does no harm" in caught.value.hint
    while (snapshot := cloud.services.poll(before.id).snapshot).state != ServiceState.COOLDOWN:
        sandbox.clock.advance(1)
    sandbox.faults.plan("oneflow", "cut", match="POST")
    service_actions.recover(cloud, snapshot, told.append)
    assert "but it happened" in told[-1]


def test_a_request_that_never_arrived(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = running(2)
    sandbox.faults.plan("oneflow", "close", match="DELETE")
    with pytest.raises(CloudError) as caught:
        service_actions.remove(cloud, before, quiet)
    assert "It did not happen" in caught.value.hint
    assert cloud.services.poll(before.id).snapshot.state == ServiceState.RUNNING


def test_nobody_can_tell_whether_it_happened(sandbox: Sandbox, cloud: Cloud, running: Running) -> None:
    before = running(2)
    sandbox.faults.plan("oneflow", "cut", match="DELETE")
    original = cloud.services.remove

    def remove(service_id: int) -> Verb:
        try:
            return original(service_id)
        finally:
            sandbox.faults.plan("oneflow", "close", times=-1)

    cloud.services.remove = remove  # type: ignore[method-assign]
    with pytest.raises(CloudError) as caught:
        service_actions.remove(cloud, before, quiet)
    assert "is not known" in caught.value.hint
    assert f"flowerneb-wizard status {before.id}" in caught.value.hint


def test_a_deployment_that_failed_is_removed_with_the_other_verb() -> None:
    clock = ManualClock(1_795_428_900)
    with Sandbox("supernode-boot-failure", latency=0, clock=clock) as sandbox:
        cloud = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), clock=clock.now)
        service = deploy_plan(Plan(), cloud, quiet)
        clock.advance(200)
        before = cloud.services.poll(service.id).snapshot
        assert before.state == ServiceState.FAILED_DEPLOYING or any(role.failed for role in before.roles)
        assert service_actions.of_scale("supernode", 2)(before) in (Ending.FAILED, None)
        assert service_actions.remove(cloud, before, quiet) is Verb.RECOVER_DELETE
        assert ended(cloud, sandbox, before, service_actions.of_removal) is Ending.DONE
        cloud.close()


@pytest.mark.parametrize("kind", ["silent", "close", "html"])
def test_a_scale_that_is_not_answered_goes_on_and_no_other_is_sent_meanwhile(
    sandbox: Sandbox, running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    monkeypatch.setattr("platformdirs.user_state_path", lambda _: tmp_path)
    before = running(2)
    login = find_login(sandbox.environment(), Path("/nonexistent"))
    quick = Cloud(login, timeout=0.05, clock=sandbox.clock.now)
    sandbox.faults.plan("oneflow", kind, match="/scale", seconds=2.0)
    with pytest.raises(service_actions.Unanswered, match="may be making the VMs"):
        service_actions.scale(quick, before, "supernode", 4, quiet)
    sent = writes(sandbox)
    with pytest.raises(Refused, match="may still make the VMs of the scale of supernode to 4"):
        service_actions.scale(quick, before, "supernode", 5, quiet)
    assert writes(sandbox) == sent
    # The VMs come, and the next scale is sent.
    quick.services.scale(before.id, "supernode", 4)
    assert ended(quick, sandbox, before, service_actions.of_scale("supernode", 4)) is Ending.DONE
    service_actions.scale(quick, quick.services.poll(before.id).snapshot, "supernode", 5, quiet)
    quick.close()
