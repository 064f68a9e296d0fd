"""The attributes that guests publish, and the conditions for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sandbox.cloud import Cloud, flower
from wizard.sandbox.blueprint import Guests
from wizard.sandbox.guests import partition
from wizard.sandbox.worlds import DEFAULT


def values(**inputs: str) -> dict[str, object]:
    """A merge template with service-level values."""
    return {"user_inputs_values": inputs}


def test_the_seeds_values_reach_the_guests() -> None:
    given = values(FLOWER_VERSION="1.25.0", FL_TLS_ENABLED="NO", ML_FRAMEWORK="sklearn")
    with Cloud() as cloud:
        service = cloud.running(merge=given)
        superlink = cloud.vm(cloud.nodes(service, "superlink")[0])
        supernode = cloud.vm(cloud.nodes(service)[0])
        published = superlink.user_template
        assert (published["FL_VERSION"], published["FL_TLS"], published["FL_ROLE"]) == ("1.25.0", "NO", "superlink")
        assert published["FL_ENDPOINT"] == f"{superlink.ip}:9092"
        assert "FL_CA_CERT" not in published
        assert supernode.user_template["FL_FRAMEWORK"] == "sklearn"
        assert supernode.user_template["FL_NODE_ID"] == str(supernode.vid)
        assert "FL_NODE_CONFIG" not in supernode.user_template


def test_with_tls_there_is_a_certificate() -> None:
    with Cloud() as cloud:
        service = cloud.running(merge=values(FL_TLS_ENABLED="YES"))
        assert cloud.vm(cloud.nodes(service, "superlink")[0]).user_template["FL_CA_CERT"].endswith("=")


def test_newer_guests_publish_their_node_config() -> None:
    with Cloud(replace(DEFAULT, guests=Guests(publish_node_config=True))) as cloud:
        service = cloud.running()
        configs = [cloud.vm(vid).user_template["FL_NODE_CONFIG"] for vid in cloud.nodes(service)]
        assert configs == ["partition-id=0 num-partitions=2", "partition-id=1 num-partitions=2"]


def test_ready_comes_last_but_the_gate_opens_on_the_first_line() -> None:
    with Cloud() as cloud:
        cloud.running()
        puts = [asked for asked in cloud.sandbox.requests if asked.call == "PUT /vm"]
        # Seven lines of the SuperLink, five of each SuperNode.
        assert len(puts) == 7 + 2 * 5


@pytest.mark.parametrize("key", ["TOKEN", "REPORT_READY"])
def test_without_token_or_report_ready_a_guest_reports_nothing(key: str) -> None:
    with Cloud() as cloud:
        service = cloud.instantiate(flower(), values(**{key: "NO"}))
        cloud.clock.advance(120)
        assert cloud.body(service)["state"] == 1
        assert "READY" not in cloud.vm(cloud.nodes(service, "superlink")[0]).user_template
        assert not [asked for asked in cloud.sandbox.requests if asked.server == "onegate"]


def test_a_guest_that_goes_down_stops_reporting() -> None:
    with Cloud() as cloud:
        service = cloud.instantiate(flower())
        cloud.until(service, 1)
        vm = cloud.vm(cloud.nodes(service, "superlink")[0])
        while not vm.running:
            cloud.clock.advance(0.5)
        cloud.vm_action("terminate-hard", vm.vid)
        cloud.clock.advance(60)
        assert "FL_READY" not in vm.user_template


def test_guests_of_other_roles_report_too() -> None:
    template = flower() | {"roles": [{"name": "worker", "type": "vm", "template_id": 0, "cardinality": 1}]}
    with Cloud() as cloud:
        service = cloud.running(template)
        assert cloud.vm(cloud.nodes(service, "worker")[0]).user_template["READY"] == "YES"


def test_the_partition_is_the_position_among_the_supernodes() -> None:
    service = {
        "roles": [
            {"name": "superlink", "nodes": [{"deploy_id": 4}]},
            {"name": "supernode", "nodes": [{"deploy_id": 9}, {"deploy_id": 7}]},
        ]
    }
    assert partition(service, 7) == "partition-id=1 num-partitions=2"
    assert partition(service, 4) == ""
    assert partition({}, 7) == ""


@pytest.mark.parametrize(("token", "report", "reports"), [("yes", "YES", True), ("YES", "yes", False)])
def test_oned_takes_yes_in_any_case_and_the_guest_to_the_letter(token: str, report: str, reports: bool) -> None:
    contents = {"template_contents": {"CONTEXT": {"token": token, "REPORT_READY": report}}}
    with Cloud() as cloud:
        service = cloud.instantiate(flower(1, **contents))
        cloud.clock.advance(300)
        (vid,) = cloud.nodes(service)
        assert ("READY" in cloud.vm(vid).user_template) is reports
