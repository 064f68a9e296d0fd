"""What each command asks of OneFlow and oned, counted on the sandbox and held against `docs/requests.md`."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Ended
from tests.deploying import deploy_plan
from wizard.cli.program import COMMANDS
from wizard.cloud.cloud import Cloud
from wizard.cloud.login import find_login
from wizard.core.opennebula.snapshot import SUPERNODE, ServiceSnapshot
from wizard.core.opennebula.states import ServiceState
from wizard.core.plan.plan import Plan
from wizard.operations import watch
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.server import Sandbox
from wizard.tui.app import WizardApp

DOCUMENT = (ROOT / "docs" / "requests.md").read_text(encoding="utf-8")
ROWS = {
    command: (oneflow, oned)
    for command, oneflow, oned in re.findall(r"^\| `([^`]+)` \| (.*?) \| (.*?) \|$", DOCUMENT, re.MULTILINE)
}
SCREENS = {"(no command)": None, "attach ID": "ID", "attach NAME": "NAME"}
MANY = " …"
"""Marks a call that is made as often as the waiting takes."""


@pytest.fixture
def cloud() -> Iterator[tuple[Sandbox, Cloud]]:
    """A cloud on a clock that stands still, and a client to prepare it with."""
    with Sandbox(latency=0, clock=ManualClock(1_795_428_900)) as sandbox:
        client = Cloud(find_login(sandbox.environment(), Path("/nonexistent")), clock=sandbox.clock.now)
        yield sandbox, client
        client.close()


def deployed(sandbox: Sandbox, client: Cloud) -> ServiceSnapshot:
    """A service that runs, with all of its VMs READY."""
    service = deploy_plan(Plan(), client)
    sandbox.clock.advance(120)
    return client.services.poll(service.id).snapshot


def scaled_down(sandbox: Sandbox, client: Cloud, service: ServiceSnapshot) -> None:
    """Scale up and down again: OneFlow ends the oldest SuperNode, the others keep partitions of before."""
    for count in (3, 2):
        client.services.scale(service.id, SUPERNODE, count)
        sandbox.clock.advance(600)


def cooling(sandbox: Sandbox, client: Cloud, service: ServiceSnapshot) -> None:
    """Scale, and stop the clock in the COOLDOWN."""
    client.services.scale(service.id, SUPERNODE, 3)
    while client.services.find(str(service.id)).state != ServiceState.COOLDOWN:
        sandbox.clock.advance(1)


def none_deployed(sandbox: Sandbox, client: Cloud, service: ServiceSnapshot) -> None:
    """Remove the service, and its template too: a deployment begins from nothing."""
    client.services.remove(service.id)
    sandbox.clock.advance(120)
    number = client.templates.list()[-1].id
    client._servers.ask_oneflow(lambda flow: flow.unregister(number))


BEFORE: dict[str, Callable[[Sandbox, Cloud, ServiceSnapshot], None]] = {
    "recover ID --yes --no-wait": cooling,
    "restart-stale ID --yes": scaled_down,
    "deploy default --yes --no-wait": none_deployed,
    "deploy default --yes": none_deployed,
}


@contextmanager
def time_going_on(sandbox: Sandbox) -> Iterator[None]:
    """Let a second of the sandbox pass each hundredth of a real one."""
    stopped = threading.Event()

    def turn() -> None:
        while not stopped.wait(0.01):
            sandbox.clock.advance(1)

    turning = threading.Thread(target=turn)
    turning.start()
    yield
    stopped.set()
    turning.join()


def counted(sandbox: Sandbox, since: int, expected: str, server: str) -> str:
    """The requests to a server as the table writes them; a call that the table marks as repeated counts as that."""
    calls = Counter(
        re.sub(r"/\d+", "/ID", item.call).removeprefix("one.")
        for item in sandbox.requests[since:]
        if item.server == server
    )
    parts = [
        call + (MANY if f"{call}{MANY}" in expected else f" ×{count}" if count > 1 else "")
        for call, count in calls.items()
    ]
    return ", ".join(parts) or "-"


@pytest.mark.parametrize("row", [row for row in ROWS if row not in SCREENS])
def test_a_command_asks_what_the_table_says(
    row: str, call: Callable[..., Ended], cloud: tuple[Sandbox, Cloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.operations.restart._PAUSE", 0.02)
    sandbox, client = cloud
    service = deployed(sandbox, client)
    BEFORE.get(row, lambda *_: None)(sandbox, client, service)
    words = {"ID": str(service.id), "VM": str(service.vm_ids[0]), "NAME": service.name}
    words |= {f"{kind}:{word}": f"{kind}:{words[word]}" for kind in ("service", "template") for word in ("ID", "NAME")}
    words["template:ID"] = f"template:{client.templates.list()[-1].id}"
    since = len(sandbox.requests)
    with time_going_on(sandbox) if MANY in "".join(ROWS[row]) else threading.Lock():
        ended = call(*(words.get(word, word) for word in row.split()), cloud=sandbox)
    # Nobody answers at the address of a SuperLink of the sandbox: it is asked for all the same.
    assert ended.status == 0 or row.startswith(("superlink", "verify")), ended.err
    measured = tuple(counted(sandbox, since, ROWS[row][place], name) for place, name in enumerate(("oneflow", "oned")))
    assert measured == ROWS[row], f"| `{row}` | {measured[0]} | {measured[1]} |"


@pytest.mark.parametrize("row", SCREENS)
async def test_the_screens_ask_what_the_table_says(
    row: str, cloud: tuple[Sandbox, Cloud], clean: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in clean.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(watch, "QUICK", 60.0)
    sandbox, client = cloud
    service = deployed(sandbox, client)
    wanted = {"ID": str(service.id), "NAME": service.name, None: None}[SCREENS[row]]
    since = len(sandbox.requests)
    app = WizardApp(lambda: client, clock=sandbox.clock.now, attach=wanted)
    async with app.run_test() as pilot:
        for _ in range(200):
            await pilot.pause(0.01)
            if wanted is None and app.session.services:
                break
            if (watching := getattr(app.screen, "watching", None)) is not None and watching.latest.snapshot:
                break
        await pilot.pause(0.2)
        measured = tuple(counted(sandbox, since, ROWS[row][n], name) for n, name in enumerate(("oneflow", "oned")))
    assert measured == ROWS[row], f"| `{row}` | {measured[0]} | {measured[1]} |"


def test_every_command_is_in_the_table() -> None:
    asking = {row.split()[0] for row in ROWS}
    silent = set(re.findall(r"`([a-z-]+)`", DOCUMENT.partition("ask nothing:")[2]))
    assert asking & set(COMMANDS) | silent == set(COMMANDS)
