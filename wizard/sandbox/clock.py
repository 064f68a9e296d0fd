"""The sandbox's time: a clock that tests advance, and one that runs by itself."""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable

Action = Callable[[], None]


class Timer:
    """An action due at a moment of sandbox time, until it is cancelled."""

    def __init__(self, due: float, action: Action) -> None:
        self.due = due
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        """Do not run the action, if it has not run yet."""
        self.cancelled = True


class ManualClock:
    """A clock that stands still until it is advanced.

    Due actions run in order of their time (then of planning), in the thread that advances the clock.
    """

    def __init__(self, start: float | None = None) -> None:
        """`start` is in seconds since 1970; None is the real present."""
        self._now = float(int(time.time() if start is None else start))
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._advancing = threading.RLock()
        self._dispatching = False

    def now(self) -> float:
        """The present, in seconds since 1970."""
        return self._now

    def seconds(self) -> int:
        """The present in whole seconds since 1970, as in the timestamps of servers."""
        return int(self.now())

    def call_later(self, delay: float, action: Action) -> Timer:
        """Plan `action` for `delay` seconds of sandbox time from now."""
        with self._changed:
            timer = Timer(self.now() + max(0.0, delay), action)
            heapq.heappush(self._heap, (timer.due, next(self._order), timer))
            self._changed.notify_all()
        return timer

    def advance(self, seconds: float) -> None:
        """Move the clock `seconds` forward and run all actions that fall due."""
        self.advance_to(self.now() + seconds)

    def advance_to(self, moment: float) -> None:
        """Move the clock to `moment` and run all actions that fall due."""
        with self._advancing:
            while (timer := self._pop(moment)) is not None:
                self._dispatching = True
                try:
                    timer.action()
                finally:
                    self._dispatching = False
            with self._changed:
                self._now = max(self._now, moment)

    def step_back(self, seconds: float) -> None:
        """Move the clock back, to deploy what exists at the start; RuntimeError once something is planned."""
        with self._changed:
            if self._heap:
                raise RuntimeError("the clock has begun to run")
            self._now -= seconds

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` of sandbox time in a server's thread; a manual clock does not wait."""

    def start(self) -> None:
        """Begin to run; no effect on a manual clock."""

    def stop(self) -> None:
        """End for good: planned actions will not run."""
        with self._changed:
            self._heap.clear()
            self._changed.notify_all()

    def _pop(self, limit: float) -> Timer | None:
        with self._changed:
            while self._heap and self._heap[0][0] <= limit:
                due, _, timer = heapq.heappop(self._heap)
                if not timer.cancelled:
                    self._now = max(self._now, due)
                    return timer
            return None


class RunningClock(ManualClock):
    """A clock that runs by itself, `speed` times as fast as wall time; a daemon thread runs due actions."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        """`speed` is sandbox seconds per wall second, above 0."""
        super().__init__(start)
        self.speed = speed
        self._zero: tuple[float, float] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-clock", daemon=True)

    def now(self) -> float:
        """The present; never past an action that is due and has not run."""
        if self._zero is None or self._dispatching:
            return self._now
        wall = self._target()
        with self._changed:
            return max(self._now, min(wall, self._heap[0][0]) if self._heap else wall)

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` of sandbox time, or until the clock stops."""
        if self._zero is not None:
            self._stopped.wait(seconds / self.speed)

    def start(self) -> None:
        """Begin to run."""
        self._zero = (time.monotonic(), self._now)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; planned actions will not run."""
        self._stopped.set()
        super().stop()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=0.5)

    def _target(self) -> float:
        if self._zero is None:
            return self._now
        wall, sandbox = self._zero
        return sandbox + (time.monotonic() - wall) * self.speed

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.advance_to(self._target())
            except Exception:
                # Printed, but one broken action must not stop the clock.
                threading.excepthook(threading.ExceptHookArgs([*sys.exc_info(), self._thread]))
            with self._changed:
                remaining = self._heap[0][0] - self._target() if self._heap else self.speed
                if remaining > 0 and not self._stopped.is_set():
                    self._changed.wait(min(remaining / self.speed, 1.0))
