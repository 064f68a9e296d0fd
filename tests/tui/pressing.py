"""Waiting for what the screen, or the program behind it, should come to."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.pilot import Pilot
from textual.widgets import Static

from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp
from wizard.tui.screens.dashboard import DashboardScreen
from wizard.tui.steps import Step

PATIENCE = 20.0
"""Seconds of wall time after which something that should happen is held not to."""


async def until(pilot: Pilot[int], holds: Callable[[], bool], what: str = "") -> None:
    """Let the program work until a condition holds; fails with what was awaited."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"never came: {what or holds}\n{words(pilot.app)}"
        await pilot.pause(0.02)
    await pilot.pause()


async def connected(pilot: Pilot[int]) -> None:
    """The cloud has told who we are and what it has, and the screen shows it."""
    app = wizard_of(pilot)
    session = app.session
    await until(pilot, lambda: session.error is not None or session.connection is not None, "a connection")
    # The lists of VM templates and networks come after it, and fill in what was not chosen.
    await until(pilot, lambda: not any(worker.group == "look up" for worker in app.workers), "the lists")
    await until(pilot, lambda: "asking" not in line(pilot, "#top"), "the connection on the screen")


async def at(pilot: Pilot[int], step: Step) -> None:
    """The screen of a step is shown and drawn."""
    await until(pilot, lambda: getattr(pilot.app.screen, "step", None) is step, f"the step {step.title}")
    await until(pilot, lambda: bool(line(pilot, "#top")), f"the drawn step {step.title}")


async def dashboard_shows(pilot: Pilot[int], sandbox: Sandbox, wanted: str, *, stride: float = 2.0) -> None:
    """Turn the sandbox's clock and poll until the dashboard's top line has a word."""
    end = time.monotonic() + PATIENCE
    while wanted not in line(pilot, "#top"):
        assert time.monotonic() < end, f"never {wanted}: {words(pilot.app)}"
        sandbox.clock.advance(stride)
        await polled(pilot)


async def polled(pilot: Pilot[int]) -> None:
    """One poll of the dashboard, from the key to the drawn answer."""
    screen = pilot.app.screen
    assert isinstance(screen, DashboardScreen)
    await until(pilot, lambda: screen.watching is not None, "the watch")
    assert screen.watching is not None
    before = screen.watching.latest
    await pilot.press("r")
    await until(pilot, lambda: screen.watching is not None and screen.watching.latest is not before, "a poll")


async def typed(pilot: Pilot[int], text: str) -> None:
    """Type a text, character by character."""
    names = {" ": "space", "=": "equals_sign", "-": "minus", ".": "full_stop", "_": "underscore", "/": "slash"}
    await pilot.press(*(names.get(char, char) for char in text))


def wizard_of(pilot: Pilot[int]) -> WizardApp:
    """The application under the pilot."""
    assert isinstance(pilot.app, WizardApp)
    return pilot.app


def told(pilot: Pilot[int]) -> list[str]:
    """What the operator was told in passing so far."""
    found = getattr(pilot.app, "told", None)
    return found if found is not None else [item.message for item in pilot.app._notifications]


def line(pilot: Pilot[int], selector: str) -> str:
    """What one of the lines of the screen says; empty where the screen has none yet."""
    found = pilot.app.screen.query(selector)
    return str(found.first(Static).content) if found else ""


def words(app: object) -> str:
    """All plain lines of the screen, for messages of failures and for asserting on what an operator reads."""
    screen = app.screen  # type: ignore[attr-defined]
    shown = [str(item.render()) for item in screen.query(Static) if item.display]
    return "\n".join([*(str(item.border_title) for item in screen.query(".panel") if item.border_title), *shown])
