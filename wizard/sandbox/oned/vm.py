"""One virtual machine as oned keeps it, and the words in which oned shows it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from wizard.sandbox.blueprint import Host, User

PENDING, ACTIVE, DONE, POWEROFF = 1, 3, 6, 8
PROLOG, BOOT, RUNNING, EPILOG, SHUTDOWN, CANCEL = 1, 2, 3, 11, 12, 13
SHUTDOWN_POWEROFF, BOOT_POWEROFF, CLEANUP_DELETE, BOOT_FAILURE = 18, 20, 23, 36
FAILURES = frozenset({36, 37, 38, 39, 40, 41, 42, 44, 46, 47, 48, 49, 50, 61})
"""LCM states that OneFlow takes for a failure."""
AT_REST = frozenset({4, 5, POWEROFF, 9})
"""VM states STOPPED, SUSPENDED, POWEROFF, UNDEPLOYED: OneFlow waits no longer for such a VM."""
STATE_NAMES = {PENDING: "PENDING", ACTIVE: "ACTIVE", DONE: "DONE", POWEROFF: "POWEROFF"}

PERMISSIONS = {
    "OWNER_U": "1",
    "OWNER_M": "1",
    "OWNER_A": "0",
    "GROUP_U": "0",
    "GROUP_M": "0",
    "GROUP_A": "0",
    "OTHER_U": "0",
    "OTHER_M": "0",
    "OTHER_A": "0",
}
"""The rights of an object that only its owner may use, as oned writes them."""


class Guest(Protocol):
    """The operating system inside a VM."""

    def start(self) -> None:
        """Boot."""

    def stop(self) -> None:
        """Stop at once, as by a power-off."""


class Gate(Protocol):
    """The way from a guest to OneGate."""

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer; OSError when there is none."""

    def token(self, vm: VirtualMachine) -> str:
        """The token that oned left on the VM's context disk."""


@dataclass
class Stay:
    """One HISTORY record: a stay on a host. Times are whole seconds, 0 for not yet."""

    host: Host
    start: int
    prolog_end: int = 0
    running_start: int = 0
    running_end: int = 0
    epilog_start: int = 0
    end: int = 0


@dataclass
class VirtualMachine:
    """A VM. `state` and `lcm` are oned's numbers; times are whole seconds since 1970."""

    vid: int
    name: str
    owner: User
    template: dict[str, Any]
    user_template: dict[str, Any]
    start: int
    template_id: int = 0
    state: int = PENDING
    lcm: int = 0
    end: int = 0
    stays: list[Stay] = field(default_factory=list)
    boots_failed: int = 0
    scheduled: list[dict[str, str]] = field(default_factory=list)
    guest: Guest | None = None

    @property
    def running(self) -> bool:
        """ACTIVE and RUNNING."""
        return (self.state, self.lcm) == (ACTIVE, RUNNING)

    @property
    def failed(self) -> bool:
        """In a state that OneFlow takes for a failure."""
        return self.state == ACTIVE and self.lcm in FAILURES

    @property
    def role(self) -> str:
        """The name of the service role that it belongs to, or nothing."""
        return str(self.user_template.get("ROLE_NAME", ""))

    @property
    def service(self) -> int | None:
        """The id of the service that it belongs to."""
        text = str(self.user_template.get("SERVICE_ID", ""))
        return int(text) if text.isdigit() else None

    @property
    def nics(self) -> list[dict[str, Any]]:
        """Its network interfaces."""
        found = self.template.get("NIC", [])
        return found if isinstance(found, list) else [found]

    @property
    def ip(self) -> str:
        """The address of its first interface, or nothing."""
        return str(self.nics[0]["IP"]) if self.nics else ""

    @property
    def context(self) -> dict[str, str]:
        """What the guest finds in its contextualisation."""
        found: dict[str, str] = self.template.get("CONTEXT", {})
        return found

    @property
    def cpu(self) -> float:
        """Cores that it takes on a host."""
        return _number(self.template.get("CPU"))

    @property
    def memory(self) -> float:
        """Memory that it takes on a host, in MB."""
        return _number(self.template.get("MEMORY"))

    def identity(self) -> dict[str, str]:
        """Who it is and whose: the beginning of every form of it."""
        return {
            "ID": str(self.vid),
            "UID": str(self.owner.uid),
            "GID": str(self.owner.gid),
            "UNAME": self.owner.name,
            "GNAME": self.owner.group,
            "NAME": self.name,
        }


def full(vm: VirtualMachine, now: int, *, whole: bool = True) -> dict[str, Any]:
    """The VM as `one.vm.info` shows it at `now`; extended pools are not `whole`: the last history record alone."""
    first = 0 if whole else len(vm.stays) - 1
    return {
        **vm.identity(),
        "PERMISSIONS": PERMISSIONS,
        "LAST_POLL": str(now if vm.running else 0),
        "STATE": str(vm.state),
        "LCM_STATE": str(vm.lcm),
        "PREV_STATE": str(vm.state),
        "PREV_LCM_STATE": str(vm.lcm),
        "RESCHED": "0",
        "STIME": str(vm.start),
        "ETIME": str(vm.end),
        "DEPLOY_ID": f"{vm.stays[-1].host.name}:{vm.name}:dummy" if vm.running else "",
        "MONITORING": _monitoring(vm, now) if vm.running else {},
        "SCHED_ACTIONS": {"SCHED_ACTION": list(vm.scheduled)} if vm.scheduled else {},
        "TEMPLATE": _template(vm),
        "USER_TEMPLATE": dict(sorted(vm.user_template.items())),
        "HISTORY_RECORDS": {"HISTORY": _alone([_stay(vm, number) for number in range(first, len(vm.stays))])}
        if vm.stays
        else {},
        "BACKUPS": {"BACKUP_CONFIG": {}, "BACKUP_IDS": {}},
    }


