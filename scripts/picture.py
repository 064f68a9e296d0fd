"""Draws the pictures of docs/ from the program itself: the wizard on the sandbox, from Home to a service that runs."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.plan import Plan
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.steps import Step

FOLDER = Path(__file__).parent.parent / "docs"
START = 1_795_428_900
SIZE = (118, 32)


async def draw() -> dict[str, str]:
    """The pictures as SVG, by name."""
    found: dict[str, str] = {}
    with Sandbox("default", latency=0, clock=ManualClock(START)) as sandbox:
        login = find_login(sandbox.environment(), Path("/nonexistent"))
        plan = Plan().with_texts({"service.name": "flower-prod", "supernode.cardinality": "3"})
        clock = sandbox.clock.now
        app = WizardApp(lambda: Cloud(login, clock=clock), plan=plan, clock=clock)
        async with app.run_test(size=SIZE) as pilot:
            while not app.session.vm_templates.asked:
                await pilot.pause(0.05)
            app.go(Step.HOME)
            await pilot.pause(1)
            found["home"] = _svg(app)
            await pilot.press("f4")
            await pilot.pause(1)
            found["supernodes"] = _svg(app)
            await pilot.press("f5")
            await pilot.pause(0.5)
            await pilot.press("d")
            await pilot.press("enter")
            deadline = time.monotonic() + 60
            while "RUNNING" not in str(app.screen.query("#top").first().content) and time.monotonic() < deadline:
                sandbox.clock.advance(2)
                await pilot.press("r")
                await pilot.pause(0.2)
            found["dashboard"] = _svg(app)
    return found


def _svg(app: WizardApp) -> str:
    svg = re.sub(r"terminal-\d+-", "terminal-", app.export_screenshot(title="flowerneb-wizard"))
    return re.sub(r"127\.0\.0\.1:\d{4,5}", "localhost:2474", svg)


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp()
    for name, svg in asyncio.run(draw()).items():
        place = FOLDER / f"{name}.svg"
        place.write_text(svg, encoding="utf-8")
        sys.stdout.write(f"{place}\n")
