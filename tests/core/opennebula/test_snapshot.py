"""OneFlow's documents, as a real server wrote them and as others might, and oned's facts joined to them."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from tests.core.services import service, vm
from wizard.core.cluster.diagnosis import diagnose
from wizard.core.cluster.partitions import assignments
from wizard.core.flower.node_config import Partition
from wizard.core.opennebula.service_document import DecodeError, decode_service
from wizard.core.opennebula.snapshot import LogLine, Node, Role, ServiceSnapshot, VmFacts
from wizard.core.views.rows import vm_rows

RECORDINGS = Path(__file__).parents[2] / "recordings"


def recorded(name: str) -> Any:
    """The body of a recorded answer."""
    return json.loads((RECORDINGS / name).read_text())["response"]["body"]


def _services() -> dict[str, dict[str, Any]]:
    """Every service document that was recorded, single or in a pool, by a name that says where it stands."""
    found = {}
    for path in sorted(RECORDINGS.glob("*.json")):
        body = recorded(path.name)
        if not isinstance(body, dict):
            continue
        pool = body.get("DOCUMENT_POOL", {}).get("DOCUMENT", []) if isinstance(body.get("DOCUMENT_POOL"), dict) else []
        for place, document in enumerate([body["DOCUMENT"]] if "DOCUMENT" in body else pool):
            if "state" in document["TEMPLATE"]["BODY"]:
                found[f"{path.stem}#{place}"] = document
    return found


SERVICES = _services()


def test_the_recordings_are_there() -> None:
    assert len(SERVICES) > 70


@pytest.mark.parametrize("name", SERVICES)
def test_a_recorded_service_is_read_whole(name: str) -> None:
    document = SERVICES[name]
    body = document["TEMPLATE"]["BODY"]
    found = decode_service({"DOCUMENT": document})
    assert (found.id, found.name, found.owner) == (int(document["ID"]), document["NAME"], document["UNAME"])
    assert found.state == body["state"]
    assert not found.state_name.isdigit()
    assert found.is_flower
    assert len(found.log) == len(body.get("log", []))
    assert [line.message for line in found.log] == [line["message"] for line in body.get("log", [])]
    for role, raw in zip(found.roles, body["roles"], strict=True):
        assert (role.name, role.state, role.cardinality) == (raw["name"], raw["state"], raw["cardinality"])
        assert (role.min_vms, role.max_vms) == (raw.get("min_vms"), raw.get("max_vms"))
        assert not role.state_name.isdigit()
        assert [node.vm_id for node in role.nodes] == [node["deploy_id"] for node in raw.get("nodes", [])]
        assert all(node.name.startswith(f"{role.name}_") for node in role.nodes)
    assert decode_service(document) == found


@pytest.mark.parametrize("name", ["01-service_template-create.json", "10-service_template-after-delete.json"])
def test_a_recorded_answer_that_is_no_service(name: str) -> None:
    with pytest.raises(DecodeError):
        decode_service(recorded(name))


def test_a_running_service_in_detail() -> None:
    found = decode_service(recorded("07-service-scale-up-COOLDOWN.json"))
    body = recorded("07-service-scale-up-COOLDOWN.json")["DOCUMENT"]["TEMPLATE"]["BODY"]
    superlink, supernode = found.roles
    assert found.state_name == "COOLDOWN"
    assert found.start_time == body["start_time"]
    assert found.log[0] == LogLine(*(body["log"][0][key] for key in ("timestamp", "severity", "message")))
    assert (superlink.name, superlink.state_name, superlink.parents) == ("superlink", "RUNNING", ())
    assert (supernode.name, supernode.state_name, supernode.parents) == ("supernode", "COOLDOWN", ("superlink",))
    assert (supernode.cardinality, supernode.last_vmname, supernode.template_id) == (4, 4, 1)
    assert found.vm_ids == (*[node.vm_id for node in superlink.nodes], *[node.vm_id for node in supernode.nodes])
    assert len(found.vm_ids) == 5
    assert superlink.nodes[0].vm is None


def test_values_of_both_levels_the_role_wins() -> None:
    found = decode_service(recorded("96-same-key-both-levels-service.json"))
    assert found.role_value("superlink", "ONEAPP_FL_LOG_LEVEL") == "INFO"
    assert found.role_value("supernode", "ONEAPP_FL_LOG_LEVEL") == "DEBUG"
    assert found.role_value("supernode", "NOPE") is None
    assert found.role_value("nope", "ONEAPP_FL_LOG_LEVEL") == "INFO"


def document(body: Any, **outer: Any) -> dict[str, Any]:
    return {"DOCUMENT": {"ID": "7", "NAME": "fl", "UNAME": "me", "TEMPLATE": {"BODY": body}, **outer}}


LENIENT = [
    ("bare", {"state": 2}, ServiceSnapshot(7, "fl", 2, owner="me")),
    ("a JSON text", json.dumps({"state": 2}), ServiceSnapshot(7, "fl", 2, owner="me")),
    ("numbers as text", {"state": "2", "start_time": "5"}, ServiceSnapshot(7, "fl", 2, owner="me", start_time=5)),
    ("an unknown state", {"state": 99}, ServiceSnapshot(7, "fl", 99, owner="me")),
    ("nulls", {"state": 0, "roles": None, "log": None, "start_time": None}, ServiceSnapshot(7, "fl", 0, owner="me")),
    (
        "a role without nodes",
        {"state": 0, "roles": [{"name": "superlink"}]},
        ServiceSnapshot(7, "fl", 0, owner="me", roles=(Role("superlink", 0, 0),)),
    ),
    (
        "a null vm_info",
        {"state": 1, "roles": [{"name": "a", "state": "1", "nodes": [{"deploy_id": "3", "vm_info": None}]}]},
        ServiceSnapshot(7, "fl", 1, owner="me", roles=(Role("a", 1, 0, nodes=(Node(3, ""),)),)),
    ),
    (
        "an empty vm_info",
        {"state": 1, "roles": [{"name": "a", "nodes": [{"deploy_id": 3, "vm_info": {}}, {"deploy_id": 4}]}]},
        ServiceSnapshot(7, "fl", 1, owner="me", roles=(Role("a", 0, 0, nodes=(Node(3, ""), Node(4, ""))),)),
    ),
    (
        "numbers of a role as text",
        {"state": 2, "roles": [{"name": "a", "cardinality": "2", "min_vms": "1", "max_vms": "x", "cooldown": "30"}]},
        ServiceSnapshot(
            7,
            "fl",
            2,
            owner="me",
            roles=(Role("a", 0, 2, min_vms=1, cooldown=30),),
            unreadable=("roles[0].max_vms is 'x', not a whole number",),
        ),
    ),
    (
        "the names of 6.x",
        {
            "state": 2,
            "custom_attrs_values": {"A": "1"},
            "roles": [{"name": "a", "vm_template": "4", "custom_attrs_values": {"B": 2, "C": None}}],
        },
        ServiceSnapshot(
            7,
            "fl",
            2,
            owner="me",
            values={"A": "1"},
            roles=(Role("a", 0, 0, template_id=4, values={"B": "2", "C": ""}),),
        ),
    ),
    (
        "a log line without anything",
        {"state": 2, "log": [{}]},
        ServiceSnapshot(7, "fl", 2, owner="me", log=(LogLine(0, "", ""),)),
    ),
]


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in LENIENT], ids=[case[0] for case in LENIENT])
def test_servers_differ_and_are_understood(body: Any, expected: ServiceSnapshot) -> None:
    assert decode_service(document(body)) == expected
    assert decode_service(document(body)["DOCUMENT"]) == expected


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "the answer is not an object"),
        ([], "the answer is not an object"),
        ("", "the answer is not an object"),
        ({}, "DOCUMENT.TEMPLATE is not an object"),
        ({"DOCUMENT": None}, "DOCUMENT is not an object"),
        ({"DOCUMENT": {"ID": "7"}}, "DOCUMENT.TEMPLATE is not an object"),
        (document(None), "DOCUMENT.TEMPLATE.BODY is not an object"),
        (document("{"), "DOCUMENT.TEMPLATE.BODY is not JSON"),
        (document("[]"), "DOCUMENT.TEMPLATE.BODY is not an object"),
        (document({}), "it is a service template, not a service"),
        (document({"state": None}), "state is None, not a whole number"),
        (document({"state": "RUNNING"}), "state is 'RUNNING', not a whole number"),
        (document({"state": 2}, ID=None), "DOCUMENT.ID is None, not a whole number"),
        (document({"state": 2}, ID="x"), "DOCUMENT.ID is 'x', not a whole number"),
    ],
)
def test_what_is_no_service_is_refused_with_the_reason(answer: object, why: str) -> None:
    with pytest.raises(DecodeError) as error:
        decode_service(answer)
    assert why in str(error.value)


GOOD_ROLE = {"name": "a", "state": 2, "cardinality": 2, "nodes": [{"deploy_id": 3}, {"deploy_id": "4"}]}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"nodes": [{"deploy_id": None}]}, "roles[1].nodes[0].deploy_id is None, not a whole number"),
        ({"nodes": [{"deploy_id": "x"}]}, "roles[1].nodes[0].deploy_id is 'x', not a whole number"),
        ({"nodes": [{"vm_info": 3}]}, "roles[1].nodes[0].deploy_id is None, not a whole number"),
        ({"nodes": [3]}, "roles[1].nodes[0] is 3, not an object"),
        ({"nodes": [None]}, "roles[1].nodes[0] is None, not an object"),
        ({"nodes": "x"}, "roles[1].nodes is 'x', not a list"),
        ({"cardinality": "many"}, "roles[1].cardinality is 'many', not a whole number"),
        ({"state": {}}, "roles[1].state is {}, not a whole number"),
    ],
)
def test_a_part_that_can_t_be_read_spoils_nothing_else(change: dict[str, Any], why: str) -> None:
    good = decode_service(document({"state": 2, "roles": [GOOD_ROLE, {"name": "b"}]}))
    found = decode_service(document({"state": 2, "roles": [GOOD_ROLE, {"name": "b", **change}]}))
    assert found.unreadable == (() if "nodes[0]" in why else (why,))
    assert [node.is_lost for role in found.roles for node in role.nodes if role.name == "b"] == [True] * (
        "nodes[0]" in why
    )
    without = [replace(role, nodes=()) if role.name == "b" else role for role in found.roles]
    assert replace(found, unreadable=(), roles=tuple(without)) == good


def test_a_lost_node_keeps_the_places_of_those_behind_it() -> None:
    nodes = [{"deploy_id": 4}, {"deploy_id": None}, {"deploy_id": 6}]
    found = decode_service(document({"state": 2, "roles": [{"name": "supernode", "nodes": nodes}]}))
    assert found.vm_ids == (4, 6)
    lost = vm_rows(found)
    assert [(row.number, row.state, row.index) for row in lost] == [("4", "?", 0), ("-", "LOST", 1), ("6", "?", 2)]
    assert [item.expected for item in assignments(found)] == [Partition(n, 3) for n in range(3)]
    assert [item.name for item in diagnose(found)] == ["node-lost"]


def test_lost_nodes_are_told_apart_in_all_roles() -> None:
    nodes = [{"deploy_id": None}, {"deploy_id": "x"}]
    found = decode_service(document({"state": 2, "roles": [{"name": name, "nodes": nodes} for name in "ab"]}))
    assert len({node.vm_id for role in found.roles for node in role.nodes}) == 4
    assert (found.vm_ids, found.unreadable) == ((), ())


def test_parents_that_are_no_texts_are_read() -> None:
    (role,) = decode_service(document({"state": 2, "roles": [{"name": "a", "parents": ["b", 3, {}, None]}]})).roles
    assert role.parents == ("b", "3", "{}", "None")


@pytest.mark.parametrize("kind", ["roles", "log"])
@pytest.mark.parametrize("entry", [3, None, "x", []])
def test_an_entry_that_is_none_is_left_out(kind: str, entry: object) -> None:
    good = [{"name": "a", "message": "m"}]
    found = decode_service(document({"state": 2, kind: [entry, *good]}))
    assert found.unreadable == (f"{kind}[0] is {entry!r}, not an object",)
    assert replace(found, unreadable=()) == decode_service(document({"state": 2, kind: good}))


def test_facts_are_joined_by_id_and_the_rest_is_former() -> None:
    bare = service([2, 3])
    facts = [vm(3), vm(9, "DONE"), vm(1, role="superlink"), vm(5, "DONE")]
    found = bare.with_vms(facts)
    assert [node.vm and node.vm.id for role in found.roles for node in role.nodes] == [1, None, 3]
    assert [facts.id for facts in found.former] == [5, 9]
    assert found.vm_ids == bare.vm_ids


def test_facts_that_are_not_told_again_are_kept() -> None:
    before = service([vm(2), vm(3)])
    after = before.with_vms([vm(3, "POWEROFF")])
    supernode = after.role("supernode")
    assert supernode is not None
    assert [node.vm.state_name for node in supernode.nodes if node.vm] == ["RUNNING", "POWEROFF"]


@pytest.mark.parametrize(
    ("facts", "running", "finished", "failed", "ready", "is_ready"),
    [
        (vm(2), True, False, False, "YES", True),
        (vm(2, ready="NO"), True, False, False, "NO", False),
        (vm(2, ready="yes"), True, False, False, "yes", False),
        (vm(2, ready=None), True, False, False, None, False),
        (vm(2, "POWEROFF"), False, False, False, "YES", False),
        (vm(2, "BOOT"), False, False, False, "YES", False),
        (vm(2, "DONE"), False, True, False, "YES", False),
        (vm(2, "BOOT_FAILURE", ready=None), False, False, True, None, False),
        (vm(2, "CLONING_FAILURE", ready=None), False, False, True, None, False),
        (vm(2, user_template=None), True, False, False, None, False),
    ],
)
def test_facts_of_a_vm(
    facts: VmFacts, running: bool, finished: bool, failed: bool, ready: str | None, is_ready: bool
) -> None:
    assert (facts.running, facts.finished, facts.failed) == (running, finished, failed)
    assert (facts.ready, facts.is_ready) == (ready, is_ready)


def test_the_role_of_a_vm() -> None:
    assert vm(2).role_name == "supernode"
    assert vm(2, user_template=None).role_name == ""


def test_ready_vms_are_counted() -> None:
    role = service([vm(2), vm(3, ready="NO"), vm(4, "POWEROFF"), 5]).role("supernode")
    assert role is not None
    assert role.ready_count == 1


@pytest.mark.parametrize(
    ("snapshot", "complete"),
    [
        (service([vm(2), vm(3)]), True),
        (service([2, 3]), True),
        (service([vm(2), vm(3)], "DEPLOYING"), False),
        (service([vm(2), vm(3)], supernode_role={"cardinality": 3}), False),
        (service([vm(2), vm(3)], superlink=[]), False),
        (service([], superlink=[vm(1)]), False),
        (replace(service([vm(2)]), gone=True), False),
        (ServiceSnapshot(1, "x", 2), False),
        (replace(service([vm(2)]), roles=service([vm(2)]).roles[1:]), False),
    ],
)
def test_running_is_not_yet_complete(snapshot: ServiceSnapshot, complete: bool) -> None:
    assert snapshot.complete is complete


@pytest.mark.parametrize(
    ("snapshot", "failed"),
    [
        (service([vm(2)]), False),
        (service([vm(2)], "FAILED_DEPLOYING"), True),
        (service([vm(2)], "FAILED_UNDEPLOYING_NETS"), True),
        (service([], "DEPLOYING", supernode_role={"state": "FAILED_DEPLOYING"}), True),
        (service([vm(2)], "WARNING"), False),
        (replace(service([vm(2)], "FAILED_SCALING"), gone=True), False),
    ],
)
def test_a_failure_of_a_role_is_one_of_the_service(snapshot: ServiceSnapshot, failed: bool) -> None:
    assert snapshot.failed is failed


def test_a_service_that_is_gone_says_so() -> None:
    gone = replace(service([vm(2)]), gone=True)
    assert (gone.state_name, gone.running) == ("GONE", False)


def test_a_snapshot_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        service().state = 3  # type: ignore[misc]
