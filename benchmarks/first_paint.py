"""Time from the start of the process to the first paint: the wizard against a bare Textual app."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import pairs
from benchmarks.table import Row

TARGET = 1.3

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


def rows() -> Iterator[Row]:
    """The two medians and their ratio."""
    yield from pairs.rows("first paint", ["-c", _WIZARD], ("bare Textual app", ["-c", _BARE]), TARGET)