def short(vm: VirtualMachine) -> dict[str, Any]:
    """The VM as pools show it that are not extended: no user template, so no READY."""
    nics = [{key: nic[key] for key in ("IP", "MAC", "NETWORK", "NIC_ID")} for nic in vm.nics]
    last = (
        [
            {"OID": str(vm.vid), "SEQ": str(len(vm.stays) - 1), "HOSTNAME": vm.stays[-1].host.name}
            | {
                "HID": str(vm.stays[-1].host.hid),
                "CID": "0",
                "DS_ID": "0",
                "VM_MAD": "dummy",
                "TM_MAD": "dummy",
                "ACTION": "0",
            }
        ]
        if vm.stays
        else []
    )
    return {
        **vm.identity(),
        "LAST_POLL": "0",
        "STATE": str(vm.state),
        "LCM_STATE": str(vm.lcm),
        "RESCHED": "0",
        "STIME": str(vm.start),
        "ETIME": str(vm.end),
        "DEPLOY_ID": f"{vm.stays[-1].host.name}:{vm.name}:dummy" if vm.running else "",
        "TEMPLATE": {"CPU": str(vm.template.get("CPU", "")), "MEMORY": str(vm.template.get("MEMORY", "")), "NIC": nics},
        "MONITORING": {},
        "USER_TEMPLATE": {},
        "HISTORY_RECORDS": {"HISTORY": last} if last else {},
    }


def _template(vm: VirtualMachine) -> dict[str, Any]:
    made = {
        "AUTOMATIC_DS_REQUIREMENTS": '("CLUSTERS/ID" @> 0)',
        "AUTOMATIC_NIC_REQUIREMENTS": '("CLUSTERS/ID" @> 0)',
        "AUTOMATIC_REQUIREMENTS": "(CLUSTER_ID = 0) & !(PIN_POLICY = PINNED)",
        **vm.template,
        "SECURITY_GROUP_RULE": [
            {
                "PROTOCOL": "ALL",
                "RULE_TYPE": way,
                "SECURITY_GROUP_ID": "0",
                "SECURITY_GROUP_NAME": "default",
            }
            for way in ("OUTBOUND", "INBOUND")
        ],
        "TEMPLATE_ID": str(vm.template_id),
        "VMID": str(vm.vid),
    }
    if vm.stays:
        made["TM_MAD_SYSTEM"] = "dummy"
    if isinstance(made.get("OS"), dict):
        made["OS"] = {**made["OS"], "UUID": str(uuid.UUID(bytes=hashlib.md5(str(vm.vid).encode()).digest()))}  # noqa: S324
    if vm.stays and isinstance(made.get("GRAPHICS"), dict):
        made["GRAPHICS"] = {**made["GRAPHICS"], "PORT": str(5900 + vm.vid % 60000)}
        made["GRAPHICS"] = dict(sorted(made["GRAPHICS"].items()))
    return {key: _alone(value) for key, value in sorted(made.items())}


def _alone(value: Any) -> Any:
    """A list of one looks like a single vector, once it has been XML."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _stay(vm: VirtualMachine, number: int) -> dict[str, str]:
    stay = vm.stays[number]
    return {
        "OID": str(vm.vid),
        "SEQ": str(number),
        "HOSTNAME": stay.host.name,
        "HID": str(stay.host.hid),
        "CID": "0",
        "STIME": str(stay.start),
        "ETIME": str(stay.end),
        "VM_MAD": "dummy",
        "TM_MAD": "dummy",
        "DS_ID": "0",
        "PLAN_ID": "-1",
        "ACTION_ID": "0",
        "PSTIME": str(stay.start),
        "PETIME": str(stay.prolog_end),
        "RSTIME": str(stay.running_start),
        "RETIME": str(stay.running_end),
        "ESTIME": str(stay.epilog_start),
        "EETIME": str(stay.end if stay.epilog_start else 0),
        "ACTION": "0",
        "UID": "-1",
        "GID": "-1",
        "REQUEST_ID": "-1",
    }


def _monitoring(vm: VirtualMachine, now: int) -> dict[str, str]:
    noise = hashlib.sha256(f"{vm.vid}/{now // 30}".encode()).digest()
    return {
        "CPU": str(noise[0] % 100),
        "DISKRDBYTES": str(noise[1] * 4),
        "DISKRDIOPS": str(noise[2] * 3),
        "DISKWRBYTES": str(noise[3] * 4),
        "DISKWRIOPS": str(noise[4] * 3),
        "ID": str(vm.vid),
        "MEMORY": str(30000 + noise[5] * 100),
        "NETRX": str(9000 + noise[6] * 10),
        "NETTX": str(9000 + noise[7] * 10),
        "TIMESTAMP": str(now),
    }


def _number(text: Any) -> float:
    try:
        return float(str(text))
    except ValueError:
        return 0.0
