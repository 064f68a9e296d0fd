"""OneFlow's life cycle: behaviour that the recordings show only in part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sandbox.cloud import Cloud, flower
from wizard.sandbox.blueprint import BootFailure, Guests, Quota, Timings, User
from wizard.sandbox.worlds import DEFAULT

SILENT = replace(DEFAULT, guests=Guests(silent=("superlink", "supernode")), autoscaler=0.0)


@pytest.mark.parametrize(
    "text",
    ["READY=YES", "FL_READY=YES", "FL_NODE_READY=YES", "NOT_READY=YES", "READY=YESTERDAY", 'NOTE="READY = YES"'],
)
def test_any_text_with_ready_yes_opens_the_gate(text: str) -> None:
    with Cloud(SILENT) as cloud:
        service = cloud.instantiate(flower())
        cloud.until(service, 1)
        cloud.clock.advance(15)
        assert cloud.nodes(service) == []
        cloud.oned("one.vm.update", cloud.nodes(service, "superlink")[0], text, 1)
        cloud.clock.advance(2)
        assert len(cloud.nodes(service)) == 2


@pytest.mark.parametrize("text", ["READY=NO", "READY=yes", "FL_READY=NO"])
def test_other_texts_do_not(text: str) -> None:
    with Cloud(SILENT) as cloud:
        service = cloud.instantiate(flower())
        cloud.until(service, 1)
        cloud.oned("one.vm.update", cloud.nodes(service, "superlink")[0], text, 1)
        cloud.clock.advance(100)
        assert cloud.nodes(service) == []
        assert cloud.body(service)["state"] == 1


def test_without_an_event_the_exact_attribute_is_seen_after_half_a_minute() -> None:
    with Cloud(SILENT) as cloud:
        service = cloud.instantiate(flower())
        cloud.until(service, 1)
        cloud.vm(cloud.nodes(service, "superlink")[0]).user_template["READY"] = "YES"
        cloud.clock.advance(25)
        assert cloud.nodes(service) == []
        cloud.clock.advance(10)
        assert len(cloud.nodes(service)) == 2


def test_a_role_lists_its_nodes_only_when_the_last_of_them_exists() -> None:
    with Cloud() as cloud:
        service = cloud.instantiate(flower(10))
        lengths = set()
        for _ in range(600):
            cloud.clock.advance(0.1)
            created = len([vm for vm in cloud.sandbox.world.vms if vm.role == "supernode"])
            lengths.add((created, len(cloud.nodes(service)) if cloud.body(service)["roles"][1].get("nodes") else 0))
        assert {created for created, _ in lengths} == set(range(11))
        assert {listed for created, listed in lengths if created < 10} == {0}
        assert (10, 10) in lengths


def test_a_quick_guest_in_a_large_role_gets_no_partition() -> None:
    quick = Timings(creation=1.0, schedule=0.1, prolog=0.1, boot=0.1, configure=0.1, ready=1.0, spread=0.0)
    with Cloud(replace(DEFAULT, timings=quick)) as cloud:
        service = cloud.running(flower(6))
        configs = [cloud.vm(vid).guest.node_config for vid in cloud.nodes(service)]
        assert configs == ["", "", "", "", "", "partition-id=5 num-partitions=6"]


def test_guests_take_their_position_and_the_length_at_boot() -> None:
    with Cloud() as cloud:
        service = cloud.running(flower(3))
        assert [cloud.vm(vid).guest.node_config for vid in cloud.nodes(service)] == [
            f"partition-id={number} num-partitions=3" for number in range(3)
        ]
        cloud.scale(service, 4)
        cloud.until(service, 2)
        assert cloud.vm(cloud.nodes(service)[3]).guest.node_config == "partition-id=3 num-partitions=4"
        assert cloud.vm(cloud.nodes(service)[0]).guest.node_config == "partition-id=0 num-partitions=3"


def test_an_explicit_node_config_wins() -> None:
    values = {"roles": [{"name": "supernode", "user_inputs_values": {"FL_NODE_CONFIG": "partition-id=7"}}]}
    with Cloud() as cloud:
        service = cloud.running(merge=values)
        assert {cloud.vm(vid).guest.node_config for vid in cloud.nodes(service)} == {"partition-id=7"}


def test_scaling_down_takes_the_oldest_and_rebooting_a_survivor_moves_it() -> None:
    with Cloud() as cloud:
        service = cloud.running(flower(4))
        before = cloud.nodes(service)
        cloud.scale(service, 2)
        cloud.until(service, 2)
        assert cloud.nodes(service) == before[2:]
        survivor = cloud.vm(before[2])
        assert survivor.guest.node_config == "partition-id=2 num-partitions=4"
        cloud.vm_action("reboot", survivor.vid)
        assert (survivor.state, survivor.lcm) == (3, 3)
        cloud.clock.advance(20)
        assert survivor.guest.node_config == "partition-id=0 num-partitions=2"
        assert survivor.guest.boots == 2


def test_a_role_action_reboots_one_vm_after_another() -> None:
    with Cloud() as cloud:
        service = cloud.running(flower(3))
        action = {"action": {"perform": "reboot", "params": {"period": 60, "number": 1}}}
        assert cloud.ask("POST", f"/service/{service}/role/supernode/action", action)[0] == 204
        boots = []
        for _ in range(3):
            cloud.clock.advance(30)
            boots.append([cloud.vm(vid).guest.boots for vid in cloud.nodes(service)])
            cloud.clock.advance(30)
        assert boots == [[2, 1, 1], [2, 2, 1], [2, 2, 2]]


def test_a_second_delete_removes_the_document_and_orphans_the_superlink() -> None:
    with Cloud() as cloud:
        service = cloud.running()
        superlink = cloud.nodes(service, "superlink")
        assert cloud.ask("DELETE", f"/service/{service}")[0] == 204
        assert cloud.body(service)["state"] == 3
        assert cloud.ask("DELETE", f"/service/{service}")[0] == 204
        assert cloud.ask("GET", f"/service/{service}") == (
            404,
            f"[one.document.info] Error getting document [{service}].",
        )
        cloud.clock.advance(60)
        assert cloud.alive(service) == superlink
        assert cloud.vm(superlink[0]).running


def test_recover_delete_while_undeploying_orphans_too_but_plain_recover_does_not() -> None:
    with Cloud() as cloud:
        first, second = cloud.running(), cloud.running()
        for service in (first, second):
            cloud.ask("DELETE", f"/service/{service}")
        cloud.recover(first, delete=True)
        cloud.recover(second)
        cloud.until(second, None)
        assert len(cloud.alive(first)) == 1
        assert cloud.alive(second) == []


def test_undeploying_takes_the_supernodes_before_the_superlink() -> None:
    with Cloud() as cloud:
        service = cloud.running()
        superlink = cloud.vm(cloud.nodes(service, "superlink")[0])
        supernodes = [cloud.vm(vid) for vid in cloud.nodes(service)]
        cloud.ask("DELETE", f"/service/{service}")
        cloud.until(service, None)
        assert superlink.end > max(vm.end for vm in supernodes)
        assert cloud.sandbox.world.networks.get(0).leases == {}


def test_recover_delete_leaves_vms_behind_when_a_role_is_short_of_its_cardinality() -> None:
    limited = (User(0, "oneadmin", 0, "oneadmin", quota=Quota(vms=3)),)
    with Cloud(replace(DEFAULT, users=limited)) as cloud:
        service = cloud.instantiate(flower(3))
        cloud.until(service, 1)
        cloud.clock.advance(30)
        assert cloud.role(service)["state"] == 7
        assert cloud.messages(service)[-1].endswith("user [0] limit of 3 reached for VMS quota in VM.")
        first, second = cloud.nodes(service)
        cloud.recover(service, delete=True)
        cloud.until(service, None)
        assert cloud.alive(service) == [second]
        assert cloud.vm(first).state == 6


def test_a_service_may_be_deleted_before_it_begins() -> None:
    with Cloud() as cloud:
        service = cloud.instantiate(flower())
        assert cloud.ask("DELETE", f"/service/{service}")[0] == 204
        cloud.clock.advance(30)
        assert cloud.ask("GET", f"/service/{service}")[0] == 404
        assert len(cloud.sandbox.world.vms) == 0


def test_power_off_is_a_warning_and_resume_ends_it() -> None:
    with Cloud() as cloud:
        service = cloud.running()
        vid = cloud.nodes(service)[0]
        cloud.vm_action("poweroff", vid)
        cloud.until(service, 4)
        assert cloud.role(service)["state"] == 4
        assert cloud.scale(service, 3) == (500, "Service cannot be scaled in state: WARNING")
        assert cloud.recover(service) == (500, "Service cannot be recovered in state: WARNING")
        cloud.vm_action("resume", vid)
        cloud.until(service, 2)
        assert cloud.vm(vid).guest.boots == 2


def test_a_refused_scale_stops_the_watchdog() -> None:
    with Cloud() as cloud:
        service = cloud.running()
        assert cloud.scale(service, 2) == (500, "Cardinality of supernode is already at 2")
        cloud.vm_action("poweroff", cloud.nodes(service)[0])
        cloud.clock.advance(30)
        assert cloud.body(service)["state"] == 2


def test_a_lost_superlink_leaves_the_service_running() -> None:
    with Cloud(replace(DEFAULT, autoscaler=0.0)) as cloud:
        service = cloud.running()
        cloud.vm_action("terminate", cloud.nodes(service, "superlink")[0])
        cloud.clock.advance(200)
        assert cloud.body(service)["state"] == 2
        assert cloud.role(service, "superlink")["cardinality"] == 0
        assert cloud.nodes(service, "superlink") == []


def test_boot_failures_are_noticed_after_half_a_minute() -> None:
    failing = replace(DEFAULT, guests=Guests(boot_failures=(BootFailure("superlink", 0),)))
    with Cloud(failing) as cloud:
        service = cloud.instantiate(flower())
        cloud.until(service, 1)
        cloud.clock.advance(20)
        vm = cloud.vm(cloud.nodes(service, "superlink")[0])
        assert (vm.state, vm.lcm) == (3, 36)
        assert "could not create domain" in vm.user_template["ERROR"]
        assert cloud.body(service)["state"] == 1
        cloud.clock.advance(15)
        assert cloud.body(service)["state"] == 7
        assert cloud.recover(service)[0] == 204
        states = []
        for _ in range(80):
            cloud.clock.advance(0.5)
            body = cloud.body(service)
            states.append((body["state"], *(role["state"] for role in body["roles"])))
        # The service is FAILED_DEPLOYING until every role runs.
        assert (7, 2, 1) in states
        assert states[-1] == (2, 2, 2)


def test_recover_ends_a_cooldown_at_once() -> None:
    with Cloud() as cloud:
        service = cloud.running(flower(2, cooldown=3000))
        cloud.scale(service, 3)
        cloud.until(service, 10)
        assert cloud.recover(service)[0] == 204
        assert cloud.body(service)["state"] == 2


def test_without_a_cooldown_the_servers_default_applies() -> None:
    template = flower()
    del template["roles"][1]["cooldown"]
    with Cloud() as cloud:
        service = cloud.running(template)
        assert cloud.role(service)["cooldown"] == 300
        cloud.scale(service, 3)
        cloud.until(service, 10)
        cloud.clock.advance(290)
        assert cloud.body(service)["state"] == 10
        cloud.clock.advance(20)
        assert cloud.body(service)["state"] == 2


def test_terminating_the_guest_that_hangs_settles_a_scaling() -> None:
    with Cloud(SILENT) as cloud:
        service = cloud.instantiate(flower())
        cloud.until(service, 1)
        for role in ("superlink", "supernode"):
            cloud.clock.advance(20)
            for vid in cloud.nodes(service, role):
                cloud.oned("one.vm.update", vid, "READY=YES", 1)
        cloud.until(service, 2)
        cloud.scale(service, 3)
        cloud.clock.advance(300)
        assert cloud.body(service)["state"] == 8
        hanging = cloud.nodes(service)[-1]
        cloud.vm_action("terminate-hard", hanging)
        cloud.clock.advance(10)
        assert cloud.body(service)["state"] == 2
        assert hanging not in cloud.nodes(service)


def test_a_cycle_of_parents_waits_for_ever_and_a_service_without_roles_runs_at_once() -> None:
    template = flower()
    template["roles"][0]["parents"] = ["supernode"]
    with Cloud() as cloud:
        cycle = cloud.instantiate(template)
        empty = cloud.instantiate({"name": "nothing", "roles": []})
        cloud.clock.advance(300)
        assert cloud.body(cycle)["state"] == 11
        assert cloud.body(empty)["state"] == 2


def test_without_the_gate_running_is_enough() -> None:
    template = flower()
    del template["ready_status_gate"]
    with Cloud(SILENT) as cloud:
        service = cloud.instantiate(template)
        cloud.until(service, 2)


def test_the_log_keeps_fifty_lines() -> None:
    with Cloud(replace(DEFAULT, autoscaler=0.0)) as cloud:
        service = cloud.running(flower(2, cooldown=1))
        for number in range(12):
            cloud.scale(service, 3 - number % 2)
            cloud.until(service, 2)
        assert len(cloud.messages(service)) == 50
        assert cloud.messages(service)[-1] == "New state: RUNNING"


def test_a_parents_address_can_be_asked_for() -> None:
    template = flower(template_contents={"CONTEXT": {"SUPERLINK": "${superlink.template.context.eth0_ip}"}})
    with Cloud() as cloud:
        service = cloud.running(template)
        address = cloud.vm(cloud.nodes(service, "superlink")[0]).ip
        assert {cloud.vm(vid).context["SUPERLINK"] for vid in cloud.nodes(service)} == {address}
