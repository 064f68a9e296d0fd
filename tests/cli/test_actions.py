"""`scale`, `recover`, `delete`, `restart-stale` and `vm`: told beforehand, asked once, sent once, followed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from tests.cli.conftest import Ended, Program
from wizard.cloud.errors import NotFound, Refused
from wizard.cloud.services import Services
from wizard.cloud.vms import Vms
from wizard.core.opennebula.snapshot import ServiceSnapshot, VmFacts
from wizard.sandbox.oned.vm import DONE
from wizard.sandbox.server import Sandbox
from wizard.storage.process_files import Begun, RestartRecord

Call = Callable[..., Ended]
NAME = "Flower Federated Learning"


@pytest.fixture
def number(call: Call, cloud: Sandbox) -> str:
    """The id of a service that is RUNNING with two SuperNodes, whose COOLDOWN is short."""
    settings = ("--set", "supernode.cooldown=1")
    ended = call("deploy", "default", *settings, "--yes", "--no-preflight", "--json", cloud=cloud)
    assert ended.status == 0
    return str(ended.data["service"]["id"])


def writes(cloud: Sandbox) -> list[str]:
    return [item.call for item in cloud.requests if item.server == "oneflow" and item.method in ("POST", "DELETE")]


def vm_actions(cloud: Sandbox) -> list[str]:
    return [item.call for item in cloud.requests if item.call == "one.vm.action"]


def test_a_dry_run_tells_and_sends_nothing(call: Call, cloud: Sandbox, number: str) -> None:
    before = writes(cloud)
    for arguments in (("scale", number, "4"), ("delete", number)):
        words = call(*arguments, "--dry-run", cloud=cloud)
        assert words.status == 0
        data = call(*arguments, "--dry-run", "--json", cloud=cloud).data
        assert data["service"] == int(number)
        assert words.out == "".join(f"{line}\n" for line in data["says"])
        assert data["says"]
    assert writes(cloud) == before


def test_scale_tells_which_vms_go_and_follows(call: Call, cloud: Sandbox, number: str) -> None:
    ended = call("scale", number, "4", "--yes", "--json", cloud=cloud)
    assert ended.status == 0
    assert [role["listed"] for role in ended.data["roles"]] == [1, 4]
    assert ended.data["service"]["state"] == "RUNNING"
    oldest = next(vm["id"] for vm in ended.data["vms"] if vm["role"] == "supernode")
    down = call("scale", number, "3", "--dry-run", cloud=cloud)
    assert f"VM {oldest}" in down.out
    assert "oldest" in down.out


def test_an_action_tells_what_is_new_and_not_what_was(call: Call, cloud: Sandbox, number: str) -> None:
    told = call("scale", number, "3", "--yes", cloud=cloud)
    assert told.status == 0
    assert "listed at position 2" in told.err
    for old in ("template registered", "instantiated", "DEPLOYING", "VM 0", "SuperNodes 2/2"):
        assert old not in told.err
    assert told.out.rstrip().endswith(f"(flowerneb-wizard restart-stale {number})")
    gone = call("delete", number, "--yes", cloud=cloud)
    assert gone.status == 0
    assert "READY" not in gone.err


def test_nobody_is_looked_for_at_the_address_of_a_simulated_vm(
    call: Call, cloud: Sandbox, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr("subprocess.Popen", refuse)
    for command in ("verify", "superlink"):
        ended = call(command, number, cloud=cloud)
        assert ended.status == 1
        assert "only simulates its VMs" in ended.err
        assert "--guests flower" in ended.err


def test_after_a_scale_restart_stale_puts_all_in_step(call: Call, cloud: Sandbox, number: str) -> None:
    assert "Nothing is stale" in call("restart-stale", number, "--yes", cloud=cloud).err
    assert call("scale", number, "3", "--yes", cloud=cloud).status == 0
    told = call("restart-stale", number, "--dry-run", "--json", cloud=cloud).data
    assert len(told["vms"]) == 2
    ended = call("restart-stale", NAME, "--yes", "--json", cloud=cloud)
    assert ended.status == 0
    assert {vm["standing"] for vm in ended.data["vms"] if vm["role"] == "supernode"} == {"in sync"}
    again = call("restart-stale", number, "--yes", cloud=cloud)
    assert again.status == 0
    assert "Nothing is stale" in again.err


def test_what_an_earlier_session_had_begun_is_shown_and_ended(call: Call, cloud: Sandbox, number: str) -> None:
    before = call("status", number, "--json", cloud=cloud).data
    vm_id = before["vms"][-1]["id"]
    record = RestartRecord.of(int(number), before["service"]["start_time"])
    record.write(Begun(vm_id, 0))
    shown = call("restart-stale", number, "--dry-run", "--json", cloud=cloud)
    assert shown.status == 0
    assert shown.data["vms"] == [vm_id]
    assert f"VM {vm_id}: it goes on there" in shown.data["says"][0]
    ended = call("restart-stale", number, "--yes", cloud=cloud)
    assert ended.status == 0
    assert f"VM {vm_id} is READY again" in ended.err
    assert record.read() is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("scale", "2"), "has 2 already"),
        (("scale", "99"), "at most"),
        (("scale", "1"), "at least"),
        (("recover",), "refuses"),
    ],
)
def test_what_oneflow_would_refuse_is_refused_beforehand(
    call: Call, cloud: Sandbox, number: str, arguments: tuple[str, ...], told: str
) -> None:
    before = writes(cloud)
    ended = call(arguments[0], number, *arguments[1:], "--yes", cloud=cloud)
    assert ended.status == 6
    assert told in ended.err
    assert writes(cloud) == before


def test_delete_is_sent_once_and_waited_for(call: Call, cloud: Sandbox, number: str) -> None:
    ended = call("delete", number, "--yes", "--json", cloud=cloud)
    assert ended.status == 0
    assert ended.data == {"service": int(number), "verb": "delete", "left_behind": []}
    assert len([item for item in writes(cloud) if item.startswith("DELETE")]) == 1
    assert call("delete", number, "--yes", cloud=cloud).status == 4


def test_nobody_can_be_asked(call: Call, cloud: Sandbox, number: str) -> None:
    before = writes(cloud)
    for arguments in (("scale", number, "3"), ("recover", number), ("delete", number), ("restart-stale", number)):
        assert call(*arguments, cloud=cloud).status == 2
    assert writes(cloud) == before


def test_one_vm(call: Call, cloud: Sandbox, number: str) -> None:
    data = call("status", number, "--json", cloud=cloud).data
    first = data["vms"][0]["id"]
    shown = call("vm", str(first), cloud=cloud)
    assert shown.status == 0
    assert "ssh root@10." in shown.out
    found = call("vm", str(first), "--json", cloud=cloud).data
    assert (found["state"], found["ready"]) == ("RUNNING", "YES")
    assert found["published"]["FL_READY"] == "YES"
    assert found["context"]["TOKEN"] == "YES"
    assert call("vm", "4711", cloud=cloud).status == 4


def test_no_such_service(call: Call, cloud: Sandbox) -> None:
    for arguments in (("scale", "4711", "3"), ("recover", "4711"), ("delete", "4711"), ("restart-stale", "4711")):
        assert call(*arguments, "--yes", cloud=cloud).status == 4


def test_two_deletes_at_once_send_one(program: Program, cloud: Sandbox, number: str) -> None:
    both = [program.at(cloud).start("delete", number, "--yes") for _ in range(2)]
    ended = [process.communicate(timeout=60) for process in both]
    assert all(process.returncode in (0, 4) for process in both), ended
    assert len([item for item in writes(cloud) if item.startswith("DELETE")]) == 1
    assert not any(vm.state != DONE for vm in cloud.world.vms)


def orphaning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody on another machine sends a second DELETE: OneFlow leaves the SuperLink's VM behind."""
    remove = Services.remove

    def removed(self: Services, service_id: int) -> object:
        verb = remove(self, service_id)
        self._servers.ask_oneflow(lambda flow: flow.delete(service_id))
        return verb

    monkeypatch.setattr(Services, "remove", removed)


