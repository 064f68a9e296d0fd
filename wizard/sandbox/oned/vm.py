"""A virtual machine in oned, its states, and its elements in XML-RPC answers."""

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
"""LCM states that OneFlow treats as failures."""
AT_REST = frozenset({4, 5, POWEROFF, 9})
"""VM states STOPPED, SUSPENDED, POWEROFF, UNDEPLOYED: OneFlow does not wait for such a VM."""
STATE_NAMES = {PENDING: "PENDING", ACTIVE: "ACTIVE", DONE: "DONE", POWEROFF: "POWEROFF"}
LCM_NAMES = {
    0: "LCM_INIT",
    PROLOG: "PROLOG",
    BOOT: "BOOT",
    RUNNING: "RUNNING",
    EPILOG: "EPILOG",
    SHUTDOWN: "SHUTDOWN",
    CANCEL: "CANCEL",
    SHUTDOWN_POWEROFF: "SHUTDOWN_POWEROFF",
    BOOT_POWEROFF: "BOOT_POWEROFF",
    CLEANUP_DELETE: "CLEANUP_DELETE",
    BOOT_FAILURE: "BOOT_FAILURE",
}
"""The names of the LCM states that a VM of the sandbox goes through."""

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
"""The permissions of an object that only its owner may use."""


class Guest(Protocol):
    """The operating system inside a VM."""

    def start(self) -> None:
        """Boot."""

    def stop(self) -> None:
        """Stop at once, as by a power-off."""


class Gate(Protocol):
    """A guest's connection to OneGate."""

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer; OSError when there is none."""

    def token(self, vm: VirtualMachine) -> str:
        """The token that oned left on the VM's context disk."""


@dataclass
class HistoryRecord:
    """A HISTORY record: the time on one host. Times are whole seconds, 0 for not yet."""

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
    history: list[HistoryRecord] = field(default_factory=list)
    boots_failed: int = 0
    scheduled: list[dict[str, str]] = field(default_factory=list)
    guest: Guest | None = None
    is_of_6: bool = False
    """True on an OpenNebula 6.x, which tells less of a VM."""

    @property
    def running(self) -> bool:
        """True if ACTIVE and RUNNING."""
        return (self.state, self.lcm) == (ACTIVE, RUNNING)

    @property
    def failed(self) -> bool:
        """True in a state that OneFlow treats as a failure."""
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
        nics = self.template.get("NIC", [])
        return nics if isinstance(nics, list) else [nics]

    @property
    def ip(self) -> str:
        """The address of its first interface, or nothing."""
        return str(self.nics[0]["IP"]) if self.nics else ""

    @property
    def context(self) -> dict[str, str]:
        """Its contextualisation, as the guest reads it."""
        context: dict[str, str] = self.template.get("CONTEXT", {})
        return context

    @property
    def cpu(self) -> float:
        """Cores that it uses on a host."""
        return _number(self.template.get("CPU"))

    @property
    def memory(self) -> float:
        """Memory that it uses on a host, in MB."""
        return _number(self.template.get("MEMORY"))

    def identity(self) -> dict[str, str]:
        """Its id, name and owner: the beginning of every element of it."""
        return {
            "ID": str(self.vid),
            "UID": str(self.owner.uid),
            "GID": str(self.owner.gid),
            "UNAME": self.owner.name,
            "GNAME": self.owner.group,
            "NAME": self.name,
        }


def full_form(vm: VirtualMachine, now: int, *, whole: bool = True) -> dict[str, Any]:
    """The VM as in `one.vm.info` at `now`; in extended pools it is not `whole`: only the last history record."""
    records = [_history_record(vm, number) for number in range(len(vm.history))]
    records = records if whole else records[-1:]
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
        "DEPLOY_ID": f"{vm.history[-1].host.name}:{vm.name}:dummy" if vm.running else "",
        "MONITORING": _monitoring(vm, now) if vm.running else {},
        "SCHED_ACTIONS": {"SCHED_ACTION": list(vm.scheduled)} if vm.scheduled else {},
        "TEMPLATE": _template(vm),
        "USER_TEMPLATE": dict(sorted(vm.user_template.items())),
        "HISTORY_RECORDS": {"HISTORY": _single(records)} if records else {},
        "BACKUPS": {"BACKUP_CONFIG": {}, "BACKUP_IDS": {}},
    }


