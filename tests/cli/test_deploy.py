"""`deploy`: from a preset to a service that runs, and every way in which it may end otherwise."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Program
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.sandbox.blueprint import Guests
from wizard.sandbox.server import Sandbox
from wizard.sandbox.worlds import DEFAULT


def sent(cloud: Sandbox) -> list[str]:
    """What changed anything, in order."""
    return [item.call for item in cloud.requests if item.server == "oneflow" and item.method != "GET"]


def test_in_a_sandbox_of_its_own(program: Program) -> None:
    begun = time.monotonic()
    ended = program("deploy", "default", "--sandbox", "--yes", "--json")
    assert time.monotonic() - begun < 10
    assert ended.status == 0
    assert ended.data["service"]["state"] == "RUNNING"
    superlink, first, second = ended.data["vms"]
    assert (superlink["role"], superlink["partition"], superlink["assigned_by"]) == ("superlink", None, None)
    assert [(vm["index"], vm["partition_id"], vm["num_partitions"]) for vm in (first, second)] == [(0, 0, 2), (1, 1, 2)]
    assert {vm["ready"] for vm in ended.data["vms"]} == {"YES"}
    assert {vm["standing"] for vm in (first, second)} == {"in sync"}
    assert all(vm["ip"] and vm["host"] and vm["state"] == "RUNNING" for vm in ended.data["vms"])


def test_words_for_people(program: Program, cloud: Sandbox) -> None:
    ended = program.at(cloud)("deploy", "image-classification", "--yes", NO_COLOR="1")
    assert ended.status == 0
    assert "Flower Image Classification" in ended.out
    assert "\x1b" not in ended.out + ended.err
    rows = [line.split() for line in ended.out.splitlines() if line.startswith("supernode  ")]
    assert [row[-6:-2] for row in rows if len(row) > 6] == [[str(n), "of", "4", "inferred"] for n in range(4)]
    for phase in ("template registered", "instantiated", "SuperLink READY", "SuperNodes 4/4 READY", "RUNNING"):
        assert f"✓ {phase}" in ended.err
    assert "New state: RUNNING" in ended.err


def test_twice_registers_once(call: Callable[..., Ended], cloud: Sandbox) -> None:
    for _ in range(2):
        assert call("deploy", "default", "--yes", "--no-wait", cloud=cloud).status == 0
    assert [item for item in sent(cloud) if item == "POST /service_template"] == ["POST /service_template"]


def test_no_wait_ends_at_once(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call("deploy", "default", "--yes", "--no-wait", "--json", cloud=cloud)
    assert ended.status == 0
    assert ended.data["service"]["state"] in ("PENDING", "DEPLOYING_NETS", "DEPLOYING")
    assert f"attach {ended.data['service']['id']}" in ended.err


def test_settings_arrive(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call(
        "deploy",
        "default",
        "--yes",
        "--json",
        "--set",
        "supernode.cardinality=3",
        "--set",
        "service.name=three",
        cloud=cloud,
    )
    assert ended.data["service"]["name"] == "three"
    assert [vm["partition"] for vm in ended.data["vms"][1:]] == ["0 of 3", "1 of 3", "2 of 3"]


def test_dry_run_sends_nothing(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call("deploy", "default", "--dry-run", cloud=cloud)
    assert ended.status == 0
    assert "nothing was sent" in ended.err
    assert ended.out.count("\n}\n") == 2
    data = call("deploy", "default", "--dry-run", "--json", cloud=cloud).data
    assert data["registered_as"] is None
    assert [role["template_id"] for role in data["template"]["roles"]] == [0, 1]
    assert sent(cloud) == []
    assert call("deploy", "default", "--yes", "--no-wait", cloud=cloud).status == 0
    assert call("deploy", "default", "--dry-run", "--json", cloud=cloud).data["registered_as"] is not None


def test_without_a_terminal_yes_is_needed(program: Program, cloud: Sandbox) -> None:
    ended = program.at(cloud)("deploy", "default")
    assert ended.status == 2
    assert "--yes" in ended.err
    assert cloud.requests == []


@pytest.mark.parametrize("preset", ["nothing", "./nothing.toml"])
def test_no_such_preset_is_4(call: Callable[..., Ended], cloud: Sandbox, preset: str) -> None:
    assert call("deploy", preset, "--yes", cloud=cloud).status == 4


def test_errors_in_the_plan_are_2_and_nothing_is_sent(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call("deploy", "default", "--yes", "--set", "supernode.cardinality=1", cloud=cloud)
    assert ended.status == 2
    assert "error: supernode.cardinality: " in ended.err
    assert cloud.requests == []


def test_no_such_vm_template_is_4(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call("deploy", "default", "--yes", "--json", "--set", "superlink.vm_template=77", cloud=cloud)
    assert (ended.status, ended.out) == (4, "")
    assert ended.error["error"]["type"] == "NotFound"
    assert sent(cloud) == []


def test_no_permission(call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    ended = call("deploy", "default", "--yes", cloud=cloud_of("no-permission"))
    assert ended.status in (1, 4)
    assert "Traceback" not in ended.err


def test_a_refused_template_is_6(call: Callable[..., Ended], cloud: Sandbox) -> None:
    cloud.faults.plan("oneflow", "error", match="POST /service_template")
    ended = call("deploy", "default", "--yes", "--json", cloud=cloud)
    assert ended.status == 6
    assert "registering" in ended.error["error"]["title"]


def test_a_failed_deployment_is_6(call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    ended = call("deploy", "default", "--yes", "--json", cloud=cloud_of("supernode-boot-failure"))
    assert ended.status == 6
    assert ended.data["service"]["failed"] is True
    assert ended.error["error"]["title"] == "the deployment failed"
    assert "BOOT_FAILURE" in ended.error["error"]["detail"]


def test_out_of_patience_is_7_and_it_goes_on(call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    cloud = cloud_of("superlink-never-ready")
    ended = call("deploy", "default", "--yes", "--json", "--timeout", "0.5", cloud=cloud)
    assert ended.status == 7
    assert ended.data["service"]["state"] == "DEPLOYING"
    number = ended.data["service"]["id"]
    assert f"flowerneb-wizard attach {number}" in ended.error["error"]["hint"]
    assert call("status", str(number), "--json").data["service"]["state"] == "DEPLOYING"
    assert not [item for item in sent(cloud) if "DELETE" in item or "recover" in item]


def test_interrupted_is_130_and_it_goes_on(program: Program, cloud_of: Callable[..., Sandbox]) -> None:
    cloud = cloud_of(speed=4.0)
    process = program.at(cloud).start("deploy", "default", "--yes", "--json")
    assert process.stderr is not None
    for line in process.stderr:
        if "New state: DEPLOYING" in line:
            break
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "goes on in OneFlow: `flowerneb-wizard attach " in rest
    listed = program.at(cloud)("status", "--json").data["services"]
    assert listed[0]["state"] not in ("UNDEPLOYING", "DONE")


@pytest.mark.parametrize("moment", ["instantiating", "instantiated", "New state: DEPLOYING"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGHUP], ids=str)
def test_the_same_command_goes_on_with_what_was_interrupted(
    program: Program, cloud_of: Callable[..., Sandbox], number: signal.Signals, moment: str
) -> None:
    cloud = cloud_of(speed=40.0)
    # So slow is a real OneFlow, which makes the first VMs before it answers.
    cloud.faults.plan("oneflow", "slow", match="/action", seconds=0.5)
    process = program.at(cloud).start("deploy", "default", "--yes")
    assert process.stderr is not None
    for line in process.stderr:
        if moment in line:
            break
    # The line comes before the request: now it is on its way.
    time.sleep(0.25)
    process.send_signal(number)
    process.communicate(timeout=10)
    time.sleep(0.7)
    again = program.at(cloud)("deploy", "default", "--yes", "--json")
    assert again.status == 0, again.err
    assert "going on with service" in again.err
    assert len(program.at(cloud)("status", "--json").data["services"]) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_whoever_watches_may_die(program: Program, cloud_of: Callable[..., Sandbox], number: signal.Signals) -> None:
    cloud = cloud_of(speed=40.0)
    process = program.at(cloud).start("deploy", "default", "--yes")
    assert process.stderr is not None
    for line in process.stderr:
        if "instantiated" in line:
            break
    process.send_signal(number)
    process.communicate(timeout=10)
    assert process.returncode == -number
    end = time.monotonic() + 15
    state = ""
    while state != "RUNNING" and time.monotonic() < end:
        state = program.at(cloud)("status", "Flower Federated Learning", "--json").data["service"]["state"]
    assert state == "RUNNING"


def opening_the_gate(cloud: Sandbox, over: threading.Event, *, then_ready: bool) -> None:
    """Each VM says what OneFlow takes for READY, as the appliance does, and later perhaps READY itself."""
    world = cloud.world
    while not over.wait(0.02):
        with world.lock:
            for vm in [vm for vm in world.vms if vm.running]:
                if "FL_READY" not in vm.user_template:
                    world.vms.update(vm, "FL_READY=YES", {"FL_READY": "YES"}, replace=False)
                elif then_ready and cloud.clock.now() > vm.start + 60:
                    world.vms.update(vm, "READY=YES", {"READY": "YES"}, replace=False)


@pytest.mark.parametrize("then_ready", [True, False])
def test_running_is_not_done_before_every_vm_is_ready(
    call: Callable[..., Ended],
    cloud_of: Callable[..., Sandbox],
    monkeypatch: pytest.MonkeyPatch,
    then_ready: bool,
) -> None:
    monkeypatch.setattr("wizard.core.cluster.outcome.READY_GRACE", 20.0 if then_ready else 0.3)
    cloud = cloud_of(replace(DEFAULT, guests=Guests(silent=("superlink", "supernode"))))
    over = threading.Event()
    guests = threading.Thread(target=opening_the_gate, args=(cloud, over), kwargs={"then_ready": then_ready})
    guests.start()
    ended = call("deploy", "default", "--yes", "--json", cloud=cloud)
    over.set()
    guests.join()
    assert ended.data["service"]["state"] == "RUNNING"
    if then_ready:
        assert ended.status == 0
        assert {vm["ready"] for vm in ended.data["vms"]} == {"YES"}
    else:
        assert (ended.status, "not READY: VM 0, VM 1, VM 2" in ended.error["error"]["title"]) == (7, True)


def test_deleted_by_somebody_else_is_6(call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    cloud = cloud_of("superlink-never-ready", speed=200.0)

    def somebody() -> None:
        other = Cloud(find_login(cloud.environment(), Path("/nonexistent")))
        while not (found := other.services.list()) or found[0].state_name != "DEPLOYING":
            time.sleep(0.02)
        other.services.remove(found[0].id)
        other.close()

    thread = threading.Thread(target=somebody)
    thread.start()
    ended = call("deploy", "default", "--yes", "--json", "--timeout", "20", cloud=cloud)
    thread.join()
    assert ended.status == 6
    assert "somebody deleted" in ended.error["error"]["title"]


def test_a_lost_answer_to_the_instantiation(call: Callable[..., Ended], cloud: Sandbox) -> None:
    cloud.faults.plan("oneflow", "cut", match="POST /service_template/", times=1)
    ended = call("deploy", "default", "--yes", cloud=cloud)
    assert ended.status == 0
    assert "the answer was lost" in ended.err
    assert len(call("status", "--json").data["services"]) == 1


def test_an_instantiation_that_never_arrived(call: Callable[..., Ended], cloud: Sandbox) -> None:
    cloud.faults.plan("oneflow", "close", match="POST /service_template/", times=1)
    ended = call("deploy", "default", "--yes", cloud=cloud)
    assert ended.status == 3
    assert "before you deploy again" in ended.err


def test_contact_lost_and_found(call: Callable[..., Ended], cloud: Sandbox) -> None:
    cloud.faults.plan("oneflow", "html", match="GET /service/", times=2)
    ended = call("deploy", "default", "--yes", cloud=cloud)
    assert ended.status == 0
    assert ended.err.count("no news, trying again") == 1
    assert "contact is back" in ended.err


def test_large_and_hostile(call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    names = ("--set", "superlink.vm_template=0", "--set", "supernode.vm_template=1")
    ended = call("deploy", "default", "--yes", *names, cloud=cloud_of("hostile-names"))
    assert ended.status == 0
    assert "\u202e" not in ended.out
