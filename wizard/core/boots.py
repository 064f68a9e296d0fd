"""When the guest of a VM asked for its place in the list: after its latest boot, as far as oned's records tell.

oned keeps a history record for each stay of a VM on a host. A power-off and a resume begin a new one, and the guest
boots anew; so does a migration, and the guest goes on where it was. A reboot inside the VM leaves no trace at all, so
nothing here is more than an inference.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from wizard.core.opennebula.snapshot import NO_BOOT_AFTER, Run, VmFacts

QUICKEST = 3
"""Seconds from the start of a VM to the moment at which the quickest guest asks."""

SLOWEST = 120
"""Seconds from the start of a VM to the moment at which the slowest guest has asked."""

_BEFORE_THE_GUEST = frozenset(
    {"INIT", "PENDING", "HOLD", "CLONING", "LCM_INIT", "PROLOG", "BOOT"}
    | {"CLONING_FAILURE", "PROLOG_FAILURE", "BOOT_FAILURE"}
)
"""States in which a new VM's guest has not started, although oned gives RSTIME from BOOT on."""

Window = tuple[float, float]


def is_short(vm: VmFacts) -> bool:
    """Whether an earlier start is missing from what oned told of the VM: `one.vm.info` has it."""
    return not _whole(_runs(vm))


def is_starting(vm: VmFacts, now: float) -> bool:
    """Whether its guest is yet to ask: the VM has not started, or only this moment.

    `now` is our own clock's Unix time, 0 where it is not known.
    """
    if not vm.running and (vm.running_since == 0 or vm.state_name in _BEFORE_THE_GUEST):
        return True
    runs = _runs(vm)
    return _whole(runs) and 0 <= now - _last_boot(runs).since < QUICKEST


def asked(vm: VmFacts, settled: Sequence[float], now: float) -> tuple[Window, ...]:
    """The spans of time in which the guest may have asked, at least one.

    `settled` are moments at which OneFlow had seen READY of every VM that it had made till then: a guest that booted
    only once had asked by the first of them after its start. Two spans where oned does not tell whether the last of
    the VM's runs began with a boot: pools give only the last history record, `one.vm.info` all.
    """
    runs = _runs(vm)
    if not _whole(runs):
        last = runs[-1].since
        return (float(vm.stime), float(last)), _window(last, (), now)
    boot = _last_boot(runs)
    return (_window(boot.since, settled if boot is runs[0] else (), now),)


def _runs(vm: VmFacts) -> Sequence[Run]:
    """The records that tell of a start; of a VM that was read without any, its one start."""
    return [run for run in vm.runs if run.since] or [Run(0, vm.running_since or vm.stime)]


def _whole(runs: Sequence[Run]) -> bool:
    """Whether no record of an earlier start is missing."""
    return runs[-1].seq == len(runs) - 1


def _last_boot(runs: Sequence[Run]) -> Run:
    boot = runs[0]
    for before, run in pairwise(runs):
        if before.ended_by not in NO_BOOT_AFTER:
            boot = run
    return boot


def _window(start: float, settled: Sequence[float], now: float) -> Window:
    first = start + QUICKEST
    return first, min([start + SLOWEST, *(moment for moment in (*settled, now) if moment > first)])
