"""Draws docs/dashboard.svg from the program itself: the wizard on the sandbox, three SuperNodes, just RUNNING."""

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

TARGET = Path(__file__).parent.parent / "docs" / "dashboard.svg"
START = 1_795_428_900
SIZE = (118, 32)


async def draw() -> str:
    """The picture as SVG."""
    with Sandbox("default", latency=0, clock=ManualClock(START)) as sandbox:
        login = find_login(sandbox.environment(), Path("/nonexistent"))
        plan = Plan().with_texts({"service.name": "flower-prod", "supernode.cardinality": "3"})
        clock = sandbox.clock.now
        app = WizardApp(lambda: Cloud(login, clock=clock), plan=plan, clock=clock)
        async with app.run_test(size=SIZE) as pilot:
            while not app.session.vm_templates.asked:
                await pilot.pause(0.05)
            await pilot.press("f5")
            await pilot.press("d")
            await pilot.press("enter")
            deadline = time.monotonic() + 60
            while "RUNNING" not in str(app.screen.query("#top").first().content) and time.monotonic() < deadline:
                sandbox.clock.advance(2)
                await pilot.press("r")
                await pilot.pause(0.2)
            svg = app.export_screenshot(title="flowerneb-wizard")
    return re.sub(r"terminal-\d+-", "terminal-", svg)


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp()
    TARGET.write_text(asyncio.run(draw()), encoding="utf-8")
    sys.stdout.write(f"{TARGET}\n")
