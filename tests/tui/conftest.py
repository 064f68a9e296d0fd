"""The wizard on the sandbox, with a clock that the test turns, and pictures that hold nothing accidental."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.pilot import Pilot

from wizard.cloud.cloud import Cloud
from wizard.cloud.login import Login, find_login
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.storage.files import TOUR_SEEN
from wizard.tui import app
from wizard.tui.app import WizardApp
from wizard.tui.key_queue import KeyQueue
from wizard.tui.widgets import machines

START = 1_795_428_900
SIZES = [(80, 24), (120, 40), (200, 50)]


class SvgExtension(SingleFileSnapshotExtension):
    """A picture a file, as text, so that a change can be read in a diff."""

    _write_mode = WriteMode.TEXT
    file_extension = "svg"


@pytest.fixture(autouse=True)
def _private_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "state" / "flowerneb-wizard").mkdir(parents=True)
    (tmp_path / "state" / "flowerneb-wizard" / TOUR_SEEN).touch()
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _pressed_keys_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever presses a key goes on once all is done that the key did, as Pilot itself has it without a queue."""
    press = Pilot.press

    async def pressed(pilot: Pilot[int], *keys: str) -> None:
        await press(pilot, *keys)
        app = pilot.app
        while isinstance(app, KeyQueue) and app.is_typed_ahead and app.is_running:  # noqa: ASYNC110 (a test)
            await asyncio.sleep(0.002)

    monkeypatch.setattr(Pilot, "press", pressed)


@pytest.fixture
def sandbox_of() -> Iterator[Callable[[str], Sandbox]]:
    """Starts a world without latency on a clock that stands still."""
    started: list[Sandbox] = []

    def start(world: str = "default") -> Sandbox:
        sandbox = Sandbox(world, latency=0, clock=ManualClock(START))
        sandbox.start()
        started.append(sandbox)
        return sandbox

    yield start
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def sandbox(sandbox_of: Callable[[str], Sandbox]) -> Sandbox:
    """The default world."""
    return sandbox_of("default")


def login_of(sandbox: Sandbox) -> Login:
    """The login that the sandbox's own exports lead to."""
    return find_login(sandbox.environment(), Path("/nonexistent"))


class RecordedWizard(WizardApp):
    """The wizard, with all that it told in passing: in the line that a screen has for it, or over the screen."""

    CSS_PATH = [Path(app.__file__).parent / str(name) for name in WizardApp.CSS_PATH]

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.told: list[str] = []

    def notify(self, message: str, **options: object) -> None:  # type: ignore[override]
        """Record it, and tell it."""
        self.told.append(message)
        super().notify(message, **options)  # type: ignore[arg-type]


def wizard_on(sandbox: Sandbox, **options: object) -> RecordedWizard:
    """The wizard against a sandbox."""
    clock = sandbox.clock.now
    return RecordedWizard(lambda: Cloud(login_of(sandbox), clock=clock), clock=clock, **options)  # type: ignore[arg-type]


Picture = Callable[[Pilot[int]], Awaitable[None]]


@pytest.fixture
def picture(snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> Picture:
    """Compares the screen, once it stands still, with the picture of the test's name."""
    # Whether a load has come by the time of the picture would be an accident.
    monkeypatch.setattr(machines, "RESTS", 3600.0)

    async def compare(pilot: Pilot[int]) -> None:
        before, now = "", _drawn(pilot)
        for _ in range(100):
            if before == now:
                break
            await pilot.pause(0.05)
            await pilot.pause()
            before, now = now, _drawn(pilot)
        assert now == snapshot(extension_class=SvgExtension)

    return compare


def _drawn(pilot: Pilot[int]) -> str:
    svg = pilot.app.export_screenshot(title="", simplify=True)
    svg = re.sub(r"terminal-\d+-", "terminal-", svg)
    return re.sub(r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:00000", svg)
