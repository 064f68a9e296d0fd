"""Bad weather on the wire, planned by tests."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["close", "silent", "slow", "error", "html", "half", "cut"]
"""close: hang up without an answer. silent: no answer for `seconds` (0: until the sandbox stops), then hang up.
slow: answer after `seconds`. error: 500 with a JSON backtrace. html: a proxy's 502 page. half: half of the body.
cut: do what was asked, then hang up without an answer."""


@dataclass
class Fault:
    """A planned fault; `times` left, -1 for ever, and how many requests it lets pass before."""

    server: str
    kind: Kind
    match: str
    times: int
    seconds: float
    skip: int = 0
    lasting: bool = False


class Faults:
    """The faults that are planned for one sandbox."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._lock = threading.Lock()

    def plan(
        self,
        server: str,
        kind: Kind,
        *,
        match: str = "",
        times: int = 1,
        seconds: float = 0.0,
        skip: int = 0,
        lasting: bool = False,
    ) -> Fault:
        """Let the next `times` (-1: all) requests to `server` ("oneflow", "oned", "onegate") fail.

        Only requests whose call contains `match`, e.g. "POST /service", "one.vm.info"; the first `skip` of them pass.
        `seconds` is wall time. `lasting`: from then on the server hangs up on everything, as if it had died.
        """
        if kind not in get_args(Kind):
            raise ValueError(f"no such fault: {kind}")
        fault = Fault(server, kind, match, times, seconds, skip, lasting)
        with self._lock:
            self._planned.append(fault)
        return fault

    @property
    def planned(self) -> list[Fault]:
        """What is planned and not used up; `times` of each counts down."""
        with self._lock:
            return [fault for fault in self._planned if fault.times != 0]

    def clear(self) -> None:
        """Fair weather again."""
        with self._lock:
            self._planned.clear()

    def take(self, server: str, call: str) -> Fault | None:
        """The fault that befalls this request, if any; it is used up by it."""
        with self._lock:
            for fault in self._planned:
                if fault.server != server or fault.match not in call or fault.times == 0:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.lasting:
                    self._planned.append(Fault(server, "close", "", -1, 0.0))
                return fault
        return None
