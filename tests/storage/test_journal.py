"""What was seen of a service: kept across sittings, bounded, and never in the way when broken."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.deploying import deploy_plan
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.cluster.estimate import Pace
from wizard.core.cluster.events import Event, as_json, as_text, from_json, merged
from wizard.core.opennebula.snapshot import ServiceSnapshot
from wizard.core.plan.plan import Plan
from wizard.operations.watch import Watch, paces
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.storage import journal
from wizard.storage.journal import KEPT, LARGEST, MOST_FILES, OLDEST, TOGETHER, Journal, earlier, tidy

ONE, TWO = Event(10.0, "I", "one\x1b[2J"), Event(20.0, "E", "two ü")


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "flowerneb-wizard" / "journals"


def test_events_are_lines_of_json_and_of_text() -> None:
    assert from_json(as_json(TWO)) == TWO
    assert as_text(ONE, str) == "10.0  I  one\\x1b[2J"
    for line in ("", "{", "[]", "3", '{"at": "x"}', '{"at": 1e999, "severity": "I", "message": ""}', '{"at": 1}'):
        assert from_json(line) is None
    assert merged([TWO], [ONE, TWO]) == (ONE, TWO)


def test_what_is_added_is_read_by_the_next_sitting(own: Path) -> None:
    Journal.of("here", 4, 100).add([TWO, ONE], 30.0)
    found = Journal.of("here", 4, 100)
    assert found.read() == (ONE, TWO)
    assert found.watched_until() == 30.0
    assert Journal.of("there", 4, 100).read() == Journal.of("here", 4, 101).read() == ()
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


def test_two_wizards_see_the_same_and_it_stands_there_once() -> None:
    first, second = Journal.of("here", 4, 100), Journal.of("here", 4, 100)
    first.add([Event(10.0, "I", "same"), ONE], 10.0)
    second.add([Event(10.0 + TOGETHER - 1, "I", "same"), ONE], 11.0)
    second.add([Event(10.0 + 9 * TOGETHER, "I", "same")], 12.0)
    assert [event.message for event in Journal.of("here", 4, 100).read()] == ["same", ONE.message, "same"]


def test_what_is_no_event_is_passed_over() -> None:
    found = Journal.of("here", 4, 100)
    found.add([ONE], 10.0)
    with found.path.open("ab") as stream:
        stream.write(b"\xff\xfe torn {\n\n")
    found.add([TWO], 20.0)
    assert Journal.of("here", 4, 100).read() == (ONE, TWO)


def test_a_journal_stays_small() -> None:
    found = Journal.of("here", 4, 100)
    for number in range(KEPT * 3):
        found.add([Event(float(number), "I", f"{number} " + "x" * 120)], float(number))
    assert found.path.stat().st_size < 2 * LARGEST
    read = Journal.of("here", 4, 100).read()
    assert KEPT // 2 <= len(read) <= KEPT
    assert read[-1].message.startswith(f"{KEPT * 3 - 1} ")


def test_old_journals_and_too_many_are_dropped(own: Path) -> None:
    own.mkdir(parents=True)
    now = 1e9
    for number in range(MOST_FILES + 20):
        path = own / f"{number}-1-x.jsonl"
        path.touch()
        os.utime(path, (now - number, now - number))
    os.utime(own / "3-1-x.jsonl", (now - OLDEST - 10, now - OLDEST - 10))
    tidy(own)
    left = {path.name for path in own.iterdir()}
    assert len(left) < MOST_FILES
    assert "0-1-x.jsonl" in left
    assert "3-1-x.jsonl" not in left


def test_a_folder_that_cannot_be_written_loses_only_the_memory(own: Path) -> None:
    own.parent.mkdir(parents=True)
    own.touch()
    found = Journal.of("here", 4, 100)
    found.add([ONE], 10.0)
    assert found.read() == ()
    assert earlier("here", 4) is None


def test_the_newest_of_an_id_is_found_without_the_cloud() -> None:
    for begun in (100, 200):
        Journal.of("here", 4, begun).add([Event(float(begun), "I", str(begun))], float(begun))
    found = earlier("here", 4)
    assert found is not None
    assert found.read()[0].message == "200"
    assert earlier("here", 44) is None


def test_a_later_sitting_has_the_events_and_says_that_nobody_watched() -> None:
    with Sandbox(latency=0, clock=ManualClock(1_795_428_900)) as sandbox:
        login = find_login(sandbox.environment(), Path("/nonexistent"))
        with closing(Cloud(login, clock=sandbox.clock.now)) as cloud:
            service = deploy_plan(Plan(), cloud)

            def opened(seen: ServiceSnapshot) -> Journal:
                return Journal.of(cloud.where, seen.id, seen.start_time)

            first = Watch(cloud, service.id, journals=opened)
            for _ in range(40):
                first.poll()
                sandbox.clock.advance(3)
            said = [event.message for event in first.latest.events]
            assert len(set(said)) == len(said)
            assert "superlink VM 0: READY=YES" in said
            sandbox.clock.advance(3600)
            second = Watch(cloud, service.id, journals=opened)
            again = [event.message for event in second.poll().events]
            assert again[: len(said)] == said
            assert again[-1] == "not watched from here for 1:00:03"
            assert [event.message for event in second.poll().events] == again
            assert journal.Journal.of(cloud.where, service.id, service.start_time).read() == second.latest.events


def test_how_long_earlier_deployments_took_is_read_from_their_journals(own: Path) -> None:
    for number, running in ((1, 60.0), (2, 80.0), (3, 0.0)):
        told = [Event(1020.0, "I", "superlink VM 0: READY=YES")]
        told += [Event(1000.0 + running, "I", "New state: RUNNING")] if running else []
        Journal.of("me at here", number, 1000).add(told, 2000.0 + number)
    Journal.of("me at home", 4, 1000).add([Event(1001.0, "I", "x")], 2000.0)
    (own / "odd-name-x.jsonl").write_text("{}")
    assert set(paces("me at here", 1)) == {Pace(20.0, 80.0)}
    assert set(paces("me at here", 9)) == {Pace(20.0, 60.0), Pace(20.0, 80.0)}
    assert paces("nobody", 1) == ()
