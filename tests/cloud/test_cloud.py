"""The facade against the sandbox: what it asks, how often, and what it never sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cloud.wire_server import PASSWORD, Heard, Listener, http
from tests.cloud.wire_server import login as wire_login
from tests.sandbox.cloud import flower
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import (
    Ambiguous,
    CloudError,
    CredentialsRefused,
    NotAuthorized,
    NotFound,
    Refused,
    TimedOut,
    Unreachable,
)
from wizard.cloud.login import Login
from wizard.cloud.lookup import find
from wizard.cloud.vms import AGAIN
from wizard.core.cluster.guest_reports import error
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.opennebula.states import ServiceState, Verb
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox

Start = Callable[..., tuple[Sandbox, Cloud]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a world on a clock that stands still, with a client of it."""
    running: list[tuple[Sandbox, Cloud]] = []

    def begin(world: str = "default", *, timeout: float = 5.0) -> tuple[Sandbox, Cloud]:
        sandbox = Sandbox(world, latency=0, clock=ManualClock(1_795_428_900)).start()
        cloud = Cloud(_login(sandbox), timeout=timeout, clock=sandbox.clock.now)
        running.append((sandbox, cloud))
        return sandbox, cloud

    yield begin
    for sandbox, cloud in running:
        cloud.close()
        sandbox.stop()


def _login(sandbox: Sandbox, password: str | None = None) -> Login:
    from wizard.cloud.login import find_login

    return find_login(sandbox.environment(), Path("/nonexistent"), password=password, username=sandbox.username)


def deployed(cloud: Cloud, supernodes: int = 2, merge: str = "{}") -> ServiceSnapshot:
    return cloud.templates.instantiate(cloud.templates.register(json.dumps(flower(supernodes))), merge)


def running(sandbox: Sandbox, cloud: Cloud, supernodes: int = 2) -> ServiceSnapshot:
    service = deployed(cloud, supernodes)
    for _ in range(200):
        sandbox.clock.advance(1)
        snapshot = cloud.services.poll(service.id).snapshot
        if snapshot.running:
            sandbox.clock.advance(20)
            return cloud.services.poll(service.id).snapshot
    raise AssertionError("never RUNNING")


def calls(sandbox: Sandbox, since: int = 0) -> list[str]:
    """What the client asked, without the guests."""
    return [item.call for item in sandbox.requests[since:] if item.server != "onegate"]


def test_who_we_are(start: Start) -> None:
    _, cloud = start()
    connection = cloud.connection()
    assert connection.ok
    assert (connection.username, connection.user_id) == ("oneadmin", 0)
    assert connection.version
    assert connection.version.startswith("7.")


def test_both_servers_fail_for_themselves(start: Start) -> None:
    sandbox, cloud = start()
    sandbox.faults.plan("oned", "close", times=-1)
    connection = cloud.connection()
    assert connection.oned_error is not None
    assert connection.oneflow_error is None
    sandbox.faults.clear()
    sandbox.faults.plan("oneflow", "error", times=-1)
    connection = cloud.connection()
    assert connection.oned_error is None
    assert connection.oneflow_error is not None
    assert not connection.ok


def test_a_wrong_password_is_refused_by_both(start: Start) -> None:
    sandbox, _ = start()
    cloud = Cloud(_login(sandbox, "wrong"))
    connection = cloud.connection()
    cloud.close()
    assert isinstance(connection.oned_error, CredentialsRefused)
    assert isinstance(connection.oneflow_error, CredentialsRefused)


@pytest.mark.parametrize("supernodes", [2, 299])
def test_a_refresh_costs_at_most_three_requests(start: Start, supernodes: int) -> None:
    sandbox, cloud = start("large" if supernodes > 50 else "default")
    (service, *_) = [item for item in cloud.services.list() if item.is_flower] or [running(sandbox, cloud, supernodes)]
    asked = len(sandbox.requests)
    first = cloud.services.poll(service.id).snapshot
    assert calls(sandbox, asked) == [f"GET /service/{service.id}", "one.vmpool.infoset"]
    assert len(first.vm_ids) == supernodes + 1
    assert all(node.vm is not None and node.vm.is_ready for role in first.roles for node in role.nodes)
    asked = len(sandbox.requests)
    second = cloud.services.poll(service.id, first).snapshot
    assert calls(sandbox, asked) == [f"GET /service/{service.id}", "one.vmpool.infoset"]
    assert second.roles == first.roles