def short_form(vm: VirtualMachine) -> dict[str, Any]:
    """The VM as in pools that are not extended: no user template, so no READY."""
    nics = [{key: nic[key] for key in ("IP", "MAC", "NETWORK", "NIC_ID")} for nic in vm.nics]
    keys = ("OID", "SEQ", "HOSTNAME", "HID", "CID", "DS_ID", "VM_MAD", "TM_MAD", "ACTION")
    record = _history_record(vm, len(vm.history) - 1) if vm.history else {}
    return {
        **vm.identity(),
        "LAST_POLL": "0",
        "STATE": str(vm.state),
        "LCM_STATE": str(vm.lcm),
        "RESCHED": "0",
        "STIME": str(vm.start),
        "ETIME": str(vm.end),
        "DEPLOY_ID": f"{vm.history[-1].host.name}:{vm.name}:dummy" if vm.running else "",
        "TEMPLATE": {"CPU": str(vm.template.get("CPU", "")), "MEMORY": str(vm.template.get("MEMORY", "")), "NIC": nics},
        "MONITORING": {},
        "USER_TEMPLATE": {},
        "HISTORY_RECORDS": {"HISTORY": [{key: record[key] for key in keys}]} if record else {},
    }


MEASURED_EVERY, KEPT = 30, 40
"""Seconds between two measurements of a VM, and how many of them are kept here."""


def measurements(vm: VirtualMachine, now: int) -> list[dict[str, str]]:
    """Every measurement of its present run that is kept; none of a VM that does not run."""
    if not vm.running or not vm.history:
        return []
    begun = vm.history[-1].running_start
    times = [now - MEASURED_EVERY * back for back in range(KEPT - 1, -1, -1)]
    return [_monitoring(vm, moment) for moment in times if moment >= begun]


def _template(vm: VirtualMachine) -> dict[str, Any]:
    attributes = {
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
    if vm.history:
        attributes["TM_MAD_SYSTEM"] = "dummy"
    if isinstance(attributes.get("OS"), dict):
        digest = hashlib.md5(str(vm.vid).encode()).digest()  # noqa: S324
        attributes["OS"] = {**attributes["OS"], "UUID": str(uuid.UUID(bytes=digest))}
    if vm.history and isinstance(attributes.get("GRAPHICS"), dict):
        attributes["GRAPHICS"] = {**attributes["GRAPHICS"], "PORT": str(5900 + vm.vid % 60000)}
        attributes["GRAPHICS"] = dict(sorted(attributes["GRAPHICS"].items()))
    if vm.is_of_6:
        attributes["AUTOMATIC_REQUIREMENTS"] = "(CLUSTER_ID = 0) & !(PUBLIC_CLOUD = YES) & !(PIN_POLICY = PINNED)"
        attributes["CONTEXT"] = {key: item for key, item in vm.context.items() if not key.endswith("_ROUTES")}
        attributes["DISK"] = {key: item for key, item in vm.template["DISK"].items() if key != "PERSISTENT_SNAPSHOTS"}
    return {key: _single(value) for key, value in sorted(attributes.items())}


def _single(value: Any) -> Any:
    """A list of one as its only item: XML does not distinguish them."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _history_record(vm: VirtualMachine, number: int) -> dict[str, str]:
    record = vm.history[number]
    placed = {} if vm.is_of_6 else {"PLAN_ID": "-1", "ACTION_ID": "0"}
    return {
        "OID": str(vm.vid),
        "SEQ": str(number),
        "HOSTNAME": record.host.name,
        "HID": str(record.host.hid),
        "CID": "0",
        "STIME": str(record.start),
        "ETIME": str(record.end),
        "VM_MAD": "dummy",
        "TM_MAD": "dummy",
        "DS_ID": "0",
        **placed,
        "PSTIME": str(record.start),
        "PETIME": str(record.prolog_end),
        "RSTIME": str(record.running_start),
        "RETIME": str(record.running_end),
        "ESTIME": str(record.epilog_start),
        "EETIME": str(record.end if record.epilog_start else 0),
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


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return 0.0
