"""The sandbox's time: one clock that tests turn, one that runs by itself."""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable

Action = Callable[[], None]


class Timer:
    """Something due at a moment of sandbox time; `cancel` forgets it."""

    def __init__(self, due: float, action: Action) -> None:
        self.due = due
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        """Forget the action, if it has not run yet."""
        self.cancelled = True


class ManualClock:
    """A clock that stands still until a test turns it.

    Due actions run in order of their time (then of planning), in the thread that turns the clock.
    """

    def __init__(self, start: float | None = None) -> None:
        """Begin at `start` (seconds since 1970), or at the real present when it is None."""
        self._now = float(int(time.time() if start is None else start))
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._turning = threading.RLock()
        self._dispatching = False

    def now(self) -> float:
        """The present, in seconds since 1970."""
        return self._now

    def seconds(self) -> int:
        """The present in whole seconds, as servers stamp it."""
        return int(self.now())

    def call_later(self, delay: float, action: Action) -> Timer:
        """Plan `action` for `delay` seconds of sandbox time from now."""
        with self._changed:
            timer = Timer(self.now() + max(0.0, delay), action)
            heapq.heappush(self._heap, (timer.due, next(self._order), timer))
            self._changed.notify_all()
        return timer

    def advance(self, seconds: float) -> None:
        """Turn the clock `seconds` forward and run all that falls due on the way."""
        self.turn_to(self.now() + seconds)

    def turn_to(self, moment: float) -> None:
        """Turn the clock to `moment` and run all that falls due on the way."""
        with self._turning:
            while (timer := self._pop(moment)) is not None:
                self._dispatching = True
                try:
                    timer.action()
                finally:
                    self._dispatching = False
            with self._changed:
                self._now = max(self._now, moment)

    def step_back(self, seconds: float) -> None:
        """Begin earlier, so that a world may have a past. Only while nothing is planned."""
        with self._changed:
            if self._heap:
                raise RuntimeError("the clock has begun to run")
            self._now -= seconds

    def sleep(self, seconds: float) -> None:
        """Stand for `seconds` of sandbox time in a server's thread; a manual clock does not wait."""

    def start(self) -> None:
        """Begin to run; a manual clock does nothing by itself."""

    def stop(self) -> None:
        """End for good: nothing planned will run."""
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
    """A clock that runs by itself, `speed` times as fast as the wall; a daemon thread runs what is due."""

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
        """Wait as long as `seconds` of sandbox time last; a stop ends it."""
        if self._zero is not None:
            self._stopped.wait(seconds / self.speed)

    def start(self) -> None:
        """Begin to run."""
        self._zero = (time.monotonic(), self._now)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; nothing planned will run."""
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
                self.turn_to(self._target())
            except Exception:
                # Said aloud, but one broken step must not stop the world's time.
                threading.excepthook(threading.ExceptHookArgs([*sys.exc_info(), self._thread]))
            with self._changed:
                ahead = self._heap[0][0] - self._target() if self._heap else self.speed
                if ahead > 0 and not self._stopped.is_set():
                    self._changed.wait(min(ahead / self.speed, 1.0))
