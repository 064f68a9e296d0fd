"""`status`: once, as a list, and as it changes."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

from tests.cli.conftest import Ended, Program
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.operations import watch
from wizard.sandbox.server import Sandbox


def remove(cloud: Sandbox, service: int) -> None:
    """What somebody else does."""
    other = Cloud(find_login(cloud.environment(), Path("/nonexistent")))
    other.services.remove(service)
    other.close()


@pytest.fixture
def deployed(call: Callable[..., Ended], cloud: Sandbox) -> int:
    """The id of a service that runs."""
    return int(call("deploy", "default", "--yes", "--json", cloud=cloud).data["service"]["id"])


def test_the_list_has_flower_services_only(call: Callable[..., Ended], cloud: Sandbox, deployed: int) -> None:
    other = Cloud(find_login(cloud.environment(), Path("/nonexistent")))
    other.templates.instantiate(0, '{"name": "shop"}')
    other.close()
    ended = call("status", "--json")
    assert ended.status == 0
    (service,) = ended.data["services"]
    assert (service["id"], service["state"]) == (deployed, "RUNNING")
    assert (service["ready"], service["wanted"], service["trouble"]) == (2, 2, None)
    line = call("status").out.splitlines()[1]
    assert line.split()[0] == str(deployed)
    assert "RUNNING" in line
    assert "2/2" in line


def test_the_list_without_oned_is_told_to_be_less(call: Callable[..., Ended], cloud: Sandbox, deployed: int) -> None:
    cloud.faults.plan("oned", "close", times=-1)
    ended = call("status")
    assert ended.status == 3
    assert "?/2" in ended.out
    assert "oned" in ended.err


def test_an_empty_list_says_so(call: Callable[..., Ended], cloud: Sandbox) -> None:
    ended = call("status", cloud=cloud)
    assert (ended.status, ended.out) == (0, "")
    assert "no Flower service" in ended.err
    assert call("status", "--json").data == {"services": [], "oned_error": None}


def test_by_name_and_by_id(call: Callable[..., Ended], deployed: int) -> None:
    by_id, by_name = call("status", str(deployed)), call("status", "Flower Federated Learning")
    assert by_id.status == by_name.status == 0
    assert by_id.out.splitlines()[2:4] == by_name.out.splitlines()[2:4]


def test_no_such_service_is_4(call: Callable[..., Ended], deployed: int) -> None:
    for reference in ("4711", "flower", "-", "%s%n"):
        ended = call("status", reference, "--json")
        assert (ended.status, ended.out) == (4, "")
        assert ended.error["exit_status"] == 4


def test_two_of_one_name_is_4(call: Callable[..., Ended], deployed: int) -> None:
    call("deploy", "default", "--yes", "--no-wait")
    ended = call("status", "Flower Federated Learning")
    assert ended.status == 4
    assert "Give an id" in ended.err


def test_plain_in_a_pipe(program: Program, cloud: Sandbox, deployed: int) -> None:
    ended = program.at(cloud)("status", str(deployed))
    assert "\x1b" not in ended.out
    assert all(line == line.rstrip() for line in ended.out.splitlines())
    assert "…" not in ended.out


def test_oned_down_while_oneflow_is_up(call: Callable[..., Ended], cloud: Sandbox, deployed: int) -> None:
    cloud.faults.plan("oned", "close", times=-1)
    ended = call("status", str(deployed), "--json")
    assert ended.status == 3
    assert ended.data["service"]["state"] == "RUNNING"
    assert ended.data["oned_error"]["title"]
    assert {vm["ready"] for vm in ended.data["vms"]} == {None}
    ended = call("status", str(deployed))
    assert ended.status == 3
    assert "RUNNING" in ended.out
    assert "oned" in ended.err


def test_a_dead_superlink_is_told(call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    ended = call("status", "flower-lost", cloud=cloud_of("dead-superlink"))
    assert "The SuperLink's VM is gone." in ended.out


def test_watch_tells_that_the_service_is_gone_and_ends(
    call: Callable[..., Ended], cloud: Sandbox, deployed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "STEADY", 0.02)
    removing = threading.Timer(0.3, lambda: remove(cloud, deployed))
    removing.start()
    ended = call("status", str(deployed), "--watch", "--json")
    removing.join()
    assert ended.status == 0
    notes = [json.loads(line)["note"] for line in ended.err.splitlines()]
    assert all(note.startswith("OpenNebula's events are not heard") for note in notes)
    first, *rest = [json.loads(line) for line in ended.out.splitlines()]
    assert first["service"]["state"] == "RUNNING"
    events = [item["event"]["message"] for item in rest]
    # Which moments of the removal a poll meets, if any, the machine decides.
    assert events[-1] == "the service is gone"


def test_watch_in_words(call: Callable[..., Ended], program: Program, cloud: Sandbox, deployed: int) -> None:
    process = program.at(cloud).start("status", str(deployed), "--watch")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Flower Federated Learning")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_watch_says_whether_events_are_heard(program: Program, cloud: Sandbox, deployed: int) -> None:
    with zmq.Context() as context, context.socket(zmq.PUB) as publisher:
        publisher.linger = 0
        url = f"tcp://127.0.0.1:{publisher.bind_to_random_port('tcp://127.0.0.1')}"
        process = program.at(cloud, ONE_ZMQ=url).start("status", str(deployed), "--watch")
        assert process.stderr is not None
        heard: list[str] = []
        while not heard or "are heard" not in heard[-1]:
            heard.append(process.stderr.readline())
            assert heard[-1], heard
        assert heard[-1] == f"OpenNebula's events are heard at {url}.\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)


def test_watch_of_nothing_is_an_error(call: Callable[..., Ended], cloud: Sandbox) -> None:
    assert call("status", "9", "--watch", cloud=cloud).status == 4


def test_watch_keeps_on_when_contact_is_lost(
    call: Callable[..., Ended], cloud: Sandbox, deployed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "STEADY", 0.02)

    def trouble() -> None:
        cloud.faults.plan("oneflow", "html", match=f"GET /service/{deployed}", times=2)
        while any(fault.times for fault in cloud.faults._planned):
            time.sleep(0.01)
        remove(cloud, deployed)

    thread = threading.Timer(0.3, trouble)
    thread.start()
    ended = call("status", str(deployed), "--watch")
    thread.join()
    assert ended.status == 0
    assert ended.err.count("no news, trying again: ") == 1
    assert "contact is back" in ended.err
    assert ended.out.splitlines()[-1].endswith("the service is gone")


def test_hostile_names_do_not_drive_the_terminal(call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    cloud = cloud_of("hostile-names")
    ended = call("status", cloud=cloud)
    assert "[/vm] [b" in ended.out
    assert "\\u202e" in ended.out
    assert not set(ended.out) & {"\x1b", "\u202e", "\x07"}
    for item in call("status", "--json").data["services"]:
        ended = call("status", str(item["id"]))
        assert ended.status == 0
        assert not set(ended.out) & {"\x1b", "\u202e"}
        assert "[/host] [b" in ended.out


def test_three_hundred_vms(call: Callable[..., Ended], cloud_of: Callable[..., Sandbox]) -> None:
    cloud = cloud_of("large")
    ended = call("status", "flower-large", cloud=cloud)
    assert len([line for line in ended.out.splitlines() if line.startswith("supernode  ")]) == 300
    data = call("status", "flower-large", "--json").data
    assert len(data["vms"]) == 300
    assert data["vms"][-1]["index"] == 298
    polls = [item for item in cloud.requests if item.server == "oned"]
    assert len(polls) <= 4
