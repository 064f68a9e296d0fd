"""How far a deployment is, and how long it still takes: only where there is ground for saying so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.services import NOW, service, vm
from wizard.core.cluster.estimate import Pace, done, left, pace
from wizard.core.cluster.events import Event
from wizard.core.opennebula.snapshot import SUPERLINK, ServiceSnapshot

EARLIER = (Pace(20, 50), Pace(30, 60), Pace(22, 100))


def coming(*supernodes: object, ready: str | None = "YES", ago: int = 30) -> ServiceSnapshot:
    """A deployment of four SuperNodes that began so many seconds ago."""
    link = vm(1, role=SUPERLINK, ready=ready)
    return service(supernodes, "DEPLOYING", superlink=[link], supernode_role={"cardinality": 4}, start_time=NOW - ago)  # type: ignore[arg-type]


def node(number: int, ago: int, ready: str | None = None) -> object:
    return vm(number, ready=ready, stime=NOW - ago, running_since=NOW - ago + 2)


def test_the_pace_of_a_deployment_is_read_from_its_events() -> None:
    told = [
        Event(100, "I", "New state: DEPLOYING"),
        Event(120, "I", "superlink VM 0: READY=YES"),
        Event(140, "I", "supernode VM 1: READY=YES"),
        Event(150, "I", "New state: RUNNING"),
        Event(900, "I", "New state: RUNNING"),
    ]
    assert pace(100, told) == Pace(20, 50)
    assert pace(100, told[:3]) is None
    assert pace(100, told[2:]) is None


@pytest.mark.parametrize(
    ("snapshot", "share"),
    [
        (coming(ready=None), 0.1),
        (coming(), 0.4),
        (coming(node(2, 9, "YES"), node(3, 9, "YES"), node(4, 9), node(5, 9)), 0.675),
        (service([vm(2)]), 1.0),
    ],
)
def test_how_much_is_done(snapshot: ServiceSnapshot, share: float) -> None:
    assert done(snapshot) == pytest.approx(share)


def test_without_ground_nothing_is_said() -> None:
    assert left(coming(ready=None), ()) is None
    assert left(coming(node(2, 9)), (), NOW - 10) is None
    assert left(coming(node(2, 9, "YES"), node(3, 9)), (), NOW - 10) is None, "others are not made yet"
    assert left(service([vm(2)], start_time=NOW - 30), EARLIER) is None
    assert left(coming(ago=500, ready=None), EARLIER) is None, "it takes longer than it ever did"


def test_earlier_deployments_are_ground() -> None:
    assert left(coming(ready=None), EARLIER) == 30
    assert left(coming(), EARLIER, NOW - 10) == 20


def test_the_first_supernodes_are_ground_for_the_others() -> None:
    snapshot = coming(node(2, 20, "YES"), node(3, 20, "YES"), node(4, 12), node(5, 12))
    assert left(snapshot, (), NOW - 25) == 8
    assert left(replace(snapshot, taken_at=snapshot.taken_at), (), 0.0) is None
