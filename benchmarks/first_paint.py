"""Time from the start of the process to the first paint: the wizard against a bare Textual app."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

RUNS = 9

_END = """
async def end(pilot):
    await pilot.pause()
    pilot.app.exit()
"""

_BARE = (
    _END
    + """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("bare")
Bare().run(headless=True, size=(120, 40), auto_pilot=end)
"""
)

_WIZARD = (
    _END
    + """
from wizard.cloud.errors import CredentialsMissing
from wizard.tui.app import WizardApp
def connect():
    raise CredentialsMissing("no credentials")
WizardApp(connect).run(headless=True, size=(120, 40), auto_pilot=end)
"""
)


def rows() -> list[tuple[str, str]]:
    """The two medians and their ratio; the runs alternate, so that a slow moment of the machine hits both."""
    bare, ours = [], []
    for number in range(RUNS + 1):
        first, second = _seconds(_BARE), _seconds(_WIZARD)
        if number:
            bare.append(first)
            ours.append(second)
    return [
        ("first paint, bare Textual app, median s", f"{median(bare):.3f}"),
        ("first paint, wizard, median s", f"{median(ours):.3f}"),
        ("first paint, wizard / bare", f"{median(a / b for a, b in zip(ours, bare, strict=True)):.2f}"),
    ]


def _seconds(code: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - begin