def test_what_stays_behind_our_own_delete_is_terminated_in_it(
    call: Call, cloud: Sandbox, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphaning(monkeypatch)
    ended = call("delete", number, "--yes", "--json", cloud=cloud)
    assert ended.status == 0
    assert ended.data["left_behind"] == []
    assert "still there" in ended.err
    assert re.search(r"terminate sent|is DONE|is SHUTDOWN", ended.err)


def test_one_that_cannot_be_terminated_is_named_and_the_others_are(
    call: Call, cloud: Sandbox, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    act, get = Vms.act, Vms.get
    vms = call("status", number, "--json", cloud=cloud).data["vms"]
    first, second = vms[0]["id"], vms[1]["id"]

    def refused(self: Vms, vm_id: int, action: str) -> None:
        if vm_id == first:
            raise Refused("refused", f"VM {vm_id}", "This action is not available.", "Nothing was changed.")
        act(self, vm_id, action)

    def stuck(self: Vms, snapshot: ServiceSnapshot) -> tuple[VmFacts, ...]:
        return tuple(vm for vm in snapshot.facts if vm.id in (first, second))

    monkeypatch.setattr(Vms, "act", refused)
    monkeypatch.setattr(
        Vms, "get", lambda self, vm_id: VmFacts(first, "stuck", 3, 36) if vm_id == first else get(self, vm_id)
    )
    monkeypatch.setattr(Vms, "left_behind", stuck)
    ended = call("delete", number, "--yes", "--json", cloud=cloud)
    assert (ended.status, ended.data["left_behind"]) == (6, [first])
    assert f"onevm terminate {first}" in ended.err


def test_what_a_service_that_is_gone_left_behind_is_swept(
    call: Call, cloud: Sandbox, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("delete", "4711", "--sweep", "--yes", cloud=cloud).status == 4
    orphaning(monkeypatch)
    monkeypatch.setattr("wizard.cloud.vms.Vms.left_behind", lambda *_: ())
    assert call("delete", number, "--yes", cloud=cloud).status == 0
    end = time.monotonic() + 20
    while len([vm for vm in cloud.world.vms if vm.state != DONE]) > 1:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert call("delete", number, "--yes", cloud=cloud).status == 4
    looked = call("delete", number, "--sweep", "--dry-run", cloud=cloud)
    assert (looked.status, "is gone; still there" in looked.err) == (0, True)
    assert len(call("delete", number, "--sweep", "--dry-run", "--json", cloud=cloud).data["vms"]) == 1
    assert not vm_actions(cloud)
    swept = call("delete", number, "--sweep", "--yes", cloud=cloud)
    assert (swept.status, "terminate sent" in swept.err) == (0, True)


def test_a_service_that_only_seems_gone_keeps_its_vms(
    call: Call, cloud: Sandbox, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy in front of OneFlow says 404 for everything; oned still has the service's document."""

    def nothing(*_: object) -> None:
        raise NotFound("there is no such service", f"service {number}")

    monkeypatch.setattr("wizard.cloud.oneflow.OneFlow.service", nothing)
    for arguments in ((), ("--json",), ("--dry-run",)):
        assert call("delete", number, "--sweep", "--yes", *arguments, cloud=cloud).status == 4
    assert not vm_actions(cloud)
    assert all(vm.state != DONE for vm in cloud.world.vms)
