"""A run of the app on a cluster, as `rehearse` and `verify` show it: its rounds, and who was given what."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wizard.cli.output import Teller, is_terminal

if TYPE_CHECKING:
    from wizard.operations.flower_run import Ended, Row


class RoundsBar:
    """The rounds: a bar on a terminal, else a line each."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._begun = time.monotonic()
        self._bar: Any = None
        self._is_heard = False

    def __enter__(self) -> RoundsBar:
        if is_terminal(sys.stderr) and not self._teller.as_json:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=Console(stderr=True))
            self._bar.start()
            self._task = self._bar.add_task("rounds", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            # Of a run that never began nothing stays on the screen, above the error that says why.
            self._bar.live.transient = not self._is_heard
            self._bar.stop()

    def hear(self, word: Any) -> None:
        """One more thing that the app reported."""
        self._is_heard = True
        if word.error:
            self._teller.say(f"round {word.round}: a client failed: {word.error}")
        if word.clients is None:
            return
        if self._bar is not None:
            self._bar.update(self._task, total=word.of, completed=word.round)
        else:
            spent = time.monotonic() - self._begun
            self._teller.say(f"round {word.round} of {word.of}: {word.clients} clients, {spent:.0f} s")


def run_table(rows: Sequence[Row], unmatched: Sequence[int] = ()) -> str:
    """What each client was given beside what the dashboard says of its VM, a line each; of those VMs that are
    `unmatched` nobody knows which client is theirs."""
    head = ("VM", "index", "sync", "the dashboard says", "the client was given", "")
    cells = [
        (
            str(row.vm_id),
            str(row.index),
            row.sync,
            str(row.predicted or "none"),
            _reported(row, unmatched),
            "" if row.vm_id in unmatched else "agrees" if row.agrees else "DIFFERS",
        )
        for row in rows
    ]
    widths = [max(len(line[place]) for line in (head, *cells)) for place in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (head, *cells))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _reported(row: Row, unmatched: Sequence[int]) -> str:
    if row.vm_id in unmatched:
        return "not matched"
    return "it reported nothing" if row.reported is None else str(row.partition or "none")


def run_data(service_id: int, ended: Ended, rows: Sequence[Row], *, agree: bool) -> dict[str, Any]:
    """A run and what came of it, for `--json`."""
    return {
        "service": service_id,
        "status": ended.status,
        "rounds": max((word.round for word in ended.words), default=0),
        "agree": agree,
        "supernodes": [
            {
                "vm": row.vm_id,
                "index": row.index,
                "standing": row.sync,
                "predicted": _partition(row.predicted),
                "reported": _partition(row.partition),
                "rounds": row.rounds,
                "agrees": row.agrees,
            }
            for row in rows
        ],
    }


def _partition(found: Any) -> dict[str, int | None] | None:
    return None if found is None else {"partition-id": found.id, "num-partitions": found.count}
