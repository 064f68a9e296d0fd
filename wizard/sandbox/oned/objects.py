"""oned's elements for users, groups, VM templates, networks, images and hosts."""

from __future__ import annotations

import hashlib
from typing import Any

from wizard.sandbox.blueprint import Host, Image, Quota, User, VmTemplate
from wizard.sandbox.oned.resources import VirtualNetwork
from wizard.sandbox.oned.vm import ACTIVE, DONE, PERMISSIONS, VirtualMachine
from wizard.sandbox.world import WorldState

_FOR_ALL = {**PERMISSIONS, "OTHER_U": "1"}


def user(world: WorldState, shown: User) -> dict[str, Any]:
    """USER, with its quotas and their use."""
    template: dict[str, Any] = {"SSH_PUBLIC_KEY": ""}
    vms = [vm for vm in world.vms if vm.owner.uid == shown.uid and vm.state != DONE]
    if shown.token_password:
        template["TOKEN_PASSWORD"] = hashlib.sha256(shown.name.encode()).hexdigest()
    return {
        "ID": str(shown.uid),
        "GID": str(shown.gid),
        "GROUPS": {"ID": [str(shown.gid)]},
        "GNAME": shown.group,
        "NAME": shown.name,
        "PASSWORD": "",
        "AUTH_DRIVER": "core",
        "ENABLED": "1",
        "TEMPLATE": template,
        **_quotas(shown.quota, vms),
    }


def _quotas(quota: Quota | None, vms: list[VirtualMachine]) -> dict[str, Any]:
    vm_quota = {"VM": _vm_quota(quota, vms)} if quota else {}
    return {"DATASTORE_QUOTA": {}, "NETWORK_QUOTA": {}, "VM_QUOTA": vm_quota, "IMAGE_QUOTA": {}}


def _vm_quota(quota: Quota, vms: list[VirtualMachine]) -> dict[str, str]:
    running = [vm for vm in vms if vm.state == ACTIVE]
    limits = {"VMS": quota.vms, "CPU": quota.cpu, "MEMORY": quota.memory}
    shown: dict[str, str] = {}
    for key, limit in limits.items():
        shown[key] = f"{limit:g}"
        shown[f"{key}_USED"] = f"{_used(key, vms):g}"
        shown[f"RUNNING_{key}"] = "-2"
        shown[f"RUNNING_{key}_USED"] = f"{_used(key, running):g}"
    return {**shown, "SYSTEM_DISK_SIZE": "-2", "SYSTEM_DISK_SIZE_USED": "0"}


def _used(key: str, vms: list[VirtualMachine]) -> float:
    if key == "VMS":
        return len(vms)
    return sum(vm.cpu if key == "CPU" else vm.memory for vm in vms)


def group(world: WorldState, gid: int, name: str) -> dict[str, Any]:
    """GROUP, with its quotas and their use."""
    members = [str(member.uid) for member in world.accounts.everyone() if member.gid == gid]
    vms = [vm for vm in world.vms if vm.owner.gid == gid and vm.state != DONE]
    return {
        "ID": str(gid),
        "NAME": name,
        "TEMPLATE": {},
        "USERS": {"ID": members},
        "ADMINS": {},
        **_quotas(world.plan.group_quotas.get(gid), vms),
    }


def _owned(world: WorldState, uid: int) -> dict[str, str]:
    owner = world.accounts.numbered(uid) or world.administrator
    return {"UID": str(owner.uid), "GID": str(owner.gid), "UNAME": owner.name, "GNAME": owner.group}


