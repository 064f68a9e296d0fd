"""The lock of a service: one holds it, the other waits; a place that can't be written is no lock and no error."""

from __future__ import annotations

import threading
from pathlib import Path

import platformdirs
import pytest

from wizard.storage.locks import WaitStopped, service_lock


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_state_path", lambda _: tmp_path / "state")
    return tmp_path / "state"


def test_the_second_waits_for_the_first_and_others_do_not(state: Path) -> None:
    waits, order = threading.Event(), []

    def second() -> None:
        with service_lock("cloud", 7, waits.set) as waited:
            order.append(("second", waited))

    with service_lock("cloud", 7, lambda: None) as waited:
        assert waited is False
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(5)
        for where, number in (("cloud", 8), ("another", 7)):
            with service_lock(where, number, lambda: order.append("never")) as other:
                assert other is False
        order.append(("first", False))
    thread.join(5)
    assert order == [("first", False), ("second", True)]
    assert list((state / "locks").iterdir()) == []


def test_it_is_let_go_by_an_error() -> None:
    with pytest.raises(KeyError), service_lock("cloud", 7, lambda: None):
        raise KeyError
    with service_lock("cloud", 7, lambda: None) as waited:
        assert waited is False


def test_where_nothing_can_be_written_it_goes_on(state: Path) -> None:
    state.write_text("in the way")
    with service_lock("cloud\udcff", 7, lambda: None) as waited:
        assert waited is False


def test_a_wait_can_be_stopped() -> None:
    with service_lock("cloud", 7, lambda: None):
        stop = threading.Event()
        with pytest.raises(WaitStopped), service_lock("cloud", 7, stop.set, stop.is_set):
            raise AssertionError("it is held by another")


def test_an_error_while_it_waits_is_not_taken_for_a_lock_that_can_not_be_had() -> None:
    def lost() -> None:
        raise BrokenPipeError

    with service_lock("cloud", 7, lambda: None), pytest.raises(BrokenPipeError), service_lock("cloud", 7, lost):
        raise AssertionError("it is held by another")


def test_many_at_once_are_never_two_at_a_time() -> None:
    inside, most = 0, 0
    counting = threading.Lock()

    def one() -> None:
        nonlocal inside, most
        for _ in range(5):
            with service_lock("cloud", 7, lambda: None):
                with counting:
                    inside += 1
                    most = max(most, inside)
                with counting:
                    inside -= 1

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
