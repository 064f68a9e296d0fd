"""What an action will do, said beforehand: by example, and against a cluster to which it is then done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.cluster.guests import Cluster
from tests.core.services import service, vm
from wizard.core.cluster.action_preview import recover, remove, restart_stale, scale
from wizard.core.cluster.coverage import coverage
from wizard.core.cluster.partitions import Sync, assignments, out_of_sync
from wizard.core.flower.node_config import Partition
from wizard.core.opennebula.snapshot import SUPERLINK, LogLine, ServiceSnapshot
from wizard.core.opennebula.states import ServiceState, Verb

BOUNDS = {"min_vms": 2, "max_vms": 5, "cooldown": 30, "parents": ("superlink",)}


def of(*configs: str, state: str = "RUNNING", **more: object) -> ServiceSnapshot:
    """A service whose SuperNodes, from VM 2 on, report `i/n` each; `-` is one that reports nothing."""
    vms = []
    for vm_id, config in enumerate(configs, 2):
        shard, count = config.split("/") if "/" in config else ("", "")
        told = {"FL_NODE_CONFIG": f"partition-id={shard} num-partitions={count}"} if count else {}
        vms.append(vm(vm_id, template=told))
    return service(vms, state, supernode_role={**BOUNDS, **more})


def test_a_scale_down_takes_the_oldest_and_loses_their_shards() -> None:
    found = scale(of("0/4", "1/4", "2/4", "3/4"), 2)
    assert (found.touches, found.made, found.stale, found.cooldown) == ((2, 3), (), (4, 5), 30)
    assert found.says == (
        "OneFlow terminates the 2 oldest SuperNodes: VM 2 (0 of 4), VM 3 (1 of 4).",
        "VM 4 (2 of 4), VM 5 (3 of 4) keep the partition they booted with.",
        "Afterwards: 1/2 of the data is trained on by no SuperNode.",
        "VMs 4, 5 will be stale: restart them then.",
        "Then COOLDOWN for 30 s: nothing can be scaled until it ends; recover ends it at once.",
    )


def test_a_scale_up_after_it_doubles_what_is_left() -> None:
    found = scale(of("2/4", "3/4"), 4)
    assert (found.touches, found.stale) == ((), (2, 3))
    assert found.made == (Partition(2, 4), Partition(3, 4))
    assert found.says[:3] == (
        "The 2 new SuperNodes get partitions 2 of 4, 3 of 4.",
        "VM 2 (2 of 4), VM 3 (3 of 4) keep the partition they booted with.",
        "Afterwards: 1/2 of the data is trained on by no SuperNode; 1/2 of it is trained on more than once "
        "(VMs 2, 3 and new ones).",
    )


def test_one_is_said_as_one() -> None:
    assert scale(of("0/3", "1/3", "2/3"), 2).says[0] == "OneFlow terminates the oldest SuperNode: VM 2 (0 of 3)."
    assert scale(of("0/2", "1/2"), 3).says[0] == "The new SuperNode gets partition 2 of 3."


def test_a_node_config_given_by_hand_is_given_to_the_new_ones_too() -> None:
    snapshot = of("-", "-", values={"FL_NODE_CONFIG": "partition-id=0 num-partitions=1"})
    found = scale(snapshot, 3)
    assert (found.made, found.stale) == ((Partition(0, 1),), ())
    assert found.says[0] == "The new SuperNode starts with the node config that was given."


def test_what_is_not_known_of_the_past_stays_unknown() -> None:
    found = scale(of("-", "-", "-", last_vmname=9), 2)
    assert found.stale == ()
    assert found.says[0] == "OneFlow terminates the oldest SuperNode: VM 2 (not known)."
    assert "is not known" in found.says[2]


def test_another_role_has_no_shards() -> None:
    found = scale(service([vm(2)], superlink_role={"cooldown": None}), 2, SUPERLINK)
    assert found.after is None
    assert found.says == (
        "OneFlow creates 1 new VM.",
        "Then COOLDOWN for 300 s: nothing can be scaled until it ends; recover ends it at once.",
    )


@pytest.mark.parametrize(
    ("state", "wanted", "reason"),
    [
        ("COOLDOWN", 3, "OneFlow scales only in RUNNING, and the service is COOLDOWN. A recover ends the COOLDOWN."),
        ("WARNING", 3, "OneFlow scales only in RUNNING, and the service is WARNING."),
        ("DEPLOYING", 3, "OneFlow scales only in RUNNING, and the service is DEPLOYING."),
        ("RUNNING", 2, "supernode has 2 already."),
        ("RUNNING", 1, "supernode has at least 2 VMs (min_vms)."),
        ("RUNNING", 6, "supernode has at most 5 VMs (max_vms)."),
    ],
)
def test_a_scale_is_refused_with_the_reason(state: str, wanted: int, reason: str) -> None:
    found = scale(of("0/2", "1/2", state=state), wanted)
    assert (found.refused, found.touches, found.says) == (reason, (), ())


def test_more_refusals_of_a_scale() -> None:
    assert scale(of("0/2", "1/2"), 3, "\x1bnope").refused == "The service has no role \\x1bnope."
    assert scale(replace(of("0/2", "1/2"), gone=True), 3).refused == "The service is gone."
    assert scale(service([vm(2)]), -1).refused == "supernode has at least 0 VMs."


def test_restarting_what_is_stale() -> None:
    found = restart_stale(of("2/4", "3/4", "2/4", "3/4"))
    assert found.touches == (2, 3)
    assert [(step.vm_id, str(step.has), str(step.gets)) for step in found.steps] == [
        (2, "2 of 4", "0 of 4"),
        (3, "3 of 4", "1 of 4"),
    ]
    assert found.says == (
        "2 SuperNodes will be restarted, one after another, each waited for until READY: "
        "VM 2 (2 of 4 → 0 of 4), VM 3 (3 of 4 → 1 of 4).",
        "While one restarts its shard is not trained on, and a run that goes on loses that client.",
        "Afterwards: Full coverage, no overlap: 4 SuperNodes.",
    )


def test_one_without_a_partition_is_restarted_too_and_one_that_is_off_is_not() -> None:
    assert restart_stale(of("-", "1/2")).says[0].endswith("VM 2 (none → 0 of 2).")
    off = vm(2, "POWEROFF", template={"FL_NODE_CONFIG": "partition-id=4 num-partitions=9"})
    assert restart_stale(service([off])).refused == "Nothing is stale."


@pytest.mark.parametrize(
    ("snapshot", "reason"),
    [
        (of("0/2", "1/2"), "Nothing is stale."),
        (of("-", "-", last_vmname=7), "Nothing is known to be stale. What VMs 2, 3 have is not known."),
        (
            of("1/2", "0/2", state="SCALING"),
            "The service is SCALING: positions may still change. Wait until it is RUNNING.",
        ),
        (
            of("1/2", "0/2", values={"FL_NODE_CONFIG": "a=1"}),
            "The node config was given by hand: a SuperNode starts with it again, and computes nothing.",
        ),
    ],
)
def test_a_restart_is_refused_with_the_reason(snapshot: ServiceSnapshot, reason: str) -> None:
    assert restart_stale(snapshot).refused == reason


@pytest.mark.parametrize(
    ("snapshot", "touches", "says"),
    [
        (
            of("0/2", "1/2", state="COOLDOWN"),
            (),
            ["The COOLDOWN ends at once: the service is RUNNING and can be scaled again."],
        ),
        (
            service(
                [vm(2), vm(3, "BOOT_FAILURE"), vm(4, "POWEROFF")],
                "FAILED_DEPLOYING",
                supernode_role={"cardinality": 4},
            ),
            (3, 4),
            [
                "OneFlow retries what failed: VM 3.",
                "It resumes VM 4.",
                "It creates 1 VM that should exist.",
                "It keeps saying FAILED_DEPLOYING until every role runs.",
            ],
        ),
        (
            service([vm(2, ready=None)], "DEPLOYING"),
            (),
            ["It changes nothing: no VM has failed, is off or is missing."],
        ),
        (
            service(
                [],
                "DEPLOYING",
                superlink=[vm(1, ready=None)],
                superlink_role={"state": "DEPLOYING"},
                supernode_role={"cardinality": 2, "state": "PENDING", "parents": ["superlink"]},
            ),
            (),
            [
                "It changes nothing: no VM has failed, is off or is missing.",
                "supernode comes after superlink, and recover does not change that.",
            ],
        ),
        (
            service([], "DEPLOYING", supernode_role={"cardinality": 2, "state": "PENDING", "parents": ["superlink"]}),
            (),
            ["It creates 2 VMs that should exist."],
        ),
        (
            service([vm(2)], "UNDEPLOYING", supernode_role=BOUNDS),
            (2, 1),
            ["OneFlow tells VMs 2, 1 again to stop."],
        ),
    ],
)
def test_recover(snapshot: ServiceSnapshot, touches: tuple[int, ...], says: list[str]) -> None:
    found = recover(snapshot)
    assert (found.refused, found.touches, list(found.says)) == ("", touches, says)


@pytest.mark.parametrize(
    ("snapshot", "reason"),
    [
        (service(state="RUNNING"), "OneFlow refuses recover in RUNNING: there is nothing to recover from."),
        (service(state="WARNING"), "OneFlow refuses recover in WARNING: it clears by itself once every VM runs again."),
        (replace(service(), gone=True), "The service is gone."),
    ],
)
def test_a_recover_is_refused_with_the_reason(snapshot: ServiceSnapshot, reason: str) -> None:
    assert recover(snapshot).refused == reason


@pytest.mark.parametrize("state", list(ServiceState))
def test_every_state_has_its_verb_and_none_is_sent_twice(state: ServiceState) -> None:
    found = remove(service([vm(2), vm(3)], state.name, supernode_role=BOUNDS))
    if found.verb is Verb.WAIT:
        assert "being removed already" in found.refused
        assert found.touches == ()
    else:
        assert found.refused == ""
        assert found.touches == (2, 3, 1)
        expected = "so a delete is accepted" if found.verb is Verb.DELETE else "a recover with delete"
        assert expected in found.says[0]
        assert state.name in found.says[0]
    assert remove(replace(service(), gone=True)).refused == "The service is gone already."


def settled(cluster: Cluster) -> None:
    cluster.pass_time(400)


def grown(sizes: list[int]) -> Cluster:
    """A cluster that was scaled to one size after another, and settled."""
    cluster = Cluster()
    for size in sizes:
        change_to(cluster, size)
    return cluster


def change_to(cluster: Cluster, size: int) -> None:
    change = size - len(cluster.listed)
    if change > 0:
        cluster.create([0] * change, [2] * change, [8] * change, None)
    elif change:
        cluster.scale_down([1] * -change)
    settled(cluster)


@settings(deadline=None)
@given(st.lists(st.integers(1, 7), min_size=2, max_size=6))
def test_what_a_scale_was_said_to_do_is_what_it_does(sizes: list[int]) -> None:
    cluster = grown(sizes[:-1])
    before = cluster.snapshot()
    found = scale(before, sizes[-1])
    if found.refused:
        assert sizes[-1] == len(cluster.listed)
        return
    change_to(cluster, sizes[-1])
    after = cluster.snapshot()
    left = {guest.vm_id for guest in cluster.listed}
    assert set(found.touches) == {node.vm_id for node in before.roles[0].nodes} - left
    now = assignments(after)
    assert found.stale == tuple(item.vm_id for item in now if out_of_sync(item))
    assert found.made == tuple(item.assigned for item in now if item.vm_id not in before.vm_ids)
    assert found.after is not None
    told = coverage(after)
    assert [(span.start, span.end, len(span.vm_ids)) for span in found.after.spans] == [
        (span.start, span.end, len(span.vm_ids)) for span in told.spans
    ]


@settings(deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_after_the_restarts_everything_is_in_step(sizes: list[int]) -> None:
    cluster = grown(sizes)
    found = restart_stale(cluster.snapshot())
    for step in found.steps:
        guest = next(guest for guest in cluster.listed if guest.vm_id == step.vm_id)
        cluster.restart(guest, 5, 9)
        settled(cluster)
        assert guest.got == step.gets
    assert {item.sync for item in assignments(cluster.snapshot())} == {Sync.IN_SYNC}
    assert coverage(cluster.snapshot()).whole


def test_what_touches_many_vms_is_large() -> None:
    twenty = service([vm(number) for number in range(2, 21)])
    assert not remove(twenty).is_large
    assert remove(service([vm(number) for number in range(2, 22)])).is_large
    assert scale(service([vm(2)]), 22).is_large
    assert not scale(service([vm(2)]), 21).is_large


def with_followers(seen: ServiceSnapshot, *followers: int) -> ServiceSnapshot:
    """The same, with a guest that follows the list in these VMs."""
    roles = tuple(
        replace(
            role,
            nodes=tuple(
                replace(node, vm=replace(node.vm, context={"FL_FOLLOW": "YES"}))
                if node.vm is not None and node.vm_id in followers
                else node
                for node in role.nodes
            ),
        )
        for role in seen.roles
    )
    return replace(seen, roles=roles)


def test_who_follows_the_list_is_not_stale_after_a_scale() -> None:
    found = scale(with_followers(of("0/2", "1/2"), 2, 3), 3)
    assert (found.stale, found.following) == ((), (2, 3))
    assert found.after is not None
    assert found.after.whole
    assert found.says == (
        "The new SuperNode gets partition 2 of 3.",
        "VM 2 (0 of 2 → 0 of 3), VM 3 (1 of 2 → 1 of 3) take up their new partition by themselves, between two tasks.",
        "Afterwards: Full coverage, no overlap: 3 SuperNodes.",
        "Then COOLDOWN for 30 s: nothing can be scaled until it ends; recover ends it at once.",
    )


def test_some_follow_and_some_do_not() -> None:
    found = scale(with_followers(of("0/3", "1/3", "2/3"), 3), 2)
    assert (found.touches, found.stale, found.following) == ((2,), (4,), (3,))
    assert found.says[1:4] == (
        "VM 4 (2 of 3) keeps the partition it booted with.",
        "VM 3 (1 of 3 → 0 of 2) takes up its new partition by itself, between two tasks.",
        "Afterwards: 1/6 of the data is trained on by no SuperNode.",
    )
    assert found.says[4] == "VM 4 will be stale: restart it then."


def test_a_node_config_by_hand_is_not_followed_away() -> None:
    seen = service([vm(2), vm(3)], supernode_role=BOUNDS, values={"FL_NODE_CONFIG": "partition-id=0 num-partitions=2"})
    assert scale(with_followers(seen, 2, 3), 3).following == ()


def test_a_node_config_in_the_vm_template_is_not_followed_away() -> None:
    seen = of("0/2", "1/2")
    given = {"FL_FOLLOW": "YES", "FL_NODE_CONFIG": "partition-id=0 num-partitions=2"}
    nodes = tuple(replace(node, vm=replace(node.vm, context=given)) for node in seen.roles[1].nodes if node.vm)
    found = scale(replace(seen, roles=(seen.roles[0], replace(seen.roles[1], nodes=nodes))), 3)
    assert (found.stale, found.following) == ((2, 3), ())


def test_who_still_installs_keeps_nothing_and_is_not_stale_afterwards() -> None:
    installs = vm(4, ready="NO", template={"FL_STAGE": "installing"})
    told = [vm(n, template={"FL_NODE_CONFIG": f"partition-id={n - 2} num-partitions=3"}) for n in (2, 3)]
    found = scale(service([*told, installs], gated=False, supernode_role=BOUNDS), 4)
    assert found.stale == (2, 3)
    assert "VM 4 (2 of 4) still starts: the partition is asked for afterwards." in found.says
    assert found.after is not None
    assert found.after.overlapping > 0


def test_a_restart_of_who_follows_is_needless_and_says_so() -> None:
    seen = with_followers(of("0/2", "1/2", "2/3"), 2)
    found = restart_stale(replace(seen, log=(LogLine(int(seen.taken_at), "I", "New state: COOLDOWN"),)))
    assert "VM 2 would take up its partition without that, between two tasks." in found.says