def vm_template(world: WorldState, shown: VmTemplate) -> dict[str, Any]:
    """VMTEMPLATE"""
    return {
        "ID": str(shown.tid),
        **_owned(world, shown.owner),
        "NAME": shown.name,
        "PERMISSIONS": _FOR_ALL if shown.public else PERMISSIONS,
        "REGTIME": str(int(world.clock.now()) // 86400 * 86400 - 86400 * 30),
        "TEMPLATE": dict(sorted(shown.contents.items())),
    }


def network(world: WorldState, shown: VirtualNetwork) -> dict[str, Any]:
    """VNET"""
    plan = shown.plan
    return {
        "ID": str(plan.nid),
        **_owned(world, plan.owner),
        "NAME": plan.name,
        "PERMISSIONS": _FOR_ALL if plan.public else PERMISSIONS,
        "CLUSTERS": {"ID": ["0"]},
        "BRIDGE": f"br{plan.nid}",
        "BRIDGE_TYPE": "linux",
        "STATE": "1",
        "PREV_STATE": "1",
        "PARENT_NETWORK_ID": "" if shown.parent is None else str(shown.parent),
        "VN_MAD": "dummy",
        "PHYDEV": "",
        "VLAN_ID": "",
        "OUTER_VLAN_ID": "",
        "VLAN_ID_AUTOMATIC": "0",
        "OUTER_VLAN_ID_AUTOMATIC": "0",
        "USED_LEASES": str(len(shown.leases)),
        "VROUTERS": {},
        "UPDATED_VMS": {},
        "OUTDATED_VMS": {},
        "UPDATING_VMS": {},
        "ERROR_VMS": {},
        "TEMPLATE": {"BRIDGE_TYPE": "linux", "SECURITY_GROUPS": "0", "VN_MAD": "dummy"},
        "AR_POOL": {
            "AR": [
                {"AR_ID": "0", "IP": plan.first, "SIZE": str(plan.size), "TYPE": "IP4", "MAC": "02:00:0a:4d:00:02"}
                | {"USED_LEASES": str(len(shown.leases))}
            ]
        },
    }


def image(world: WorldState, shown: Image) -> dict[str, Any]:
    """IMAGE"""
    return {
        "ID": str(shown.iid),
        **_owned(world, shown.owner),
        "NAME": shown.name,
        "PERMISSIONS": _FOR_ALL if shown.public else PERMISSIONS,
        "TYPE": str(shown.kind),
        "DISK_TYPE": "0",
        "PERSISTENT": str(int(shown.persistent)),
        "REGTIME": str(int(world.clock.now()) // 86400 * 86400 - 86400 * 60),
        "SOURCE": "dummy_path",
        "PATH": "",
        "FORMAT": "qcow2",
        "FS": "",
        "SIZE": str(shown.size),
        "STATE": str(shown.state),
        "PREV_STATE": "1",
        "RUNNING_VMS": "0",
        "CLONING_OPS": "0",
        "CLONING_ID": "-1",
        "TARGET_SNAPSHOT": "-1",
        "DATASTORE_ID": "1",
        "DATASTORE": "default",
        "VMS": {},
        "CLONES": {},
        "APP_CLONES": {},
        "TEMPLATE": {},
        "SNAPSHOTS": {},
        "BACKUP_INCREMENTS": {},
        "BACKUP_DISK_IDS": {},
    }


def host(world: WorldState, shown: Host, usage: tuple[float, float, list[int]]) -> dict[str, Any]:
    """HOST; `usage` is cores and MB in use, and the ids of its VMs. CPU is shown in percent, memory in KB."""
    cpu, memory, vms = usage
    return {
        "ID": str(shown.hid),
        "NAME": shown.name,
        "STATE": str(shown.state),
        "PREV_STATE": "2",
        "IM_MAD": world.plan.hypervisor,
        "VM_MAD": world.plan.hypervisor,
        "CLUSTER_ID": "0",
        "CLUSTER": "default",
        "HOST_SHARE": {
            "MEM_USAGE": str(int(memory * 1024)),
            "CPU_USAGE": str(int(cpu * 100)),
            "TOTAL_MEM": str(shown.memory * 1024),
            "TOTAL_CPU": str(int(shown.cpu * 100)),
            "MAX_MEM": str(shown.memory * 1024),
            "MAX_CPU": str(int(shown.cpu * 100)),
            "RUNNING_VMS": str(len(vms)),
            "VMS_THREAD": "1",
            "DATASTORES": {"DISK_USAGE": "0"},
            "PCI_DEVICES": {},
            "NUMA_NODES": {},
        },
        "VMS": {"ID": [str(vid) for vid in vms]},
        "TEMPLATE": {"HYPERVISOR": world.plan.hypervisor, "HOSTNAME": shown.name},
        "MONITORING": {},
    }