def test_what_is_not_ready_is_read_again_and_what_is_ready_is_kept(start: Start) -> None:
    sandbox, cloud = start()
    service = deployed(cloud)
    snapshot = cloud.services.poll(service.id).snapshot
    ready: list[int] = []
    for _ in range(60):
        sandbox.clock.advance(2)
        asked = len(sandbox.requests)
        snapshot = cloud.services.poll(service.id, snapshot).snapshot
        assert len(calls(sandbox, asked)) <= 3
        ready.append(sum(role.ready_count for role in snapshot.roles))
        for role in snapshot.roles:
            for node in role.nodes:
                assert node.vm is not None
                assert node.vm.user_template is not None
    assert ready == sorted(ready)
    assert (ready[0], ready[-1]) == (0, 3)


def publishes(sandbox: Sandbox, vm_id: int, **attributes: str) -> None:
    """A guest puts something into its VM."""
    with sandbox.world.lock:
        sandbox.world.vms.update(sandbox.world.vms[vm_id], "", attributes, replace=False)


def test_a_guest_that_tells_its_steps_is_heard_after_it_was_ready(start: Start) -> None:
    sandbox, cloud = start()
    service = running(sandbox, cloud)
    first, last = service.vm_ids[-2:]
    for vm_id in (first, last):
        publishes(sandbox, vm_id, FL_STAGE="running", FL_NODE_CONFIG="partition-id=0 num-partitions=2")
    before = cloud.services.poll(service.id).snapshot
    publishes(sandbox, last, FL_NODE_CONFIG="partition-id=1 num-partitions=2", FL_ERROR="the SuperLink does not answer")
    asked = len(sandbox.requests)
    after = cloud.services.poll(service.id, before).snapshot
    assert len(calls(sandbox, asked)) <= 3
    seen = {vm.id: vm.user_template or {} for vm in after.facts}
    assert seen[last]["FL_NODE_CONFIG"] == "partition-id=1 num-partitions=2"
    assert error(next(vm for vm in after.facts if vm.id == last)) == "the SuperLink does not answer"
    (found,) = [one for one in cloud.services.poll_all([before]).services if one.id == service.id]
    assert next(vm for vm in found.facts if vm.id == last).user_template == seen[last]


