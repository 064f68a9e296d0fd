"""The manual clock and the running clock."""

from __future__ import annotations

import threading
import time

import pytest

from wizard.sandbox.clock import ManualClock, RunningClock


def test_due_actions_run_in_order_of_time_and_see_their_own_moment() -> None:
    clock = ManualClock(start=1000)
    seen: list[tuple[str, float]] = []
    clock.call_later(2, lambda: seen.append(("second", clock.now())))
    clock.call_later(1, lambda: seen.append(("first", clock.now())))
    clock.call_later(2, lambda: seen.append(("third", clock.now())))
    clock.advance(1.5)
    assert seen == [("first", 1001)]
    clock.advance(10)
    assert seen == [("first", 1001), ("second", 1002), ("third", 1002)]
    assert clock.seconds() == 1011


def test_an_action_may_plan_another_that_falls_due_in_the_same_turn() -> None:
    clock = ManualClock(start=0)
    seen: list[float] = []
    clock.call_later(1, lambda: clock.call_later(1, lambda: seen.append(clock.now())) and None)
    clock.advance(5)
    assert seen == [2]


def test_a_cancelled_action_does_not_run() -> None:
    clock = ManualClock()
    seen: list[int] = []
    clock.call_later(1, lambda: seen.append(1)).cancel()
    clock.advance(5)
    assert not seen


def test_actions_run_in_the_thread_that_turns_the_clock() -> None:
    clock = ManualClock()
    threads: list[threading.Thread] = []
    clock.call_later(1, lambda: threads.append(threading.current_thread()))
    clock.advance(1)
    assert threads == [threading.current_thread()]


def test_a_running_clock_runs_faster_than_the_wall() -> None:
    clock = RunningClock(speed=1000, start=0)
    done = threading.Event()
    clock.call_later(50, done.set)
    clock.start()
    assert done.wait(2)
    assert clock.now() >= 50
    clock.stop()


def test_a_running_clock_takes_what_is_planned_while_it_waits() -> None:
    clock = RunningClock(speed=100, start=0)
    clock.call_later(1e6, lambda: None)
    clock.start()
    done = threading.Event()
    time.sleep(0.02)
    clock.call_later(1, done.set)
    assert done.wait(2)
    clock.stop()


def test_a_clock_with_plans_cannot_step_back() -> None:
    clock = ManualClock()
    clock.step_back(100)
    clock.call_later(1, lambda: None)
    with pytest.raises(RuntimeError):
        clock.step_back(1)
