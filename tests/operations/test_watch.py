"""What changed between two snapshots, and how often to ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.cloud.answers import Poll
from wizard.cloud.cloud import Cloud
from wizard.cloud.errors import CloudError, TimedOut, Unreachable
from wizard.cloud.login import find_login
from wizard.core.cluster.events import Event
from wizard.core.opennebula.snapshot import LogLine, Node, Role, ServiceSnapshot, VmFacts
from wizard.core.opennebula.states import RoleState, ServiceState, VmState
from wizard.core.plan.plan import Plan
from wizard.operations.watch import (
    CALM,
    KEPT_EVENTS,
    PUSHED,
    PUSHED_CALM,
    QUICK,
    STEADY,
    PollResult,
    Watch,
    changes,
    follow,
)
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox

BOOT, RUNNING, BOOT_FAILURE = 2, 3, 36


def node(number: int, lcm: int = RUNNING, ready: str | None = None) -> Node:
    template = {"READY": ready} if ready else {}
    return Node(
        number, f"vm-{number}", VmFacts(number, f"vm-{number}", VmState.ACTIVE, lcm, 100, user_template=template)
    )


def service(*nodes: Node, state: int = ServiceState.DEPLOYING, log: tuple[LogLine, ...] = ()) -> ServiceSnapshot:
    role = Role("supernode", RoleState.DEPLOYING, len(nodes), nodes=nodes)
    return ServiceSnapshot(42, "flower", state, roles=(role,), log=log, taken_at=500.0)


def told(before: ServiceSnapshot | None, after: ServiceSnapshot) -> list[tuple[str, str]]:
    return [(event.severity, event.message) for event in changes(before, after)]


LINES = tuple(LogLine(100 + n, "I", f"New state: {n}") for n in range(3))


def test_nothing_changed_nothing_told() -> None:
    snapshot = service(node(1, ready="YES"), log=LINES)
    assert changes(snapshot, replace(snapshot, taken_at=600.0)) == ()


def test_the_first_snapshot_brings_the_whole_log() -> None:
    assert changes(None, service(log=LINES)) == tuple(Event(float(line.timestamp), "I", line.message) for line in LINES)


def test_only_new_lines_of_the_log() -> None:
    assert told(service(log=LINES[:1]), service(log=LINES)) == [("I", "New state: 1"), ("I", "New state: 2")]


def test_equal_lines_are_told_apart_by_place() -> None:
    again = (*LINES, LINES[0], LINES[2])
    assert told(service(log=LINES), service(log=(*again, LINES[1]))) == [("I", "New state: 1")]


def test_a_vm_from_boot_to_ready() -> None:
    assert told(service(), service(node(7, BOOT))) == [("I", "supernode VM 7 listed at position 0")]
    assert told(service(node(7, BOOT)), service(node(7))) == [("I", "supernode VM 7: BOOT → RUNNING")]
    assert told(service(node(7)), service(node(7, ready="YES"))) == [("I", "supernode VM 7: READY=YES")]
    assert told(service(node(7)), service(node(7, ready="NO"))) == [("I", "supernode VM 7: READY=NO")]
    assert told(service(node(7, ready="YES")), service(node(7, ready="NO"))) == [("W", "supernode VM 7: READY=NO")]
    assert told(service(node(7, BOOT)), service(node(7, BOOT_FAILURE))) == [
        ("E", "supernode VM 7: BOOT → BOOT_FAILURE")
    ]


def test_a_vm_that_oned_does_not_tell_about_is_no_news() -> None:
    blind = service(Node(7, "vm-7"))
    assert told(blind, service(node(7))) == []
    assert told(service(node(7)), blind) == []


def test_a_lost_vm_is_a_warning_unless_it_is_scaled_away() -> None:
    assert told(service(node(7)), service()) == [("W", "supernode VM 7 is no longer listed")]
    before, after = service(node(7), state=ServiceState.SCALING), service(state=ServiceState.SCALING)
    assert told(before, after) == [("I", "supernode VM 7 is no longer listed")]


def test_a_state_without_a_line_in_the_log_is_told_all_the_same() -> None:
    assert told(service(), service(state=ServiceState.RUNNING)) == [("I", "service: DEPLOYING → RUNNING")]
    line = LogLine(1, "I", "New state: RUNNING")
    assert told(service(log=LINES), service(state=ServiceState.RUNNING, log=(*LINES, line))) == [
        ("I", "New state: RUNNING")
    ]


def test_a_role_that_fails_is_an_error() -> None:
    before = service()
    failed = replace(before, roles=(replace(before.roles[0], state=RoleState.FAILED_DEPLOYING),))
    assert told(before, failed) == [("E", "role supernode: DEPLOYING → FAILED_DEPLOYING")]


def test_gone_is_told_once() -> None:
    here = service(node(1))
    gone = replace(here, gone=True)
    assert told(here, gone) == [("I", "the service is gone")]
    assert told(gone, gone) == []


@pytest.fixture
def cloud() -> Iterator[tuple[Sandbox, Cloud]]:
    """A cloud on a clock that stands still."""
    with Sandbox(latency=0, clock=ManualClock(1_795_428_900)) as sandbox:
        client = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), clock=sandbox.clock.now)
        yield sandbox, client
        client.close()


@pytest.fixture
def deployed(cloud: tuple[Sandbox, Cloud]) -> tuple[Sandbox, Watch]:
    """A deployment that has just begun, watched."""
    sandbox, client = cloud
    return sandbox, Watch(client, deploy_plan(Plan(), client).id)


def test_a_deployment_is_followed_to_its_end(deployed: tuple[Sandbox, Watch]) -> None:
    sandbox, watch = deployed
    for result in follow(watch, 300, sleep=sandbox.clock.advance, clock=sandbox.clock.now):
        assert result.error is None
        if result.snapshot is not None and result.snapshot.complete:
            break
    messages = [event.message for event in watch.latest.events]
    assert "superlink VM 0: READY=YES" in messages
    assert messages.index("superlink VM 0: READY=YES") < messages.index("supernode VM 1: READY=YES")
    assert "New state: RUNNING" in messages
    assert watch.pause == STEADY
    assert len(set(messages)) == len(messages)


def test_one_poll_is_at_most_three_requests(deployed: tuple[Sandbox, Watch]) -> None:
    sandbox, watch = deployed
    for _ in range(20):
        before = len(sandbox.requests)
        watch.poll()
        asked = [item for item in sandbox.requests[before:] if item.server != "onegate"]
        assert len(asked) <= 3
        sandbox.clock.advance(3)


def test_a_failed_poll_keeps_what_is_known(deployed: tuple[Sandbox, Watch]) -> None:
    sandbox, watch = deployed
    good = watch.poll()
    sandbox.faults.plan("oneflow", "close", times=3)
    pauses = []
    for failures in (1, 2, 3):
        result = watch.poll()
        pauses.append(watch.pause)
        assert (result.snapshot, result.events, result.failures) == (good.snapshot, good.events, failures)
        assert result.stale
        assert isinstance(result.error, CloudError)
    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0] >= QUICK
    result = watch.poll()
    assert (result.error, result.failures) == (None, 0)
    assert result.events == good.events


def test_without_oned_the_service_is_still_seen(deployed: tuple[Sandbox, Watch]) -> None:
    sandbox, watch = deployed
    sandbox.clock.advance(60)
    good = watch.poll()
    sandbox.faults.plan("oned", "close", times=-1)
    result = watch.poll()
    assert not result.stale
    assert result.error is not None
    assert result.snapshot is not None
    assert good.snapshot is not None
    assert result.snapshot.roles == good.snapshot.roles
    assert result.events == good.events
    assert good.snapshot.facts_at == good.snapshot.taken_at
    sandbox.clock.advance(60)
    again = watch.poll().snapshot
    assert again is not None
    assert again.taken_at > again.facts_at == good.snapshot.facts_at


def test_an_error_of_oned_belongs_to_the_answer_that_it_spoiled() -> None:
    with Sandbox(latency=0, clock=ManualClock(1_795_428_900)) as sandbox:
        client = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), timeout=1.0)
        first, second = (Watch(client, deploy_plan(Plan(), client).id) for _ in range(2))
        sandbox.clock.advance(60)
        first.poll()
        second.poll()
        # The first watch waits for oned until its time-out; the second asks OneFlow meanwhile, and oned after that.
        sandbox.faults.plan("oned", "silent", seconds=3.0)
        polling = [threading.Thread(target=watch.poll) for watch in (first, second)]
        polling[0].start()
        time.sleep(0.3)
        polling[1].start()
        for thread in polling:
            thread.join()
        client.close()
    assert isinstance(first.latest.error, TimedOut)
    assert second.latest.error is None


def test_a_first_answer_is_taken_instead_of_asked_for(deployed: tuple[Sandbox, Watch]) -> None:
    sandbox, watch = deployed
    watch.first = watch.cloud.services.look_up(str(watch.service_id))
    asked = len(sandbox.requests)
    assert watch.poll().snapshot is not None
    assert len(sandbox.requests) == asked
    watch.poll()
    assert len(sandbox.requests) > asked


def test_a_removed_service_is_gone_and_polled_slowly(deployed: tuple[Sandbox, Watch]) -> None:
    sandbox, watch = deployed
    sandbox.clock.advance(60)
    watch.poll()
    watch.cloud.services.remove(watch.service_id)
    sandbox.clock.advance(60)
    result = watch.poll()
    assert result.snapshot is not None
    assert result.snapshot.gone
    assert result.events[-1].message == "the service is gone"
    assert watch.pause == STEADY


class Scripted:
    """Stands for a cloud that says what a test wants."""

    def __init__(self, answers: Callable[[int], ServiceSnapshot]) -> None:
        self.answers = answers
        self.polls = 0
        self.services = self

    def poll(self, _service: int, _previous: ServiceSnapshot | None) -> Poll:
        self.polls += 1
        return Poll(self.answers(self.polls))


def test_events_do_not_pile_up_for_ever() -> None:
    scripted = Scripted(lambda poll: service(log=tuple(LogLine(n, "I", str(n)) for n in range(poll * 100))))
    watch = Watch(scripted, 42)  # type: ignore[arg-type]
    for _ in range(8):
        watch.poll()
    assert len(watch.latest.events) == KEPT_EVENTS
    assert watch.latest.events[-1].message == "799"


def test_follow_ends_on_time_after_a_last_look() -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    watch = Watch(Scripted(lambda _: service()), 42)  # type: ignore[arg-type]
    sights = list(follow(watch, 5.0, sleep=sleep, clock=lambda: now[0]))
    assert slept == [2.0, 2.0, 1.0]
    assert len(sights) == 4


def test_a_failure_to_reach_is_no_exception() -> None:
    def fail(_: int) -> ServiceSnapshot:
        raise Unreachable("it does not answer")

    result = Watch(Scripted(fail), 42).poll()  # type: ignore[arg-type]
    assert result == PollResult(None, (), result.error, 1)


def test_the_pause_grows_while_nothing_happens_and_is_short_again_at_once(deployed: tuple[Sandbox, Watch]) -> None:
    sandbox, watch = deployed
    for _ in range(30):
        watch.poll()
        sandbox.clock.advance(3)
    pauses = []
    for _ in range(60):
        watch.poll()
        pauses.append(watch.pause)
        sandbox.clock.advance(60)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (STEADY, CALM)
    watch.cloud.services.scale(watch.service_id, "supernode", 3)
    sandbox.clock.advance(1)
    watch.poll()
    assert watch.pause == QUICK


READY_NODE = node(7, ready="YES")
WHOLE = ServiceSnapshot(
    1,
    "",
    ServiceState.RUNNING,
    roles=tuple(Role(name, RoleState.RUNNING, 1, nodes=(READY_NODE,)) for name in ("superlink", "supernode")),
)


@pytest.mark.parametrize(
    ("moves", "quiet", "elapsed", "pause"),
    [
        (True, 0, 0.1, QUICK),
        (True, 0, 5.0, 5.0),
        (True, 0, 60.0, CALM),
        (True, 400, 5.0, 20.0),
        (False, 0, 0.1, STEADY),
        (False, 0, 5.0, 20.0),
        (False, 0, 60.0, CALM),
        (False, 400, 0.1, 2 * STEADY),
        (False, 4000, 0.1, CALM),
    ],
)
def test_a_slow_server_is_asked_less_often_and_while_something_moves_no_later_than_it_takes(
    moves: bool, quiet: float, elapsed: float, pause: float
) -> None:
    found = replace(WHOLE, state=ServiceState.DEPLOYING) if moves else WHOLE
    found = replace(found, taken_at=10_000.0, elapsed=elapsed)
    assert Watch(None, 1, PollResult(found), changed_at=10_000.0 - quiet).pause == pause  # type: ignore[arg-type]


def test_a_deployment_on_a_slow_server_is_seen_no_later_than_the_server_takes() -> None:
    now, asked = [10_000.0], list[float]()

    def answer(_: int) -> ServiceSnapshot:
        asked.append(now[0])
        now[0] += 5.0
        return replace(service(node(1, BOOT)), taken_at=asked[-1], elapsed=5.0)

    def sleep(seconds: float) -> None:
        now[0] += seconds

    watch = Watch(Scripted(answer), 42)  # type: ignore[arg-type]
    for _ in follow(watch, 60.0, sleep=sleep, clock=lambda: now[0]):
        pass
    assert [later - earlier for earlier, later in pairwise(asked)] == [10.0] * (len(asked) - 1)


@pytest.mark.parametrize(
    ("state", "is_changed", "pause"),
    [
        ("DEPLOYING", True, QUICK),
        ("DEPLOYING", False, PUSHED),
        ("RUNNING", True, QUICK),
        ("RUNNING", False, PUSHED_CALM),
    ],
)
def test_where_events_are_heard_polls_are_seldom_but_after_news(state: str, is_changed: bool, pause: float) -> None:
    found = replace(WHOLE, state=ServiceState[state], taken_at=500.0)
    watching = Watch(None, 1, PollResult(found), changed_at=400.0, is_changed=is_changed)  # type: ignore[arg-type]
    watching.has_push = lambda: True
    assert watching.pause == pause
    watching.latest = PollResult(found, failures=2)
    assert watching.pause == 4 * QUICK, "a server that does not answer is not waited for an event of"
