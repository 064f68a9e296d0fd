"""The named worlds and the condition that each stands for."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from tests.sandbox.cloud import Cloud, flower
from wizard.sandbox.worlds import WORLDS


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_every_world_starts_and_has_the_two_flower_templates(name: str) -> None:
    assert WORLDS[name].name == name
    with Cloud(name) as cloud:
        status, _ = cloud.ask("GET", "/service_template")
        assert status == 200
        templates = cloud.sandbox.world.vm_templates
        if name == "no-appliance":
            assert not any("Flower" in template.name for template in templates.values())
            return
        assert {0, 1} <= templates.keys()
        if name != "hostile-names":
            assert (templates[0].name, templates[1].name) == ("Flower SuperLink", "Flower SuperNode")
            assert cloud.sandbox.world.networks.get(0).plan.name == "flower-net"


def test_default_has_templates_of_other_applications() -> None:
    with Cloud() as cloud:
        _, pool = cloud.ask("GET", "/service_template")
        assert [document["NAME"] for document in pool["DOCUMENT_POOL"]["DOCUMENT"]] == ["Web shop"]
        assert len(cloud.sandbox.world.vm_templates) > 2
        assert cloud.ask("GET", "/service") == (200, {"DOCUMENT_POOL": {}})


def test_slow_boot_takes_minutes() -> None:
    with Cloud("slow-boot") as cloud:
        service = cloud.instantiate(flower())
        cloud.clock.advance(120)
        assert cloud.body(service)["state"] == 1
        cloud.until(service, 2)


def test_a_superlink_that_never_gets_ready_reports_its_error() -> None:
    with Cloud("superlink-never-ready") as cloud:
        service = cloud.instantiate(flower())
        cloud.clock.advance(600)
        assert cloud.body(service)["state"] == 1
        superlink = cloud.vm(cloud.nodes(service, "superlink")[0])
        assert superlink.running
        assert superlink.user_template["FL_READY"] == "NO"
        assert superlink.user_template["FL_ERROR"] == "health_check_timeout"
        assert cloud.nodes(service) == []
        assert cloud.recover(service, delete=True)[0] == 204
        cloud.until(service, None)


def test_the_second_supernode_fails_to_boot_once() -> None:
    with Cloud("supernode-boot-failure") as cloud:
        service = cloud.instantiate(flower())
        cloud.until(service, 7)
        failed = [cloud.vm(vid) for vid in cloud.nodes(service) if cloud.vm(vid).failed]
        assert [vm.name for vm in failed] == [f"supernode_1_(service_{service})"]
        assert cloud.recover(service)[0] == 204
        cloud.until(service, 2)


def test_no_capacity_leaves_a_vm_pending_with_the_schedulers_message() -> None:
    with Cloud("no-capacity") as cloud:
        service = cloud.instantiate(flower())
        cloud.clock.advance(200)
        assert cloud.body(service)["state"] == 1
        states = [cloud.vm(vid).state for vid in cloud.nodes(service)]
        assert states == [3, 1]
        message = cloud.vm(cloud.nodes(service)[1]).user_template["SCHED_MESSAGE"]
        assert message.endswith(": [HOST] Not enough CPU on hosts: 0,1")
        placed, pending = cloud.nodes(service)
        cloud.vm_action("terminate-hard", placed)
        cloud.clock.advance(30)
        assert cloud.vm(pending).running


def test_without_permission_pools_are_empty_and_the_reason_is_in_the_log_only() -> None:
    with Cloud("no-permission") as cloud:
        assert cloud.sandbox.username == "alice"
        for call, tag in (("one.templatepool.info", "VMTEMPLATE"), ("one.vnpool.info", "VNET")):
            assert not list(ElementTree.fromstring(cloud.oned(call, -2, -1, -1)[1]).iter(tag))
        assert cloud.oned("one.template.info", 0)[:3] == [
            False,
            "[one.template.info] User [4] : Not authorized to perform USE TEMPLATE [0].",
            0x0200,
        ]
        service = cloud.instantiate(flower())
        cloud.until(service, 7)
        assert cloud.messages(service)[1] == (
            "Role superlink : Instantiate failed for template 0; [one.template.instantiate] "
            "User [4] : Not authorized to perform USE TEMPLATE [0]."
        )
        assert cloud.recover(service, delete=True)[0] == 204
        cloud.until(service, None)


def test_hostile_names_arrive_unharmed() -> None:
    with Cloud("hostile-names") as cloud:
        templates = ElementTree.fromstring(cloud.oned("one.templatepool.info", -2, -1, -1)[1])
        assert [node.text for node in templates.iter("NAME")] == [
            template.name for template in WORLDS["hostile-names"].vm_templates
        ]
        _, pool = cloud.ask("GET", "/service")
        documents = pool["DOCUMENT_POOL"]["DOCUMENT"]
        assert documents[0]["NAME"] == "[/vm] [b"
        assert len(documents[1]["NAME"]) == 128
        assert all(document["TEMPLATE"]["BODY"]["state"] == 2 for document in documents)
        vms = ElementTree.fromstring(cloud.oned("one.vmpool.infoset", "0,1,2", True)[1])
        assert [vm.findtext("NAME") for vm in vms][:2] == ["[/] [b]vm", '<&"]]>']


def test_the_service_of_a_dead_superlink_stays_running() -> None:
    with Cloud("dead-superlink") as cloud:
        _, pool = cloud.ask("GET", "/service")
        service = int(pool["DOCUMENT_POOL"]["DOCUMENT"][0]["ID"])
        cloud.clock.advance(300)
        body = cloud.body(service)
        assert body["state"] == 2
        assert [(role["cardinality"], len(role["nodes"])) for role in body["roles"]] == [(0, 0), (3, 3)]
        assert cloud.sandbox.world.vms[0].state == 6
        assert body["start_time"] < cloud.clock.now() - 3000


def test_the_large_world_is_large() -> None:
    with Cloud("large") as cloud:
        _, pool = cloud.ask("GET", "/service")
        service = int(pool["DOCUMENT_POOL"]["DOCUMENT"][0]["ID"])
        nodes = cloud.nodes(service)
        ids = ",".join(str(vid) for vid in range(300))
        vms = ElementTree.fromstring(cloud.oned("one.vmpool.infoset", ids, True)[1])
        assert len(nodes) == 299
        assert len(vms) == 300
        assert vms[5].findtext("USER_TEMPLATE/FL_NODE_CONFIG") == "partition-id=4 num-partitions=299"
        assert all(cloud.vm(vid).running for vid in nodes)


def test_the_large_world_can_lose_and_gain_vms() -> None:
    with Cloud("large") as cloud:
        _, pool = cloud.ask("GET", "/service")
        service = int(pool["DOCUMENT_POOL"]["DOCUMENT"][0]["ID"])
        assert cloud.scale(service, 297)[0] == 204
        cloud.until(service, 2)
        assert cloud.scale(service, 300)[0] == 204
        cloud.until(service, 2)
        assert cloud.vm(cloud.nodes(service)[-1]).guest.node_config == "partition-id=299 num-partitions=300"
