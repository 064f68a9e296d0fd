"""How far it is and what it waits for, in each situation that an operator meets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.services import NOW, service, vm
from wizard.core.cluster.diagnosis.finding import PATIENCE
from wizard.core.cluster.progress import Mark, phases, waiting_for
from wizard.core.opennebula.snapshot import SUPERLINK, ServiceSnapshot

HOSTILE = "\x1b[2J\u202e[red]x\ny"
SPELLED = "\\x1b[2J\\u202e[red]x\\ny"

SIGNS = {Mark.DONE: "+", Mark.ACTIVE: ">", Mark.TODO: ".", Mark.FAILED: "!"}


def line(snapshot: ServiceSnapshot) -> str:
    return " ".join(f"{SIGNS[phase.mark]}{phase.label}" for phase in phases(snapshot))


def link(state: str = "RUNNING", **more: object) -> list[object]:
    return [vm(1, state, role=SUPERLINK, **more)]


BEGUN = "+template registered +instantiated"


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (
            service(state="PENDING", superlink=[], supernode_role={"cardinality": 2}),
            f"{BEGUN} >SuperLink READY .SuperNodes 0/2 READY .RUNNING",
        ),
        (
            service(state="DEPLOYING", superlink=link(ready=None), supernode_role={"cardinality": 2}),
            f"{BEGUN} >SuperLink READY .SuperNodes 0/2 READY .RUNNING",
        ),
        (
            service([vm(2), vm(3, ready=None), vm(4, "BOOT", ready=None)], "DEPLOYING"),
            f"{BEGUN} +SuperLink READY >SuperNodes 1/3 READY .RUNNING",
        ),
        (service([vm(2), vm(3)], "DEPLOYING"), f"{BEGUN} +SuperLink READY +SuperNodes 2/2 READY >RUNNING"),
        (service([vm(2), vm(3)]), f"{BEGUN} +SuperLink READY +SuperNodes 2/2 READY +RUNNING"),
        (
            service([vm(2)], "FAILED_DEPLOYING", supernode_role={"state": "FAILED_DEPLOYING", "cardinality": 2}),
            f"{BEGUN} +SuperLink READY !SuperNodes 1/2 READY .RUNNING",
        ),
        (
            service([], "DEPLOYING", supernode_role={"state": "FAILED_DEPLOYING", "cardinality": 2}),
            f"{BEGUN} +SuperLink READY !SuperNodes 0/2 READY .RUNNING",
        ),
        (
            service([vm(2)], superlink=[], superlink_role={"cardinality": 0}),
            f"{BEGUN} !SuperLink lost +SuperNodes 1/1 READY .RUNNING",
        ),
        (
            service([vm(2), vm(3, "POWEROFF")], "WARNING"),
            f"{BEGUN} +SuperLink READY >SuperNodes 1/2 READY .RUNNING",
        ),
        (service([vm(2), vm(3)], "COOLDOWN"), f"{BEGUN} +SuperLink READY +SuperNodes 2/2 READY >RUNNING"),
        (service([vm(2), vm(3)], "UNDEPLOYING"), "+removal asked for >3 VMs stopping .gone"),
        (service([], "UNDEPLOYING_NETS", superlink=[]), "+removal asked for >0 VMs stopping .gone"),
        (service([vm(2)], "FAILED_UNDEPLOYING"), "+removal asked for !2 VMs stopping .gone"),
        (replace(service([vm(2)], "UNDEPLOYING"), gone=True), "+removed"),
        (
            ServiceSnapshot(1, "other", 1),
            f"{BEGUN} >SuperLink READY .SuperNodes 0/0 READY .RUNNING",
        ),
    ],
)
def test_phases(snapshot: ServiceSnapshot, expected: str) -> None:
    assert line(snapshot) == expected


WAITING = [
    ("all is well", service([vm(2), vm(3)]), ""),
    (
        "gone",
        replace(service([vm(2)], "FAILED_DEPLOYING"), gone=True),
        "The service is gone: OneFlow has removed its document.",
    ),
    (
        "nothing made yet",
        service(state="DEPLOYING_NETS", superlink=[]),
        "Waiting for OneFlow to create the VMs of superlink. It lists none before the last exists.",
    ),
    (
        "SuperNodes not listed yet",
        service(state="DEPLOYING"),
        "Waiting for OneFlow to create the VMs of supernode. It lists none before the last exists.",
    ),
    (
        "no host has room",
        service(
            state="DEPLOYING",
            superlink=link("PENDING", ready=None, template={"SCHED_MESSAGE": "Not enough CPU on hosts: 0,1,2"}),
        ),
        "VM 1 of superlink is PENDING, no host has taken it: Not enough CPU on hosts: 0,1,2.",
    ),
    (
        "not scheduled yet",
        service(state="DEPLOYING", superlink=link("PENDING", ready=None, stime=NOW - 9)),
        "Waiting for VM 1 of superlink: PENDING, no host has taken it yet.",
    ),
    (
        "booting",
        service(
            [vm(2), vm(3, "PROLOG", ready=None, stime=NOW - 41), vm(4, "BOOT", ready=None, stime=NOW - 9)], "DEPLOYING"
        ),
        "Waiting for VM 3 of supernode (and 1 more): PROLOG for 00:41.",
    ),
    (
        "running, not ready",
        service(state="DEPLOYING", superlink=link(ready=None, running_since=NOW - PATIENCE + 1)),
        "Waiting for VM 1 of superlink: RUNNING for 01:59, no READY yet; 02:00 is usual.",
    ),
    (
        "a guest that tells its steps",
        service(
            state="DEPLOYING",
            superlink=link(
                ready=None,
                running_since=NOW - 300,
                template={"FL_STAGE": "installing Flower 1.25.0\n\x1b[2J", "FL_STAGE_SINCE": str(NOW - 90)},
            ),
        ),
        "Waiting for VM 1 of superlink: RUNNING for 05:00, installing Flower 1.25.0\\n\\x1b[2J for 01:30.",
    ),
    (
        "READY=NO",
        service(state="DEPLOYING", superlink=link(ready="NO", running_since=NOW - 5)),
        "VM 1 of superlink says READY=NO.",
    ),
    (
        "running, never ready",
        service(state="DEPLOYING", superlink=link(ready=None, running_since=NOW - PATIENCE)),
        "VM 1 of superlink has been RUNNING for 02:00 and its guest has published nothing; usually it is READY within "
        "02:00. Most likely it can't reach OneGate.",
    ),
    (
        "the clocks differ",
        service(state="DEPLOYING", superlink=link(ready=None, running_since=NOW + 30)),
        "Waiting for VM 1 of superlink: RUNNING for 00:00, no READY yet; 02:00 is usual.",
    ),
    (
        "boot failure, with the driver's word",
        service(state="DEPLOYING", superlink=link("BOOT_FAILURE", ready=None, template={"ERROR": "DEPLOY: no KVM"})),
        "VM 1 of superlink is in BOOT_FAILURE: DEPLOY: no KVM",
    ),
    (
        "boot failure, without",
        service([vm(2), vm(3, "PROLOG_FAILURE", ready=None)], "FAILED_DEPLOYING"),
        "VM 3 of supernode is in PROLOG_FAILURE; look at its log with `onevm show`.",
    ),
    (
        "a role failed, the service does not say so",
        service([], "DEPLOYING", supernode_role={"state": "FAILED_DEPLOYING"}, log=["old", "no template [4711]."]),
        "Role supernode is FAILED_DEPLOYING: no template [4711]. The service says DEPLOYING, and will forever.",
    ),
    (
        "a role failed, the log is silent",
        service([vm(2)], "FAILED_SCALING", supernode_role={"state": "FAILED_SCALING"}),
        "Role supernode is FAILED_SCALING; see the log of the service.",
    ),
    (
        "a network failed, no role",
        service(state="FAILED_DEPLOYING_NETS", superlink=[], log=["no lease"]),
        "The service is FAILED_DEPLOYING_NETS: no lease",
    ),
    (
        "recovering: failed, but its roles move on",
        service([vm(2, "BOOT", ready=None, stime=NOW - 3)], "FAILED_DEPLOYING"),
        "Waiting for VM 2 of supernode: BOOT for 00:03.",
    ),
    (
        "a dead SuperLink",
        service([vm(2), vm(3)], superlink=[], superlink_role={"cardinality": 0}),
        "The SuperLink's VM is gone. OneFlow says RUNNING, but the cluster is dead: nothing coordinates it.",
    ),
    (
        "a warning",
        service([vm(2), vm(3, "POWEROFF")], "WARNING"),
        "WARNING: VM 3 of supernode is POWEROFF. It clears by itself once that VM runs again; recover does not help.",
    ),
    (
        "a warning, without VM facts",
        service([2, 3], "WARNING", superlink=[1]),
        "WARNING: a VM is not running. It clears by itself once that VM runs again; recover does not help.",
    ),
    (
        "a VM that stops after days does not stop for days",
        service([vm(2, "SHUTDOWN", stime=NOW - 300_000), vm(3)], "SCALING"),
        "Waiting for VM 2 of supernode: SHUTDOWN.",
    ),
    (
        "cooldown of the role that was scaled",
        service(
            [vm(2)], "COOLDOWN", superlink_role={"cooldown": 60}, supernode_role={"cooldown": 30, "state": "COOLDOWN"}
        ),
        "In COOLDOWN after a scale, for 30 s; nothing can be scaled until then.",
    ),
    (
        "cooldown that the template did not set",
        service([vm(2)], "COOLDOWN"),
        "In COOLDOWN after a scale, for 300 s; nothing can be scaled until then.",
    ),
    (
        "undeploying",
        service([vm(2)], "UNDEPLOYING"),
        "OneFlow stops the VMs, SuperNodes first. Send no second delete: it would leave the SuperLink behind.",
    ),
    ("oned can't be asked", service([2, 3], "DEPLOYING", superlink=[1]), ""),
    (
        "a running service whose guest says NO",
        service([vm(2, ready="NO")]),
        "VM 2 of supernode says READY=NO.",
    ),
    ("a running service whose guest never said", service([vm(2, ready=None)]), ""),
    (
        "a running service that lost a SuperNode",
        service([vm(2)], supernode_role={"min_vms": 2}),
        "Role supernode has 1 VMs of at least 2; OneFlow will create new ones.",
    ),
    (
        "hostile driver",
        service(state="DEPLOYING", superlink=link("BOOT_FAILURE", ready=None, template={"ERROR": HOSTILE})),
        f"VM 1 of superlink is in BOOT_FAILURE: {SPELLED}",
    ),
    (
        "hostile scheduler",
        service(state="DEPLOYING", superlink=link("PENDING", ready=None, template={"SCHED_MESSAGE": HOSTILE})),
        f"VM 1 of superlink is PENDING, no host has taken it: {SPELLED}.",
    ),
    (
        "hostile guest",
        service(state="DEPLOYING", superlink=link(ready=HOSTILE, running_since=NOW)),
        f"VM 1 of superlink says READY={SPELLED}.",
    ),
    (
        "hostile log",
        service([], "DEPLOYING", supernode_role={"state": "FAILED_DEPLOYING"}, log=[HOSTILE]),
        f"Role supernode is FAILED_DEPLOYING: {SPELLED}. The service says DEPLOYING, and will forever.",
    ),
]


@pytest.mark.parametrize(("snapshot", "said"), [case[1:] for case in WAITING], ids=[str(case[0]) for case in WAITING])
def test_waiting_for(snapshot: ServiceSnapshot, said: str) -> None:
    assert waiting_for(snapshot) == said


def test_a_hostile_role_name_is_spelled_out() -> None:
    snapshot = service([vm(2)], "FAILED_DEPLOYING")
    bad = replace(snapshot, roles=(*snapshot.roles, replace(snapshot.roles[1], name=HOSTILE, state=7)))
    assert waiting_for(bad) == f"Role {SPELLED} is FAILED_DEPLOYING; see the log of the service."
