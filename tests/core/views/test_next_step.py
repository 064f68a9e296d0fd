"""What to do now, what does not apply and why, and the command of each action."""

from __future__ import annotations

import pytest

from tests.core.services import service, vm
from wizard.core.cluster.underway import Doing, Underway
from wizard.core.opennebula.snapshot import SUPERLINK, ServiceSnapshot
from wizard.core.views.action_keys import CONNECT, DELETE, KEYS, RECOVER, RESTART, SCALE
from wizard.core.views.commands import command_of
from wizard.core.views.next_step import BUSY
from wizard.core.views.rows import board


def shards(*told: str, state: str = "RUNNING") -> ServiceSnapshot:
    """SuperNodes from VM 2 on that report `i/n` each, with a SuperLink that says where it is."""
    configs = [text.split("/") for text in told]
    reports = [{"FL_NODE_CONFIG": f"partition-id={shard} num-partitions={count}"} for shard, count in configs]
    link = vm(1, role=SUPERLINK, ips=("10.0.0.1",))
    return service([vm(number, template=report) for number, report in enumerate(reports, 2)], state, superlink=[link])


WELL = shards("0/2", "1/2")
STALE = shards("0/2", "1/2", "2/3")
DEAD = service([vm(2), vm(3)], superlink=[])


def applicable(snapshot: ServiceSnapshot, underway: Underway | None = None) -> set[str]:
    """The keys that work."""
    return {KEYS[action][0] for action, why in board(snapshot, "here", underway).refused.items() if not why}


@pytest.mark.parametrize(
    ("snapshot", "keys"),
    [
        (WELL, "clsx"),
        (STALE, "clsxt"),
        (shards("0/2", "1/2", "2/3", state="COOLDOWN"), "clotx"),
        (service([vm(2, ready=None)], "DEPLOYING", superlink=[vm(1, role=SUPERLINK, ready=None)]), "ox"),
        (service([vm(2)], "UNDEPLOYING", superlink=[]), "o"),
        (DEAD, "sx"),
    ],
    ids=["well", "stale", "cooldown", "deploying", "undeploying", "dead"],
)
def test_only_what_the_state_takes_applies(snapshot: ServiceSnapshot, keys: str) -> None:
    assert applicable(snapshot) == set(keys)


def test_each_refusal_is_one_line() -> None:
    for snapshot in (WELL, STALE, DEAD, service([vm(2)], "UNDEPLOYING", superlink=[])):
        for why in board(snapshot, "here").refused.values():
            assert "\n" not in why
            assert len(why) < 100


def test_while_supernodes_are_restarted_only_that_can_be_stopped() -> None:
    refused = board(STALE, "here", Underway(Doing.RESTART, (2, 3))).refused
    assert {refused[SCALE], refused[RECOVER], refused[DELETE]} == {BUSY}
    assert not refused[RESTART]


def test_what_an_earlier_session_began_can_be_gone_on_with() -> None:
    assert board(WELL, "here").refused[RESTART]
    assert not board(WELL, "here", interrupted=True).refused[RESTART]


def test_the_next_step_is_the_gravest_finding_with_its_key() -> None:
    step = board(STALE, "here").next
    assert (step.actions, step.trouble) == ((RESTART,), True)
    assert step.text.startswith("2 SuperNodes are stale")
    step = board(DEAD, "here").next
    assert (step.actions, step.trouble) == ((DELETE,), True)


def test_where_all_is_well_it_is_to_connect() -> None:
    step = board(WELL, "here").next
    assert (step.actions, step.trouble) == ((CONNECT,), False)


def test_of_an_action_that_runs_it_is_told_how_far_it_is() -> None:
    step = board(STALE, "here", Underway(Doing.RESTART, (2, 3), 1)).next
    assert step.doing == "Restarting 2 of 2: VM 3 RUNNING · t stops after this one"
    assert (step.text, step.trouble) == ("", False)
    stopping = Underway(Doing.RESTART, (2, 3), stopping=True)
    assert board(STALE, "here", stopping).next.doing.endswith("VM 2 RUNNING · stopping after this one")
    scaling = board(shards("0/2", "1/2", state="SCALING"), "here", Underway(Doing.SCALE, wanted=4)).next
    assert scaling.doing == "Scaling to 4 SuperNodes: 2 READY."


def test_an_action_is_over_when_the_service_shows_it() -> None:
    scale = Underway(Doing.SCALE, wanted=3)
    assert not scale.is_over(WELL)
    assert not scale.is_over(shards("0/2", "1/2", "2/3", state="COOLDOWN"))
    assert scale.is_over(STALE)
    assert not Underway(Doing.RESTART, (2,)).is_over(STALE)
    assert Underway(Doing.REMOVE).is_over(service([vm(2)], "FAILED_UNDEPLOYING"))
    assert Underway(Doing.RECOVER, since=0.0).is_over(service([vm(2)], "FAILED_DEPLOYING"))
    assert not Underway(Doing.RECOVER, since=9_990.0).is_over(service([vm(2)], "FAILED_DEPLOYING"))


def test_each_action_has_its_command() -> None:
    assert command_of(SCALE, WELL, 4) == "flowerneb-wizard scale 42 4"
    assert [command_of(action, WELL) for action in (RESTART, RECOVER, DELETE)] == [
        "flowerneb-wizard restart-stale 42",
        "flowerneb-wizard recover 42",
        "flowerneb-wizard delete 42",
    ]
