"""Each rule of the diagnosis: a case that makes it fire, and a near miss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.core.services import NOW, node, role, service, vm
from wizard.core.cluster.diagnosis import Action, Finding, Severity, diagnose, gravest, rules
from wizard.core.cluster.diagnosis.finding import INSTALLS, PATIENCE
from wizard.core.cluster.diagnosis.service import EARLY
from wizard.core.cluster.diagnosis.vms import STUCK, UNSCHEDULED
from wizard.core.cluster.partitions import assignments
from wizard.core.cluster.underway import Doing, Underway
from wizard.core.opennebula.snapshot import SUPERLINK, LogLine, ServiceSnapshot, VmFacts
from wizard.core.text import one_line

TOKEN = {"TOKEN": "YES", "REPORT_READY": "YES"}


def link(state: str = "RUNNING", *, ago: int = 10, **more: Any) -> list[VmFacts]:
    """A SuperLink that was started so many seconds ago and is not READY."""
    since = NOW - ago
    return [vm(1, state, role=SUPERLINK, **{"ready": None, "stime": since, "running_since": since, **more})]


def deploying(**more: Any) -> ServiceSnapshot:
    return service(**{"state": "DEPLOYING", "supernode_role": {"cardinality": 2}, **more})


def nodes(*states: str, ago: int = 10, **more: Any) -> list[VmFacts]:
    made = NOW - ago
    return [
        vm(number, state, **{"ready": None, "stime": made, "running_since": made, **more})
        for number, state in enumerate(states, 2)
    ]


def names(snapshot: ServiceSnapshot) -> list[str]:
    return [finding.name for finding in diagnose(snapshot)]


INSTALLING = {"FL_STAGE": "installing Flower", "FL_STAGE_SINCE": str(NOW - 60)}
LOST_TOKEN = {"context": {"REPORT_READY": "YES"}}
CLIENTS = {"values": {"FL_MIN_FIT_CLIENTS": "3", "FL_MIN_AVAILABLE_CLIENTS": "2"}}
SCHED = {"template": {"SCHED_MESSAGE": "Mon: [HOST] Not enough CPU on hosts: 0,1,2"}}
CUT = "partition-id=0 num-partitions=2"
REPORTED = {"template": {"FL_NODE_CONFIG": CUT}}


def circle(*parents: str) -> ServiceSnapshot:
    """PENDING, with roles a, b and c of these parents."""
    roles = tuple(
        role(name, [], "PENDING", parents=(parent,) if parent else ())
        for name, parent in zip("abc", parents, strict=True)
    )
    return ServiceSnapshot(42, "flower", 0, roles=roles, taken_at=NOW)


def shards(*told: str, state: str = "RUNNING", **more: Any) -> ServiceSnapshot:
    """SuperNodes from VM 2 on that report `i/n` each."""
    configs = [text.split("/") for text in told]
    reports = [{"FL_NODE_CONFIG": f"partition-id={shard} num-partitions={count}"} for shard, count in configs]
    return service([vm(number, template=report) for number, report in enumerate(reports, 2)], state, **more)


def following(told: Sequence[str], *, changed: float) -> ServiceSnapshot:
    """SuperNodes whose guests follow the list, which changed so many seconds ago."""
    seen = shards(*told)
    supernodes = seen.roles[1]
    nodes = tuple(
        replace(item, vm=replace(item.vm, context={"FL_FOLLOW": "yes"})) for item in supernodes.nodes if item.vm
    )
    log = (LogLine(int(NOW - changed), "I", "New state: COOLDOWN"), LogLine(NOW, "I", "New state: RUNNING"))
    return replace(seen, roles=(seen.roles[0], replace(supernodes, nodes=nodes)), log=log)


FIRES: list[tuple[str, ServiceSnapshot, str]] = [
    ("superlink-gone", service([vm(2), vm(3)], superlink=[]), "the cluster is dead"),
    (
        "unreadable",
        service([vm(2), vm(3)], unreadable=("roles[1].max_vms is 'x', not a whole number", "log[0]")),
        "can't be read in 2 places: roles[1].max_vms is 'x'",
    ),
    ("node-lost", service([vm(2), -1, vm(3), -2]), "lists 2 nodes of supernode without a VM, at positions 1, 3"),
    (
        "node-lost",
        service([vm(2), vm(3)], "SCALING", superlink=[-1]),
        "node of superlink without a VM, at position 0",
    ),
    ("superlink-gone", service([vm(2), vm(3)], superlink=[-1]), "the cluster is dead"),
    (
        "vm-failed",
        service([vm(2), vm(3, "BOOT_FAILURE", template={"ERROR": "DEPLOY: no KVM"})], "DEPLOYING"),
        "VM 3 of supernode is in BOOT_FAILURE: DEPLOY: no KVM",
    ),
    ("vm-failed", deploying(superlink=link("PROLOG_FAILURE")), "look at its log"),
    ("parents-cycle", circle("b", "c", "a"), "a → b → c → a"),
    ("parents-cycle", circle("", "c", "b"), "b → c → b"),
    ("parents-cycle", circle("a", "", ""), "a → a"),
    (
        "role-failed",
        service([], "DEPLOYING", supernode_role={"state": "FAILED_DEPLOYING", "cardinality": 2}, log=["no [9]."]),
        "no [9]. The service says DEPLOYING, and will forever.",
    ),
    ("service-failed", service(state="FAILED_DEPLOYING_NETS", superlink=[], log=["no lease"]), "no lease"),
    ("service-failed", service([vm(2)], "FAILED_UNDEPLOYING"), "FAILED_UNDEPLOYING; see the log"),
    ("warning", service([vm(2), vm(3, "POWEROFF")], "WARNING"), "VM 3 of supernode is POWEROFF"),
    ("vm-pending", deploying(superlink=link("PENDING", **SCHED)), "Not enough CPU on hosts: 0,1,2"),
    ("vm-pending", deploying(superlink=link("PENDING", ago=UNSCHEDULED)), "no host has taken it."),
    ("vm-stuck", deploying(superlink=link("PROLOG", ago=STUCK)), "in PROLOG, 15:00 after it was made"),
    (
        "superlink-unhealthy",
        deploying(superlink=link(template={"FL_READY": "NO", "FL_ERROR": "health_check_timeout"})),
        "says FL_READY=NO with FL_ERROR=health_check_timeout, so its health check never passed",
    ),
    ("supernode-unhealthy", service([vm(2), vm(3, ready="NO")]), "VM 3 of supernode says READY=NO"),
    (
        "supernode-unhealthy",
        deploying(supernodes=nodes("RUNNING", template={"FL_NODE_READY": "NO"})),
        "FL_NODE_READY=NO",
    ),
    (
        "supernode-unhealthy",
        service([vm(2, template={"FL_STAGE": "running", "FL_ERROR": "flower-supernode ended", "FL_NODE_READY": "NO"})]),
        "FL_NODE_READY=NO with FL_ERROR=flower-supernode ended",
    ),
    (
        "superlink-unhealthy",
        deploying(superlink=link(template={"FL_STAGE": "installing Flower", "FL_ERROR": "no space left on the disk."})),
        "says FL_ERROR=no space left on the disk.",
    ),
    (
        "superlink-not-ready",
        deploying(
            superlink=link(ago=INSTALLS, template={"FL_STAGE": "installing Flower", "FL_STAGE_SINCE": f"{NOW - 60}"})
        ),
        "is still installing Flower for 01:00, but not READY",
    ),
    ("superlink-no-token", deploying(superlink=link(**LOST_TOKEN)), "lacks TOKEN=YES"),
    ("supernode-no-token", deploying(supernodes=nodes("RUNNING", **LOST_TOKEN)), "VM 2 of supernode has no OneGate"),
    ("superlink-silent", deploying(superlink=link(ago=PATIENCE, context=TOKEN)), "RUNNING for 02:00"),
    ("supernode-silent", deploying(supernodes=nodes("RUNNING", ago=PATIENCE, context=TOKEN)), "published nothing"),
    ("superlink-not-ready", deploying(superlink=link(ago=PATIENCE, template={"FL_READY": "YES"})), "FL_READY, but not"),
    (
        "supernode-not-ready",
        deploying(supernodes=nodes("RUNNING", ago=PATIENCE, template={"FL_NODE_READY": "YES"})),
        "FL_NODE_READY, but not READY",
    ),
    (
        "supernodes-too-early",
        deploying(superlink=link(template={"FL_READY": "YES"}), supernodes=nodes("RUNNING", "BOOT", ago=EARLY)),
        "VMs 2, 3 of supernode were created though the SuperLink never said READY: OneFlow took FL_READY=YES",
    ),
    (
        "supernodes-too-early",
        deploying(superlink=link(template={"NOTE": '"NOT_READY = YES"'}), supernodes=nodes("BOOT", ago=EARLY)),
        "NOTE=",
    ),
    ("too-few-clients", service([vm(2), vm(3)], superlink_role=CLIENTS), "FL_MIN_FIT_CLIENTS is 3"),
    ("below-min-vms", service([vm(2)], supernode_role={"min_vms": 2}), "1 VMs of at least 2"),
    (
        "supernode-no-partition",
        service([vm(2, **REPORTED), vm(3)]),
        "VM 3 of supernode has no partition",
    ),
    (
        "superlink-off",
        service([vm(2), vm(3)], "WARNING", superlink=[vm(1, "POWEROFF", role=SUPERLINK)]),
        "VM 1 of superlink is POWEROFF: nothing coordinates the cluster",
    ),
    (
        "ready-gate-off",
        service([vm(2), vm(3, ready=None)], gated=False),
        "RUNNING, but VM 3 of supernode is not READY: ready_status_gate is off",
    ),
    ("supernode-stale", shards("1/2", "0/2"), "2 SuperNodes are stale (VMs 2, 3): they train on"),
    (
        "supernode-follows",
        following(("0/2", "1/2", "2/3"), changed=5),
        "VMs 2, 3 take up their new partition by themselves",
    ),
    (
        "supernode-collision",
        service([vm(2), vm(3)], values={"FL_NODE_CONFIG": "partition-id=0 num-partitions=2"}),
        "VMs 2, 3 have the same partition as another",
    ),
    ("cooldown", service([vm(2)], "COOLDOWN", supernode_role={"cooldown": 30}), "nothing can be scaled until then"),
]


@pytest.mark.parametrize(("name", "snapshot", "words"), FIRES, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(FIRES)])
def test_a_rule_fires_and_no_other(name: str, snapshot: ServiceSnapshot, words: str) -> None:
    (finding,) = diagnose(snapshot)
    assert finding.name == name
    assert words in finding.means
    assert finding.subject
    assert finding.look
    assert finding.helps
    assert 0 < len(finding.brief) <= 24
    assert finding.brief == one_line(finding.brief)


TOGETHER: list[tuple[str, ServiceSnapshot, list[str]]] = [
    ("after a scale up", shards("0/2", "1/2", "2/3"), ["2 stale", "1/3 twice"]),
    ("after a scale down", shards("2/4", "3/4"), ["1/2 not trained", "2 stale"]),
    ("down, then up", shards("2/4", "3/4", "2/4", "3/4"), ["1/2 not trained", "2 stale", "4 on the same shard"]),
    ("in COOLDOWN", shards("0/2", "1/2", "2/3", state="COOLDOWN"), ["2 stale", "1/3 twice", "cooldown"]),
]
"""What a scale leaves behind; each of it is put right by restarting what is stale."""


@pytest.mark.parametrize(("snapshot", "briefs"), [case[1:] for case in TOGETHER], ids=[case[0] for case in TOGETHER])
def test_what_a_scale_leaves_behind_is_found(snapshot: ServiceSnapshot, briefs: list[str]) -> None:
    found = diagnose(snapshot)
    assert [item.brief for item in found] == briefs
    grave = {"shards-missing": Severity.ERROR, "cooldown": Severity.INFO}
    assert [item.severity for item in found] == [grave.get(item.name, Severity.WARNING) for item in found]
    assert {item.action for item in found if item.name != "cooldown"} == {Action.RESTART}


def test_a_shard_of_a_supernode_that_is_off_is_not_missing_for_ever() -> None:
    off = service([vm(2), vm(3, "POWEROFF")], "WARNING")
    assert names(off) == ["warning"]


def test_a_restart_explains_what_it_causes_and_nothing_else() -> None:
    snapshot = shards("1/2", "0/2", state="WARNING")
    supernodes = replace(snapshot.roles[1], nodes=(node(vm(2, "POWEROFF", ready="NO")), snapshot.roles[1].nodes[1]))
    down = replace(snapshot, roles=(snapshot.roles[0], supernodes))
    restart = Underway(Doing.RESTART, (2, 3))
    assert "warning" in names(down)
    assert diagnose(down, underway=restart) == ()
    assert [item.vm_ids for item in diagnose(down, underway=replace(restart, done=1)) if item.name == "warning"] == [
        (2,)
    ]
    failed = replace(down, roles=(down.roles[0], replace(supernodes, nodes=(node(vm(2, "BOOT_FAILURE")),))))
    assert [item.name for item in diagnose(failed, underway=restart)] == ["vm-failed"]


def test_a_removal_and_a_recover_explain_what_they_are_for() -> None:
    bad = service([vm(2)], "FAILED_DEPLOYING", supernode_role={"state": "FAILED_DEPLOYING", "cardinality": 2})
    assert names(bad) == ["role-failed"]
    assert diagnose(bad, underway=Underway(Doing.RECOVER)) == ()
    assert diagnose(service([vm(2)], superlink=[]), underway=Underway(Doing.REMOVE)) == ()
    assert [
        item.name for item in diagnose(service([vm(2)], "FAILED_UNDEPLOYING"), underway=Underway(Doing.REMOVE))
    ] == ["service-failed"]


MISSES: list[tuple[str, ServiceSnapshot]] = [
    ("all is well", service([vm(2), vm(3)])),
    ("superlink-gone: not yet made", deploying(superlink=[])),
    ("superlink-gone: being removed", service([], "UNDEPLOYING", superlink=[])),
    ("vm-failed: only off", service([vm(2, "POWEROFF")], "SCALING")),
    ("parents-cycle: a chain", circle("", "a", "b")),
    ("parents-cycle: a parent that does not exist", circle("nope", "a", "b")),
    (
        "role-failed: it is being recovered",
        service(nodes("BOOT"), "FAILED_DEPLOYING", supernode_role={"state": "FAILED_DEPLOYING"}),
    ),
    ("service-failed: it is being recovered", service(nodes("BOOT"), "FAILED_DEPLOYING")),
    ("warning: the VM is off, and OneFlow has not noticed", service([vm(2), vm(3, "POWEROFF")])),
    ("vm-pending: a moment", deploying(superlink=link("PENDING", ago=UNSCHEDULED - 1))),
    ("vm-stuck: nearly", deploying(superlink=link("PROLOG", ago=STUCK - 1))),
    ("vm-stuck: an old VM that is resumed", service([vm(2, "BOOT_POWEROFF", stime=1)], "RUNNING")),
    ("unhealthy: not yet READY", deploying(superlink=link())),
    ("unhealthy: an error of old, READY now", service([vm(2, template={"FL_ERROR": "x", "FL_NODE_READY": "NO"})])),
    (
        "not-ready: it installs, as it says",
        deploying(superlink=link(ago=INSTALLS - 1, template={"FL_STAGE": "installing Flower", "FL_READY": "NO"})),
    ),
    ("unhealthy: it is stopping", service(nodes("SHUTDOWN", template={"FL_NODE_READY": "NO"}), "UNDEPLOYING")),
    ("no-token: CONTEXT was not read", deploying(superlink=link(context=None))),
    ("no-token: it reports all the same", deploying(superlink=link(template={"FL_READY": "YES"}, **LOST_TOKEN))),
    ("no-token: nobody waits for READY", service([vm(2, ready=None, **LOST_TOKEN)])),
    ("silent: nearly", deploying(superlink=link(ago=PATIENCE - 1, context=TOKEN))),
    ("silent: its template was not read", deploying(superlink=link(ago=PATIENCE, user_template=None))),
    ("silent: nobody waits for READY", service([vm(2, ready=None)])),
    ("not-ready: nearly", deploying(superlink=link(ago=PATIENCE - 1, template={"FL_READY": "YES"}))),
    (
        "too-early: the moment between FL_READY and READY",
        deploying(superlink=link(template={"FL_READY": "YES"}), supernodes=nodes("BOOT", ago=EARLY - 1)),
    ),
    (
        "too-early: READY by now",
        deploying(superlink=link(ready="YES", template={"FL_READY": "YES"}), supernodes=nodes("BOOT", ago=EARLY)),
    ),
    (
        "too-early: nothing held READY=YES",
        deploying(superlink=link(template={"FL_READY": "yes"}), supernodes=nodes("BOOT", ago=EARLY)),
    ),
    ("node-lost: of a VM that oned was not asked about", service([vm(2), 3])),
    ("too-few-clients: just enough", service([vm(2), vm(3), vm(4)], superlink_role=CLIENTS)),
    ("too-few-clients: they are still being made", deploying(supernodes=nodes("BOOT"), superlink_role=CLIENTS)),
    ("below-min-vms: just enough", service([vm(2), vm(3)], supernode_role={"min_vms": 2})),
    ("stale: the list still changes", shards("0/2", "1/2", "2/3", state="SCALING")),
    ("missing: the operator's word", service([vm(2)], values={"FL_NODE_CONFIG": "partition-id=1 num-partitions=3"})),
    ("missing: what one has is not known", service([vm(2, template={"FL_NODE_CONFIG": CUT}), 3])),
    ("gate-off: all are READY", service([vm(2), vm(3)], gated=False)),
    ("gate-off: OneFlow waits for READY", service([vm(2), vm(3, ready=None)], gated=True)),
    ("no-partition: the operator's word", service([vm(2)], values={"FL_NODE_CONFIG": "site='north'"})),
    ("no-partition: still asking", deploying(supernodes=[vm(2, **REPORTED), vm(3, "BOOT", ready=None, stime=NOW)])),
    ("gone", replace(service([vm(3, "BOOT_FAILURE")], "FAILED_DEPLOYING"), gone=True)),
]


@pytest.mark.parametrize("snapshot", [case[1] for case in MISSES], ids=[case[0] for case in MISSES])
def test_a_near_miss_is_none(snapshot: ServiceSnapshot) -> None:
    assert names(snapshot) == []


def test_every_rule_has_a_case() -> None:
    snapshots = [*(case[1] for case in FIRES), *(case[1] for case in TOGETHER)]
    said = {name for name, *_ in FIRES} | {item.name for case in TOGETHER for item in diagnose(case[1])}
    firing = {
        place
        for snapshot in snapshots
        for place, rule in enumerate(rules(assignments(snapshot)))
        if list(rule(snapshot))
    }
    assert firing == set(range(len(rules(()))))
    assert {finding.name for snapshot in snapshots for finding in diagnose(snapshot)} == said


def test_many_vms_with_one_fault_are_one_finding() -> None:
    (finding,) = diagnose(service([vm(2), *(vm(number, "BOOT_FAILURE") for number in range(3, 40))], "DEPLOYING"))
    assert finding.means.startswith("VM 3 of supernode (and 36 more) is in BOOT_FAILURE")
    assert finding.vm_ids == tuple(range(3, 40))


def test_a_vm_that_failed_is_told_and_not_the_role_and_the_warning_beside_it() -> None:
    failed = [vm(2), vm(3, "BOOT_FAILURE")]
    assert names(service(failed, "FAILED_DEPLOYING", supernode_role={"state": "FAILED_DEPLOYING"})) == ["vm-failed"]
    assert names(service(failed, "WARNING")) == ["vm-failed"]


def test_the_graver_comes_first() -> None:
    found = diagnose(service([vm(2)], superlink=[], supernode_role={"min_vms": 2}))
    assert [finding.name for finding in found] == ["superlink-gone", "below-min-vms"]
    assert [finding.severity for finding in found] == [Severity.ERROR, Severity.WARNING]
    assert names(service([vm(2)], "COOLDOWN", superlink=[])) == ["superlink-gone", "cooldown"]


def test_a_cooldown_tells_how_long_it_still_lasts_and_that_recover_ends_it() -> None:
    snapshot = service([vm(2)], "COOLDOWN", supernode_role={"cooldown": 30, "state": "COOLDOWN"})
    logged = replace(snapshot, log=(LogLine(NOW - 12, "I", "New state: COOLDOWN"), LogLine(NOW, "I", "x")))
    (finding,) = diagnose(logged)
    assert "for 30 s (00:18 left)" in finding.means
    assert "recover" in finding.helps
    assert (finding.severity, finding.action) == (Severity.INFO, Action.RECOVER)


def test_a_number_of_clients_that_is_none_is_no_minimum() -> None:
    for value in ("", "many", "-1", "9" * 40):
        assert names(service([vm(2)], values={"FL_MIN_FIT_CLIENTS": value})) == []


def test_findings_are_plain_values() -> None:
    first, second = (diagnose(service([vm(2)], superlink=[])) for _ in range(2))
    assert first == second
    assert isinstance(first[0], Finding)


def test_a_lost_node_is_no_client() -> None:
    found = {finding.name: finding.means for finding in diagnose(service([vm(2), vm(3), -1], superlink_role=CLIENTS))}
    assert "There are 2 SuperNodes" in found["too-few-clients"]
    assert "position 2" in found["node-lost"]


@pytest.mark.parametrize("told", [("0/2", "1/2", "2/3"), ("2/4", "3/4"), ("1/2", "0/2"), ("0/2", "0/2")])
def test_who_follows_is_waited_for(told: Sequence[str]) -> None:
    (finding,) = diagnose(following(told, changed=5))
    assert (finding.name, finding.severity, finding.action) == ("supernode-follows", Severity.INFO, Action.NONE)
    assert "by " in finding.means
    assert gravest([finding]) is None


def test_who_should_have_followed_is_stale() -> None:
    found = diagnose(following(("0/2", "1/2", "2/3"), changed=3600))
    assert [finding.name for finding in found] == ["supernode-stale", "shards-overlap"]
    assert "not during a task" in found[0].look
    assert found[0].action is Action.RESTART
    assert diagnose(following(("0/2", "1/2"), changed=5)) == ()


def test_one_that_follows_hides_nothing_of_the_others() -> None:
    seen = following(("1/3", "0/3", "0/3"), changed=5)
    supernodes = seen.roles[1]
    nodes = tuple(
        replace(item, vm=replace(item.vm, context={})) if item.vm and item.vm_id > 2 else item
        for item in supernodes.nodes
    )
    found = diagnose(replace(seen, roles=(seen.roles[0], replace(supernodes, nodes=nodes))))
    said = {finding.name: finding.vm_ids for finding in found}
    assert said == {
        "shards-missing": (),
        "supernode-follows": (2,),
        "supernode-stale": (3, 4),
        "supernode-collision": (3, 4),
    }