def test_of_many_that_tell_their_steps_some_are_read_with_each_poll(start: Start) -> None:
    sandbox, cloud = start("large")
    (service,) = [item for item in cloud.services.list() if item.is_flower]
    for vm_id in service.vm_ids:
        publishes(sandbox, vm_id, FL_STAGE="running")
    snapshot = cloud.services.poll(service.id).snapshot
    for vm_id in service.vm_ids:
        publishes(sandbox, vm_id, FL_ERROR="the disk is full")
    heard = []
    for _ in range(-(-len(service.vm_ids) // AGAIN)):
        asked = len(sandbox.requests)
        snapshot = cloud.services.poll(service.id, snapshot).snapshot
        assert len(calls(sandbox, asked)) == 3
        heard.append(sum("FL_ERROR" in (vm.user_template or {}) for vm in snapshot.facts))
    assert heard == [min(AGAIN * turn, len(service.vm_ids)) for turn in range(1, len(heard) + 1)]


def test_the_state_of_a_ready_vm_is_never_stale(start: Start) -> None:
    sandbox, cloud = start()
    before = running(sandbox, cloud)
    lost = before.vm_ids[-1]
    sandbox.world.vms[lost].user_template["READY"] = "NO"
    # The short form does not tell the user template: only a change of state makes the client look again.
    assert cloud.services.poll(before.id, before).snapshot.roles[1].ready_count == 2
    assert cloud.services.poll(before.id).snapshot.roles[1].ready_count == 1


def test_without_oned_the_last_known_facts_stand(start: Start) -> None:
    sandbox, cloud = start()
    before = running(sandbox, cloud)
    sandbox.faults.plan("oned", "close", times=-1)
    after = cloud.services.poll(before.id, before)
    assert after.snapshot.roles == before.roles
    assert isinstance(after.oned_error, CloudError)
    alone = cloud.services.poll(before.id).snapshot
    assert alone.vm_ids == before.vm_ids
    assert all(node.vm is None for role in alone.roles for node in role.nodes)
    sandbox.faults.clear()
    assert cloud.services.poll(before.id, before).oned_error is None


def test_a_document_that_is_gone(start: Start) -> None:
    sandbox, cloud = start()
    before = running(sandbox, cloud)
    assert cloud.services.remove(before.id) is Verb.DELETE
    for _ in range(60):
        sandbox.clock.advance(1)
        after = cloud.services.poll(before.id, before).snapshot
        if after.gone:
            break
    assert after.gone
    assert (after.state_name, after.vm_ids) == ("GONE", before.vm_ids)
    with pytest.raises(NotFound, match=f"service {before.id}"):
        cloud.services.poll(before.id)
    assert cloud.vms.left_behind(before) == ()


def test_delete_is_sent_once(start: Start) -> None:
    sandbox, cloud = start()
    service = running(sandbox, cloud)
    assert cloud.services.remove(service.id) is Verb.DELETE
    assert cloud.services.poll(service.id).snapshot.state == ServiceState.UNDEPLOYING
    for _ in range(3):
        assert cloud.services.remove(service.id) is Verb.WAIT
    assert calls(sandbox).count(f"DELETE /service/{service.id}") == 1
    assert f"POST /service/{service.id}/action" not in calls(sandbox)


def test_where_delete_is_refused_recover_delete_is_sent(start: Start) -> None:
    sandbox, cloud = start("superlink-never-ready")
    service = deployed(cloud)
    sandbox.clock.advance(30)
    assert cloud.services.poll(service.id).snapshot.state == ServiceState.DEPLOYING
    assert cloud.services.remove(service.id) is Verb.RECOVER_DELETE
    assert f"DELETE /service/{service.id}" not in calls(sandbox)
    assert cloud.services.remove(service.id) is Verb.WAIT or cloud.services.poll(service.id, service).snapshot.gone


def test_vms_that_a_removal_leaves_behind_are_named(start: Start) -> None:
    sandbox, cloud = start()
    service = running(sandbox, cloud)
    assert cloud.vms.left_behind(service)[0].role_name == "superlink"
    flow = cloud._servers._flow
    flow.delete(service.id)
    sandbox.clock.advance(0.5)
    # What the facade never does: it is how a SuperLink gets lost.
    flow.delete(service.id)
    sandbox.clock.advance(60)
    assert cloud.services.poll(service.id, service).snapshot.gone
    (left,) = cloud.vms.left_behind(service)
    assert (left.id, left.role_name) == (service_superlink(cloud, service), "superlink")


def service_superlink(cloud: Cloud, service: ServiceSnapshot) -> int:
    role = service.role("superlink")
    assert role is not None
    return role.nodes[0].vm_id


def test_a_scale_always_says_force() -> None:
    heard: list[Heard] = []
    document = {
        "DOCUMENT": {
            "ID": "7",
            "TEMPLATE": {"BODY": {"state": 2, "roles": [{"name": "supernode", "state": 2, "cardinality": 2}]}},
        }
    }

    def answer(request: Heard) -> bytes:
        heard.append(request)
        return http(204) if request.method == "POST" else http(200, json.dumps(document))

    with Listener(answer) as listener:
        cloud = Cloud(wire_login(listener.url))
        cloud.services.scale(7, "supernode", 5)
        with pytest.raises(Refused, match="has 2 VMs already"):
            cloud.services.scale(7, "supernode", 2)
        with pytest.raises(NotFound, match="no role nodes"):
            cloud.services.scale(7, "nodes", 5)
        cloud.close()
    (sent,) = [item for item in heard if item.method == "POST"]
    assert sent.path == "/service/7/scale"
    assert json.loads(sent.body) == {"role_name": "supernode", "cardinality": 5, "force": False}


def test_bodies_go_out_as_they_were_given(start: Start) -> None:
    heard: list[Heard] = []
    text = '{"name": "ünïcode [b] \\" ]]>",\n  "b": 1.0, "a": [ ]}'

    def answer(request: Heard) -> bytes:
        heard.append(request)
        return http(201, '{"DOCUMENT": {"ID": "5", "TEMPLATE": {"BODY": {"state": 1}}}}')

    with Listener(answer) as listener:
        cloud = Cloud(wire_login(listener.url))
        assert cloud.templates.register(text) == 5
        assert cloud.templates.instantiate(5, text).id == 5
        cloud.close()
    assert heard[0].body == text.encode()
    assert heard[1].body == f'{{"action":{{"perform":"instantiate","params":{{"merge_template":{text}}}}}}}'.encode()
    assert json.loads(heard[1].body)["action"]["params"]["merge_template"] == json.loads(text)
    assert heard[0].headers["content-type"] == "application/json"


def test_a_template_in_place_of_a_service(start: Start) -> None:
    _, cloud = start()
    template = cloud.templates.register(json.dumps(flower()))
    # OneFlow itself keeps the two apart; a proxy or an older one might not.
    with pytest.raises(CloudError):
        cloud.services.poll(template)


def test_objects_are_found_by_id_or_exact_name(start: Start) -> None:
    _, cloud = start()
    first = cloud.pools.vm_templates()[0]
    assert find(str(first.id), cloud.pools.vm_templates, "VM template") == first
    assert find(first.name, cloud.pools.vm_templates, "VM template") == first
    with pytest.raises(NotFound, match=f"Did you mean {first.name!r}"):
        find(first.name + "x", cloud.pools.vm_templates, "VM template")
    with pytest.raises(NotFound, match="no VM template 4711"):
        find("4711", cloud.pools.vm_templates, "VM template")
    for odd in ("²", "٣", "-1", "9" * 5000):
        with pytest.raises(NotFound):
            find(odd, cloud.pools.vm_templates, "VM template")
        with pytest.raises(NotFound):
            cloud.services.find(odd)
    network = cloud.pools.networks()[0]
    assert find(network.name, cloud.pools.networks, "network") == network


def test_a_service_is_found_by_id_or_exact_name(start: Start) -> None:
    _, cloud = start()
    one, two = deployed(cloud), deployed(cloud)
    assert cloud.services.find(str(one.id)).id == one.id
    with pytest.raises(Ambiguous, match=f"{one.id}, {two.id}"):
        cloud.services.find("Flower")
    with pytest.raises(NotFound, match="no service of that name"):
        cloud.services.find("Flour")
    with pytest.raises(NotFound):
        cloud.services.find("4711")


def test_where_listing_is_refused_an_id_works_and_a_name_does_not(start: Start) -> None:
    _, cloud = start("no-permission")
    assert cloud.connection().ok
    found = find("1", cloud.pools.vm_templates, "VM template")
    assert (found.id, found.name) == (1, "")
    with pytest.raises((NotAuthorized, NotFound)):
        find("Flower SuperLink", cloud.pools.vm_templates, "VM template")


def test_an_answer_that_never_comes_ends_with_the_time_out(start: Start) -> None:
    sandbox, cloud = start(timeout=1.0)
    sandbox.faults.plan("oneflow", "silent")
    with pytest.raises(TimedOut):
        cloud.services.list()
    assert cloud.services.list() is not None


def test_a_server_that_dies_in_the_middle(start: Start) -> None:
    sandbox, cloud = start()
    service = running(sandbox, cloud)
    sandbox.stop()
    with pytest.raises(Unreachable):
        cloud.services.poll(service.id, service)


def test_a_closed_client_is_no_crash(start: Start) -> None:
    _, cloud = start()
    cloud.close()
    cloud.close()
    assert PASSWORD not in repr(cloud)
