"""The one place where a login becomes a client, on a real cloud or on the sandbox."""

from __future__ import annotations

import contextlib
import difflib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.output import FAILED, CommandFailed, Teller

if TYPE_CHECKING:
    from wizard.cloud.cloud import Cloud
    from wizard.cloud.login import Login
    from wizard.core.opennebula.snapshot import ServiceSnapshot
    from wizard.sandbox.server import Sandbox
    from wizard.storage.journal import Journal

FLOWER = "flower"
"""Real Flower inside the sandbox's VMs."""


class Secret:
    """A text that never prints."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        """The text itself."""
        return self._text


@dataclass(frozen=True)
class ConnectionOptions:
    """Options for reaching the cloud; None is left to the environment and to OpenNebula's files."""

    server: str | None = None
    endpoint: str | None = None
    username: str | None = None
    password: Secret | None = None
    insecure: bool = False
    read_only: bool = False
    sandbox: bool = False
    world: str | None = None
    speed: float | None = None
    guests: str | None = None
    opennebula: str | None = None

    @property
    def read_only_reason(self) -> str:
        """A sentence: why nothing in the cloud may be changed; empty where it may. The settings have a say too."""
        from wizard.storage.preferences import read_only_reason

        if self.read_only:
            return "--read-only was given."
        # What is practised on is nobody's.
        return "" if self.sandbox else read_only_reason()

    @property
    def with_flower(self) -> bool:
        """True if the VMs of the sandbox run Flower."""
        return self.guests == FLOWER

    @staticmethod
    def of(context: click.Context) -> ConnectionOptions:
        """The options given so far. Raises UsageError where two of them contradict each other."""
        said: dict[str, Any] = context.ensure_object(dict)
        reach = ConnectionOptions(
            **{item.name: said[item.name] for item in fields(ConnectionOptions) if item.name in said}
        )
        if reach.sandbox:
            if reach.server or reach.endpoint or reach.username or reach.password or reach.insecure:
                raise click.UsageError("--sandbox has its own endpoints and credentials: leave the others out.")
            refuse_hurry(reach.guests, reach.speed)
        elif reach.world or reach.speed or reach.guests or reach.opennebula:
            raise click.UsageError(
                "--world, --speed, --guests and --opennebula are for --sandbox; the command `sandbox` has its own, "
                "which follow it."
            )
        return reach


def refuse_hurry(guests: str | None, speed: float | None) -> None:
    """Raise UsageError where Flower is to run in another time than the real one."""
    if guests == FLOWER and speed not in (None, 1.0):
        raise click.UsageError("--guests flower runs in real time: leave --speed out.")


QUICK = 10.0
"""Sandbox seconds per second, for commands that wait."""
TIMEOUT = 10.0
"""Seconds that a server may take for an answer."""
LATENCY = 0.05
"""Seconds that each call to a sandbox inside this process costs."""


@dataclass
class Connector:
    """Makes clients. `clock` gives the cloud's Unix seconds: the sandbox has a time of its own."""

    find: Callable[[], Login]
    clock: Callable[[], float] = time.time
    timeout: float = field(default_factory=lambda: TIMEOUT)
    keeps: bool = True
    """Whether what is seen is kept for later sessions: a sandbox inside this process has none."""
    logs: Callable[[int], str] | None = None
    """What the processes of a VM printed, where they are ours."""
    remark: str = ""
    """What is to be known of this cloud beside its address; empty for a real one."""
    read_only_reason: str = ""
    """A sentence: why nothing in the cloud may be changed; empty where it may."""
    made: list[Cloud] = field(default_factory=list)

    def connect(self) -> Cloud:
        """A client. Raises CloudError where no login is found; nothing is sent yet."""
        from wizard.cloud.cloud import Cloud

        login = replace(self.find(), read_only_reason=self.read_only_reason)
        self.made.append(Cloud(login, timeout=self.timeout, clock=self.clock))
        return self.made[-1]

    def refuse_change(self, subject: str = "") -> None:
        """Raise ReadOnly where nothing in the cloud may be changed; before anybody is asked anything."""
        if self.read_only_reason:
            from wizard.cloud.errors import ReadOnly

            raise ReadOnly.because(self.read_only_reason, subject)

    def journals(self, cloud: Cloud) -> Callable[[ServiceSnapshot], Journal] | None:
        """Opens the journal of a service of this cloud."""
        from wizard.storage.journal import Journal

        if not self.keeps:
            return None
        return lambda snapshot: Journal.of(cloud.where, snapshot.id, snapshot.start_time)

    def close(self) -> None:
        """Let all connections go."""
        for cloud in self.made:
            cloud.close()


