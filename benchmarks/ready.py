"""From READY on server to screen, by polling alone and with OpenNebula's events."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from statistics import median

from benchmarks.crowd import SERVICE
from benchmarks.stage import NOWHERE, staged
from benchmarks.table import Row
from benchmarks.terminal import dashboard
from wizard.operations.watch import PUSHED, QUICK

VMS = 12
RUNS = 8


def rows() -> Iterator[Row]:
    """One VM after another says READY, at moments that have nothing to do with the polls."""
    polled = _seconds(push=False, pause=QUICK)
    yield Row(f"READY on server to screen: by poll, median of {RUNS}", median(polled), "s", digits=2)
    yield Row(f"READY on server to screen: by poll, longest of {RUNS}", max(polled), "s", digits=2)
    pushed = _seconds(push=True, pause=PUSHED)
    name = f"READY on server to screen: by push, polled every {PUSHED:g} s"
    yield Row(f"{name}, median of {RUNS}", median(pushed), "s", digits=2, target=0.3)
    yield Row(f"{name}, longest of {RUNS}", max(pushed), "s", digits=2)


def _seconds(*, push: bool, pause: float) -> list[float]:
    """Seconds from each READY to the screen; each is said within `pause` seconds after the one before is seen."""
    chance = random.Random(7)
    with staged(VMS, silent=RUNS + 1) as stage:
        told = VMS - 1 - (RUNS + 1)
        environment = stage.environment if push else {**stage.environment, "ONE_ZMQ": NOWHERE}
        with dashboard(environment, SERVICE, f"{told}/{VMS - 1} READY") as terminal:
            oned, found = stage.oned(), []
            for ready in range(told + 1, told + 1 + RUNS):
                terminal.count(1.0 + chance.uniform(0, pause))
                begin = time.perf_counter()
                oned.vm.update(ready, 'READY="YES"', 1)
                terminal.wait_for(f"{ready}/{VMS - 1} READY", 30)
                found.append(time.perf_counter() - begin)
    return found
