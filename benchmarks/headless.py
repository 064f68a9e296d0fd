"""The dashboard without a terminal, as a program: the CPU of its steady refreshes, in a process that does no more.

Prints JSON: for each refresh the seconds on the thread of the screens, and of all threads together.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.tui.app import WizardApp
from wizard.tui.screens.dashboard import DashboardScreen
from wizard.tui.widgets.vm_table import VmTable

_PATIENCE = 240.0
_AFTERWARDS = 0.3
"""Seconds in which what a refresh changed is painted."""


async def refreshes(service: str, vms: int, runs: int) -> list[tuple[float, float]]:
    """Attach to a service and refresh so many times once all of its VMs stand there."""
    login = find_login(os.environ, Path("/nonexistent"))
    app = WizardApp(lambda: Cloud(login, timeout=_PATIENCE), attach=service)
    app.session.keeps = True
    async with app.run_test(size=(120, 40)):
        screen = await asyncio.wait_for(_standing(app, vms), _PATIENCE)
        found = [await asyncio.wait_for(_refresh(screen), _PATIENCE) for _ in range(runs + 1)]
    return found[1:]


async def _standing(app: WizardApp, vms: int) -> DashboardScreen:
    while True:
        await asyncio.sleep(_AFTERWARDS)
        screen = app.screen
        # Before the first snapshot the screen may not have its table yet.
        if not isinstance(screen, DashboardScreen) or screen.snapshot is None:
            continue
        if screen.query_one(VmTable).row_count == vms:
            return screen


async def _refresh(screen: DashboardScreen) -> tuple[float, float]:
    watch = screen.watching
    before = watch.latest if watch else None
    thread, process = time.thread_time(), time.process_time()
    screen.action_poll_now()
    while watch and watch.latest is before:  # noqa: ASYNC110 - the screen has no event that tells of a poll
        await asyncio.sleep(0.02)
    await asyncio.sleep(_AFTERWARDS)
    return time.thread_time() - thread, time.process_time() - process


def main() -> None:
    """SERVICE VMS RUNS."""
    service, vms, runs = sys.argv[1:]
    print(json.dumps(asyncio.run(refreshes(service, int(vms), int(runs)))))


if __name__ == "__main__":
    main()
