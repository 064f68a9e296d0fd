"""oned's XML-RPC, called by pyone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyone
import pytest

from tests.sandbox.cloud import Cloud, flower
from wizard.sandbox.blueprint import Quota, User
from wizard.sandbox.worlds import DEFAULT, WORLDS


def one(cloud: Cloud, user: str = "oneadmin") -> Any:
    """pyone, logged in."""
    return pyone.OneServer(cloud.sandbox.oned_url, session=f"{user}:{cloud.sandbox.password_of(user)}")


def test_the_version_and_who_i_am() -> None:
    world = replace(DEFAULT, version="7.0.1", users=(User(0, "oneadmin", 0, "oneadmin", quota=Quota(vms=5, cpu=8)),))
    with Cloud(world) as cloud:
        server = one(cloud)
        cloud.running()
        assert server.system.version() == "7.0.1"
        me = server.user.info(-1)
        assert (me.ID, me.NAME, me.GNAME) == (0, "oneadmin", "oneadmin")
        assert "TOKEN_PASSWORD" in me.TEMPLATE
        quota = me.VM_QUOTA.VM
        quota = quota[0] if isinstance(quota, list) else quota
        assert (float(quota.VMS), float(quota.VMS_USED), float(quota.CPU_USED), float(quota.MEMORY)) == (5, 3, 5, -2)
        assert server.group.info(-1).NAME == "oneadmin"


def test_pools_and_single_objects() -> None:
    with Cloud() as cloud:
        server = one(cloud)
        templates = server.templatepool.info(-2, -1, -1).VMTEMPLATE
        assert [(template.ID, template.NAME) for template in templates][:2] == [
            (0, "Flower SuperLink"),
            (1, "Flower SuperNode"),
        ]
        assert server.template.info(1).TEMPLATE["CONTEXT"]["TOKEN"] == "YES"
        assert server.vnpool.info(-2, -1, -1).VNET[0].NAME == "flower-net"
        network = server.vn.info(0)
        assert (network.NAME, network.USED_LEASES, network.AR_POOL.AR[0].SIZE) == ("flower-net", 0, 250)
        assert [image.NAME for image in server.imagepool.info(-2, -1, -1).IMAGE] == ["flower-os", "ubuntu-24.04"]


def test_hosts_show_what_is_taken_to_administrators_only() -> None:
    with Cloud() as cloud:
        cloud.running()
        hosts = one(cloud).hostpool.info().HOST
        assert sum(host.HOST_SHARE.CPU_USAGE for host in hosts) == 500
        assert sum(host.HOST_SHARE.MEM_USAGE for host in hosts) == (2048 + 2 * 4096) * 1024
        assert not one(cloud, "alice").hostpool.info().HOST


def test_vms_long_and_short_and_finished_ones() -> None:
    with Cloud() as cloud:
        server = one(cloud)
        service = cloud.running()
        vm = server.vm.info(0)
        assert [f"superlink_0_(service_{service})", 3, 3] == [vm.NAME, vm.STATE, vm.LCM_STATE]
        assert vm.USER_TEMPLATE["FL_ENDPOINT"] == f"{vm.TEMPLATE['NIC']['IP']}:9092"
        history = vm.HISTORY_RECORDS.HISTORY[0]
        assert history.HOSTNAME in {"node-a", "node-b", "node-c"}
        moments = [vm.STIME, history.PSTIME, history.RSTIME, cloud.clock.seconds()]
        assert moments == sorted(moments)
        short = server.vmpool.infoset("0,1,2", False).VM
        assert [vm.ID for vm in short] == [0, 1, 2]
        assert not short[0].USER_TEMPLATE
        assert short[1].HISTORY_RECORDS.HISTORY[0].HOSTNAME in {"node-a", "node-b", "node-c"}
        extended = server.vmpool.infoset("1,2", True).VM
        assert {vm.USER_TEMPLATE["READY"] for vm in extended} == {"YES"}
        cloud.scale(service, 1)
        cloud.until(service, 2)
        assert [vm.STATE for vm in server.vmpool.infoset("0,1,2", False).VM] == [3, 6, 3]
        assert [vm.ID for vm in server.vmpool.info(-2, -1, -1, -1).VM] == [0, 2]
        assert [vm.ID for vm in server.vmpool.info(-2, 1, 2, -2).VM] == [1, 2]
        assert server.vmpool.infoextended(-2, -1, -1, 6).VM[0].ETIME > 0


def test_a_search_fails_as_it_does_on_sqlite() -> None:
    with Cloud() as cloud, pytest.raises(pyone.OneInternalException, match="JSON query search is not supported"):
        one(cloud).vmpool.info(-2, -1, -1, -1, "SERVICE_ID=1")


def test_actions_and_updates() -> None:
    with Cloud() as cloud:
        server = one(cloud)
        cloud.running()
        assert server.vm.action("poweroff", 1) == 1
        cloud.clock.advance(10)
        assert server.vm.info(1).STATE == 8
        with pytest.raises(pyone.OneActionException):
            server.vm.action("poweroff", 1)
        server.vm.action("resume", 1)
        cloud.clock.advance(20)
        assert server.vm.info(1).STATE == 3
        assert len(server.vm.info(1).HISTORY_RECORDS.HISTORY) == 2
        server.vm.update(1, 'NOTE="a \\"b\\" = c"', 1)
        server.vm.update(1, {"LABEL": "x"}, 1)
        attributes = server.vm.info(1).USER_TEMPLATE
        assert (attributes["NOTE"], attributes["LABEL"], attributes["READY"]) == ('a "b" = c', "x", "YES")
        server.vm.action("terminate-hard", 1)
        cloud.clock.advance(10)
        assert server.vm.info(1).STATE == 6
        with pytest.raises(pyone.OneActionException):
            server.vm.action("terminate", 1)


def test_services_as_documents() -> None:
    with Cloud() as cloud:
        service = cloud.instantiate(flower())
        documents = one(cloud).documentpool.info(-2, -1, -1, 100).DOCUMENT
        assert [(document.ID, int(document.TYPE)) for document in documents] == [(service, 100)]
        body = one(cloud).document.info(service).TEMPLATE["BODY"]
        assert '"state": 0' in body


def test_refusals_are_pyones_exceptions() -> None:
    with Cloud() as cloud:
        wrong = pyone.OneServer(cloud.sandbox.oned_url, session="oneadmin:wrong")
        with pytest.raises(pyone.OneAuthenticationException):
            wrong.system.version()
        with pytest.raises(pyone.OneNoExistsException, match=r"\[one.vm.info\] Error getting virtual machine \[99\]."):
            one(cloud).vm.info(99)
        with pytest.raises(pyone.OneApiException):
            one(cloud).vm.migrate(1, 1, True)
        service = cloud.running()
        with pytest.raises(pyone.OneAuthorizationException):
            one(cloud, "alice").vm.info(0)
        with pytest.raises(pyone.OneAuthorizationException):
            one(cloud, "alice").document.info(service)
        assert not one(cloud, "alice").vmpool.infoset("0,1,2", False).VM
        assert not one(cloud, "alice").documentpool.info(-2, -1, -1, 100).DOCUMENT


def test_private_templates_are_hidden_from_users() -> None:
    with Cloud("no-permission") as cloud:
        assert not one(cloud, "alice").templatepool.info(-2, -1, -1).VMTEMPLATE
        assert len(one(cloud).templatepool.info(-2, -1, -1).VMTEMPLATE) == 4
        with pytest.raises(pyone.OneAuthorizationException):
            one(cloud, "alice").vn.info(0)


def test_hostile_names_survive_pyone() -> None:
    with Cloud("hostile-names") as cloud:
        names = [template.NAME for template in one(cloud).templatepool.info(-2, -1, -1).VMTEMPLATE]
        assert names == [template.name for template in WORLDS["hostile-names"].vm_templates]
