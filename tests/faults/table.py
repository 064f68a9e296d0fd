"""The table: each request of each scene, under each fault, and the outcome that it ends in."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.faults.scenes import SCENES, TIMEOUT, Scene, Unfinished, new_client, quiet
from wizard.cloud.errors import CloudError
from wizard.sandbox.clock import ManualClock
from wizard.sandbox.http import Kind
from wizard.sandbox.server import Sandbox

TABLE = Path(__file__).parent / "table.txt"


class Outcome(str, Enum):
    """The result of an action under a fault. Without the fault, each of them then leads to the same final state."""

    DONE = "done"
    FOUND = "found"
    ITSELF = "itself"
    AGAIN = "again"
    ATTACH = "attach"


MEANING = {
    Outcome.DONE: "done, as without the fault",
    Outcome.FOUND: "done: the answer was lost, and a look at the cloud showed that it was done",
    Outcome.ITSELF: "asks again by itself, and shows the error meanwhile",
    Outcome.AGAIN: "one clear error; nothing was done, or a repetition of the action detects what was done",
    Outcome.ATTACH: "one clear error with a hint where to look: it was done, and attach continues from there",
}


@dataclass(frozen=True)
class Fault:
    """A column: a fault of the sandbox, once or for good."""

    name: str
    kind: Kind
    lasting: bool = False


FAULTS = (
    Fault("refused", "close"),
    Fault("silent", "silent"),
    Fault("slow", "slow"),
    Fault("500", "error"),
    Fault("half", "half"),
    Fault("cut after", "cut"),
    Fault("504 after", "gateway"),
    Fault("dies", "close", lasting=True),
    Fault("acts, dies", "cut", lasting=True),
)


@dataclass(frozen=True)
class Step:
    """A row: a request of a scene, the `place`-th of its kind."""

    scene: Scene
    server: str
    call: str
    place: int

    @property
    def name(self) -> str:
        """The title of the row."""
        again = f" ({self.place + 1})" if self.place else ""
        return f"{self.scene.name}: {self.call.removeprefix('one.')}{again}"


def steps(scene: Scene) -> list[Step]:
    """The requests of a scene without faults: reading ones once, changing ones at most twice."""
    with _sandbox() as sandbox:
        cloud = new_client(sandbox)
        before = scene.prepare(sandbox, cloud)
        begun = len(sandbox.requests)
        scene.act(sandbox, cloud, before, quiet)
        cloud.close()
        requests = [(item.server, item.call) for item in sandbox.requests[begun:] if item.server != "onegate"]
    seen: Counter[tuple[str, str]] = Counter()
    rows = []
    for server, call in requests:
        place = seen[(server, call)]
        seen[(server, call)] += 1
        if place == 0 or (place == 1 and _changes(call)):
            rows.append(Step(scene, server, call, place))
    return rows


def outcome(step: Step, fault: Fault) -> Outcome:
    """Play a step under a fault. Fails where something is lost or doubled, or where an error has no title or hint."""
    scene = step.scene
    with _sandbox() as sandbox:
        with contextlib.closing(new_client(sandbox)) as cloud:
            before = scene.prepare(sandbox, cloud)
        with contextlib.closing(new_client(sandbox)) as cloud:
            sandbox.faults.plan(
                step.server,
                fault.kind,
                match=step.call,
                seconds=4 * TIMEOUT if fault.kind == "silent" else TIMEOUT / 10,
                skip=step.place,
                lasting=fault.lasting,
            )
            messages: list[str] = []
            error: Exception | None = None
            try:
                scene.act(sandbox, cloud, before, messages.append)
            except (CloudError, Unfinished) as caught:
                error = caught
        assert not any(planned.times > 0 for planned in sandbox.faults.planned), f"the fault was never applied: {error}"
        sandbox.faults.clear()
        result = _classified(error, messages, acted=error is not None and scene.acted(sandbox, before))
        if result is Outcome.AGAIN:
            with contextlib.closing(new_client(sandbox)) as cloud:
                scene.act(sandbox, cloud, before, quiet)
        scene.end(sandbox, before)
    return result


def every_step() -> list[Step]:
    """All rows."""
    return [step for scene in SCENES for step in steps(scene)]


def read_table() -> dict[str, dict[str, str]]:
    """The stored table: outcomes by step and fault."""
    rows = [line.split("|") for line in TABLE.read_text(encoding="utf-8").splitlines() if "|" in line]
    names = [cell.strip() for cell in rows[0][1:]]
    return {row[0].strip(): dict(zip(names, (cell.strip() for cell in row[1:]), strict=True)) for row in rows[1:]}


def rendered(outcomes: dict[str, dict[str, str]]) -> str:
    """The table as text, with a legend."""
    wide = max(map(len, outcomes)) + 1
    columns = [fault.name for fault in FAULTS]
    cells = [len(name) + 2 for name in columns]
    lines = ["step".ljust(wide) + "|" + "|".join(f" {name} " for name in columns)]
    for step, row in outcomes.items():
        lines.append(
            step.ljust(wide) + "|" + "|".join(f" {row[c]}".ljust(n) for c, n in zip(columns, cells, strict=True))
        )
    lines += ["", *(f"{item.value:<8} {meaning}" for item, meaning in MEANING.items())]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _classified(error: Exception | None, messages: list[str], *, acted: bool) -> Outcome:
    if error is None:
        if any(line.startswith("again: ") for line in messages):
            return Outcome.ITSELF
        return Outcome.FOUND if any("the answer was lost" in line for line in messages) else Outcome.DONE
    if isinstance(error, CloudError):
        assert error.hint
        assert error.title
    return Outcome.ATTACH if acted else Outcome.AGAIN


def _changes(call: str) -> bool:
    return call.startswith(("POST", "PUT", "DELETE", "one.vm.action", "one.vm.update"))


def _sandbox() -> Sandbox:
    return Sandbox(latency=0, clock=ManualClock(1_795_428_900))
