"""A deployment whose program is killed: the same command goes on with its service, and never makes a second one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import Ambiguous, CloudError
from wizard.cloud.login import find_login
from wizard.core.plan.plan import Plan
from wizard.operations import deploy
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.storage.process_files import DeploymentRecord

PROGRAM = str(Path(sys.executable).parent / "flowerneb-wizard")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(latency=0, speed=20) as running:
        yield running


@pytest.fixture
def still() -> Iterator[Sandbox]:
    with Sandbox(latency=0, clock=ManualClock(1_795_428_900)) as running:
        yield running


def client(sandbox: Sandbox) -> Cloud:
    return Cloud(find_login(sandbox.environment(), Path("/nonexistent")), timeout=2.0, clock=sandbox.clock.now)


def abandoned(folder: Path) -> DeploymentRecord:
    """A record whose process is gone."""
    over = subprocess.Popen([sys.executable, "-c", ""])
    over.wait()
    record = DeploymentRecord("oneadmin at here", folder=folder)
    record.path = folder / record.path.name.replace(f"-{os.getpid()}-", f"-{over.pid}-")
    return record


def deployed(cloud: Cloud, record: DeploymentRecord, told: list[str] | None = None) -> int:
    return deploy_plan(Plan(), cloud, (told if told is not None else []).append, record=record).id


@pytest.mark.parametrize("answered", [True, False])
def test_the_service_of_a_run_that_was_killed_is_gone_on_with(still: Sandbox, tmp_path: Path, answered: bool) -> None:
    record = abandoned(tmp_path)
    if not answered:
        record.made = lambda asked, service_id: None  # type: ignore[method-assign]
    with closing(client(still)) as cloud:
        first = deployed(cloud, record)
        told: list[str] = []
        assert deployed(cloud, DeploymentRecord("oneadmin at here", folder=tmp_path), told) == first
        assert "which a run that was cut short had begun" in told[-1]
        assert len(cloud.services.list()) == 1


def test_what_was_never_made_is_made(still: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "LATE", 0.0)
    record = abandoned(tmp_path)
    still.faults.plan("oneflow", "close", match="/action")
    with closing(client(still)) as cloud:
        with pytest.raises(CloudError):
            deployed(cloud, record)
        assert len(list(tmp_path.iterdir())) == 1
        deployed(cloud, DeploymentRecord("oneadmin at here", folder=tmp_path))
        assert len(cloud.services.list()) == 1


def test_another_cloud_other_documents_and_anew_find_nothing(still: Sandbox, tmp_path: Path) -> None:
    record = abandoned(tmp_path)
    with closing(client(still)) as cloud:
        first = deployed(cloud, record)
        assert deployed(cloud, DeploymentRecord("oneadmin at there", folder=tmp_path)) != first
        other = Plan().with_text("supernode.cardinality", "3")
        assert deploy_plan(other, cloud, record=DeploymentRecord(record.where, folder=tmp_path)).id != first
        assert deployed(cloud, DeploymentRecord(record.where, True, folder=tmp_path)) != first


def test_a_program_that_still_runs_keeps_its_deployment(still: Sandbox, tmp_path: Path) -> None:
    with closing(client(still)) as cloud:
        first = deployed(cloud, DeploymentRecord("oneadmin at here", folder=tmp_path))
        assert deployed(cloud, DeploymentRecord("oneadmin at here", folder=tmp_path)) != first


def test_where_it_may_be_any_of_two_the_operator_is_asked(still: Sandbox, tmp_path: Path) -> None:
    record = abandoned(tmp_path)
    record.made = lambda asked, service_id: None  # type: ignore[method-assign]
    with closing(client(still)) as cloud:
        deployed(cloud, record)
        deploy_plan(Plan(), cloud)
        with pytest.raises(Ambiguous, match="--anew"):
            deployed(cloud, DeploymentRecord("oneadmin at here", folder=tmp_path))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"asked": 1}', '{"asked": "x", "known": 3}'])
def test_what_is_no_record_is_nothing(tmp_path: Path, text: str) -> None:
    broken = abandoned(tmp_path)
    broken.path.write_text(text)
    assert DeploymentRecord("oneadmin at here", folder=tmp_path).earlier("x") is None


def test_a_folder_that_cannot_be_written_loses_only_the_memory(still: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with closing(client(still)) as cloud:
        record = DeploymentRecord("oneadmin at here", folder=tmp_path / "file")
        assert deployed(cloud, record)
        record.done()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("moment", ["while it is made", "while it waits"])
def test_a_signal(sandbox: Sandbox, tmp_path: Path, moment: str, number: signal.Signals) -> None:
    """While OneFlow takes its time to make the service, and while the service is waited for."""
    environment = {**os.environ, **sandbox.environment(), "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    command = [PROGRAM, "deploy", "default", "--yes", "--no-preflight"]
    if moment == "while it is made":
        sandbox.faults.plan("oneflow", "slow", match="/action", seconds=4)
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=interruptible
    ) as first:
        assert first.stderr is not None
        wanted = "instantiating" if moment == "while it is made" else "instantiated"
        for line in first.stderr:
            if wanted in line:
                break
        until(lambda: not sandbox.faults.planned)
        until(lambda: bool(list(tmp_path.glob("flowerneb-wizard/deployments/*"))))
        first.send_signal(number)
    sandbox.faults.clear()
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert again.returncode == 0, again.stderr
    assert "cut short had begun" in again.stderr
    with closing(client(sandbox)) as cloud:
        assert len(cloud.services.list()) == 1
    assert list(tmp_path.glob("flowerneb-wizard/deployments/*")) == []


def interruptible() -> None:
    """As at a prompt: a test that runs in the background was told to ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
