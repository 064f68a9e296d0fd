"""Draws the pictures of docs/ from the program itself: the wizard on the sandbox, from Home to a service that runs."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

from textual.pilot import Pilot

from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.plan.plan import Plan
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.steps import Step
from wizard.tui.widgets.lines import QuietLine

FOLDER = Path(__file__).parent.parent / "docs"
START = 1_795_428_900
SIZE = (118, 32)


async def draw() -> dict[str, str]:
    """The pictures as SVG, by name: from Home to a service that runs, was scaled, and lost its SuperLink."""
    found: dict[str, str] = {}
    with Sandbox("default", latency=0, clock=ManualClock(START)) as sandbox:
        named = _named(sandbox.environment())
        login = find_login(sandbox.environment(), Path("/nonexistent"))
        plan = Plan().with_texts({"service.name": "flower-prod", "supernode.cardinality": "3"})
        clock = sandbox.clock.now
        app = WizardApp(lambda: Cloud(login, clock=clock), plan=plan, clock=clock)
        async with app.run_test(size=SIZE) as pilot:

            async def shown(name: str, *keys: str) -> None:
                await pilot.press(*keys)
                await pilot.pause(1)
                svg = _svg(app)
                for address, name_of_it in named.items():
                    svg = svg.replace(address, name_of_it)
                found[name] = svg

            while not app.session.vm_templates.asked:
                await pilot.pause(0.05)
            app.go(Step.HOME)
            await shown("home")
            for name, key in (("service", "f2"), ("superlink", "f3"), ("supernodes", "f4"), ("review", "f5")):
                await shown(name, key)
            await shown("deploy", "d")
            await pilot.press("enter")
            await _until("SuperNodes 0/3", pilot, sandbox)
            await shown("deploying")
            await _until("✓ RUNNING", pilot, sandbox)
            await shown("dashboard")
            await shown("vm", "down", "enter")
            await pilot.press("escape")
            await shown("connect", "c")
            await pilot.press("escape")
            await shown("scale", "s", "backspace", "5", "enter")
            await pilot.press("enter")
            await _until("SuperNodes 5/5 READY", pilot, sandbox)
            await shown("scaled")
            sandbox.world.actions.act(sandbox.world.vms[0], "poweroff-hard")
            await _until("WARNING", pilot, sandbox)
            await shown("why", "y")
    return found


async def _until(said: str, pilot: Pilot[int], sandbox: Sandbox) -> None:
    """Let time pass until the lines on top of the dashboard say so."""
    deadline = time.monotonic() + 60
    while True:
        sandbox.clock.advance(2)
        await pilot.press("r")
        await pilot.pause(0.2)
        lines = "".join(line.text for line in pilot.app.screen.query(QuietLine))
        if said in lines:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"the dashboard never said {said!r}; it said {lines!r}")


def _svg(app: WizardApp) -> str:
    return re.sub(r"terminal-\d+-", "terminal-", app.export_screenshot(title="flowerneb-wizard"))


def _named(environment: dict[str, str]) -> dict[str, str]:
    """What stands for the sandbox's addresses, which are others each time; as long as they are."""
    ports = {"ONEFLOW_URL": 2474, "ONE_XMLRPC": 2633}
    return {urlsplit(environment[name]).netloc: f"frontend-1:{port}" for name, port in ports.items()}


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp()
    # As on a real cloud: behind a frontend, with VMs in which something runs.
    with (
        mock.patch("wizard.tui.screens.dashboard.reached_through", return_value="oneadmin@frontend-1"),
        mock.patch("wizard.core.opennebula.snapshot.VmFacts.is_simulated", new=False),
    ):
        pictures = asyncio.run(draw())
    for name, svg in pictures.items():
        place = FOLDER / f"{name}.svg"
        place.write_text(svg, encoding="utf-8")
        sys.stdout.write(f"{place}\n")