@contextmanager
def connecting(reach: ConnectionOptions, teller: Teller, *, speed: float = QUICK) -> Iterator[Connector]:
    """A connector to what the operator wants. A sandbox lives as long as the context."""
    if not reach.sandbox:
        if reach.insecure:
            teller.say("warning: --insecure: HTTPS certificates are not verified, anybody in between can read along")
        yield from _closing(Connector(lambda: _login(reach), read_only_reason=reach.read_only_reason))
        return
    with ending_in_order(), contextlib.ExitStack() as stack:
        logs, pace = None, reach.speed or speed
        if reach.with_flower:
            pace = 1.0
            sandbox, logs = stack.enter_context(sandbox_with_flower(reach.world, reach.opennebula, latency=LATENCY))
        else:
            chosen = sandbox_of(reach.world, reach.opennebula, speed=pace, latency=LATENCY)
            sandbox = stack.enter_context(chosen)
        remark = "sandbox" if pace == 1.0 else f"sandbox, its clock runs {pace:g} times as fast"
        connector = Connector(
            lambda: _sandbox_login(sandbox),
            sandbox.clock.now,
            keeps=False,
            logs=logs,
            remark=remark,
            read_only_reason=reach.read_only_reason,
        )
        yield from _closing(connector)


@contextmanager
def sandbox_with_flower(
    world: str | None, version: str | None, *, latency: float
) -> Iterator[tuple[Sandbox, Callable[[int], str]]]:
    """A sandbox that runs and whose VMs run Flower, and the logs of its VMs. Raises UsageError and CommandFailed."""
    from wizard.rehearsal.stage import staged

    name = _world(world)
    if not Path("/proc/self/stat").exists():
        raise CommandFailed(FAILED, "--guests flower needs Linux: its VMs are processes with loopback addresses")
    with staged(name, latency, version) as stage:
        yield stage.sandbox, stage.guests.text


def sandbox_of(
    world: str | None, version: str | None = None, *, speed: float, latency: float, publishes: bool = False
) -> Sandbox:
    """A sandbox that is not started yet. Raises UsageError where no world has that name."""
    from wizard.sandbox.server import Sandbox

    return Sandbox(_world(world), speed=speed, latency=latency, version=version, publishes=publishes)


def _world(world: str | None) -> str:
    from wizard.sandbox.worlds import WORLDS

    name = world or "default"
    if name not in WORLDS:
        close = difflib.get_close_matches(name, WORLDS, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(WORLDS)}."
        raise click.UsageError(f"no world is called {name!r}; {hint}")
    return name


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the program, so that a sandbox inside it removes its private folder."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _closing(connector: Connector) -> Iterator[Connector]:
    try:
        yield connector
    finally:
        connector.close()


def _login(reach: ConnectionOptions) -> Login:
    from wizard.cloud.login import find_login

    return find_login(
        os.environ,
        _home(),
        username=reach.username,
        password=reach.password.reveal() if reach.password else None,
        oneflow_url=reach.server,
        oned_url=reach.endpoint,
        verify=not reach.insecure,
    )


def _sandbox_login(sandbox: Sandbox) -> Login:
    from wizard.cloud.login import find_login

    return find_login(sandbox.environment(), Path("/nonexistent"))


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")
