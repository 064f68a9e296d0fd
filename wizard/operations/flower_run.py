"""One run of the app that ships with us, as `flwr run` submits it, and what became of it."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from wizard.core.cluster.partitions import Assignment
from wizard.core.flower import superlink as connection_card
from wizard.core.flower.node_config import Partition
from wizard.core.flower.versions import Family
from wizard.core.plan.contract import Meaning
from wizard.core.plan.plan import Plan
from wizard.operations.flower_environments import process_environment
from wizard.operations.processes import Processes

MARK = "REHEARSAL "
"""Begins every line that the app prints for us."""


@dataclass(frozen=True)
class Word:
    """One line of the app: what a client reported in a round (`node`, and `config` or `error`), that a round is over
    (`clients`), or that all are (`done`)."""

    round: int = 0
    of: int = 0
    node: str = ""
    config: Mapping[str, object] | None = None
    error: str = ""
    clients: int | None = None
    done: bool = False


@dataclass(frozen=True)
class Row:
    """One SuperNode: what the dashboard says of it, and what its client reported (None: nothing).

    `contradicting`: it reported different things in different rounds.
    """

    vm_id: int
    index: int
    sync: str
    predicted: Partition | None
    reported: Mapping[str, object] | None
    rounds: int
    contradicting: bool = False

    @property
    def partition(self) -> Partition | None:
        """The partition that the client reported."""
        if self.reported is None:
            return None
        number, count = self.reported.get("partition-id"), self.reported.get("num-partitions")
        if not isinstance(number, int):
            return None
        return Partition(number, count if isinstance(count, int) else None)

    @property
    def agrees(self) -> bool:
        """True if the client saw exactly what was predicted, in every round."""
        return self.reported is not None and not self.contradicting and self.partition == self.predicted


def word(line: str) -> Word | None:
    """Event in a line of the run's output; None for Flower's own lines."""
    _, mark, rest = line.partition(MARK)
    if not mark:
        return None
    try:
        facts = json.loads(rest)
        return Word(
            round=int(facts.get("round", 0)),
            of=int(facts.get("of", 0)),
            node=str(facts.get("node", "")),
            config=facts.get("config"),
            error=str(facts.get("error", "")),
            clients=facts.get("clients"),
            done=bool(facts.get("done", False)),
        )
    except (ValueError, AttributeError, TypeError):
        return None


def compared(predicted: Iterable[Assignment], nodes: Mapping[int, str], words: Sequence[Word]) -> tuple[Row, ...]:
    """One row for each SuperNode. `nodes` has the id under which the VM's SuperNode joined."""
    rows = []
    for item in predicted:
        mine = [one for one in words if one.node and one.node == nodes.get(item.vm_id) and one.config is not None]
        configs = [one.config for one in mine if one.config is not None]
        differing = any(config != configs[0] for config in configs)
        reported = configs[0] if configs else None
        rows.append(Row(item.vm_id, item.index, item.sync.value, item.assigned, reported, len(configs), differing))
    return tuple(rows)


_APP = Path(__file__).parent / "flower_scripts" / "app"
NAME = "rehearsal"
"""What the connection to the SuperLink is called."""
COMPLETED = "finished:completed"
UNKNOWN = "not known"
"""Status where nobody answers."""
_LOOK = 0.2
_NUMBERS = count()
"""Processes have a name each: several runs may be asked for one after the other."""
_COUNT = re.compile(r"\d{1,8}", re.ASCII)
_SUBMITTED = re.compile(r"(?:started run|run[_-]id\D{0,4}) ?(\d{4,20})", re.IGNORECASE)
_AFTERWARDS = 30.0
"""Seconds in which a run whose output has ended may yet be said to have finished."""
_WHAT = {
    "rounds": Meaning.ROUNDS,
    "min-fit-clients": Meaning.MIN_FIT,
    "min-evaluate-clients": Meaning.MIN_EVALUATE,
    "min-available-clients": Meaning.MIN_AVAILABLE,
}


@dataclass(frozen=True)
class Ended:
    """End of a run: Flower's own word, everything that was reported, and the last lines where it failed."""

    status: str
    words: tuple[Word, ...]
    last_lines: str = ""

    @property
    def completed(self) -> bool:
        """True if it ran to its end."""
        return self.status == COMPLETED


def settings(plan: Plan) -> dict[str, str]:
    """Settings of the app: the plan's strategy and rounds, as far as its contract has them."""
    return settings_from(plan.meant)


def settings_from(meant: Callable[[Meaning], str]) -> dict[str, str]:
    """The same from the text of each meaning, empty where there is none; what can't be meant is left out."""
    found = {name: meant(meaning).strip() for name, meaning in _WHAT.items()}
    strategy = meant(Meaning.STRATEGY).strip()
    given = {
        name: str(int(text)) for name, text in found.items() if text.isascii() and text.isdigit() and len(text) < 9
    }
    return {**given, "strategy": json.dumps(strategy)} if strategy.isascii() and strategy.isalpha() else given


class Run:
    """A run of the app on a SuperLink whose Control API is at `address`, a `host:port`.

    `python` is that of a Flower environment of the SuperLink's family; `folder` is where everything of it is kept, `ca`
    the PEM text of the CA that the SuperLink published, empty where it does not encrypt.
    """

    def __init__(
        self, processes: Processes, folder: Path, python: Path, family: Family, address: str, ca: str = ""
    ) -> None:
        self._processes, self._folder, self._python, self._family = processes, folder, python, family
        self._home = folder / "operator"
        self._app = self._home / "app"
        self._number, self._count = next(_NUMBERS), 0
        self._prepare(address, ca)

    def follow(
        self,
        options: Mapping[str, str],
        hear: Callable[[Word], None],
        seconds: float,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Ended:
        """Submit the app with these options of its own, and wait for its end; `hear` is called with each report.

        A run that does not end within so many seconds, or until `stopped`, is left, with the status that it had.
        """
        chosen = " ".join(f"{name}={value}" for name, value in options.items())
        arguments = ["--run-config", chosen] if chosen else []
        log = self._start("run", ["run", str(self._app), NAME, *arguments, "--stream"])
        words: list[Word] = []
        seen = 0
        end = time.monotonic() + seconds
        while True:
            over = self._processes.wait(self._process, _LOOK) is not None
            text = _read(log)
            lines = text.splitlines()
            for line in lines[seen : len(lines) if over or text.endswith("\n") else -1]:
                report = word(line)
                if report is not None:
                    words.append(report)
                    hear(report)
                seen += 1
            if over or stopped() or time.monotonic() >= end:
                break
        status = self.status()
        end = min(end, time.monotonic() + _AFTERWARDS)
        while not status.startswith("finished") and time.monotonic() < end:
            time.sleep(1.0)
            status = self.status()
        return Ended(status, tuple(words), "" if status == COMPLETED else "\n".join(_read(log).splitlines()[-15:]))

    def status(self) -> str:
        """Flower's word for the newest run. Its exit statuses say nothing, so they are not looked at."""
        where = [str(self._app), NAME] if self._family.in_app else [NAME]
        log = self._start("ls", ["ls", *where, "--format", "json"])
        self._processes.wait(self._process, 60.0)
        text = _read(log)
        try:
            runs = json.loads(text[text.index("{") :])["runs"]
            return str(runs[0]["status"]) if runs else "not submitted"
        except (ValueError, KeyError, IndexError, TypeError):
            return UNKNOWN

    def stop(self) -> None:
        """Stop the run that was submitted, where it is not over."""
        found = _SUBMITTED.search(_read(self._folder / "flwr-run.log"))
        if found is None:
            return
        where = [str(self._app), NAME] if self._family.in_app else [NAME]
        self._start("stop", ["stop", found[1], *where])
        self._processes.wait(self._process, 30.0)

    @property
    def last_lines(self) -> str:
        """The last lines that `flwr ls` printed."""
        return "\n".join(_read(self._folder / "flwr-ls.log").splitlines()[-5:])

    @property
    def _process(self) -> str:
        return f"operator-{self._number}.{self._count}"

    def _start(self, what: str, arguments: list[str]) -> Path:
        self._count += 1
        log = self._folder / f"flwr-{what}.log"
        log.unlink(missing_ok=True)
        environment = process_environment(self._python, self._home)
        # Not a terminal: without a width flwr folds what it prints at 80.
        environment["COLUMNS"] = "4000"
        self._processes.start(
            self._process,
            [str(self._python.parent / "flwr"), *arguments],
            environment=environment,
            folder=self._home,
            log=log,
        )
        return log

    def _prepare(self, address: str, ca: str) -> None:
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.copytree(_APP, self._app, ignore=shutil.ignore_patterns("__pycache__"))
        home = self._home / ".flwr"
        home.mkdir()
        certificate = self._home / connection_card.CA_FILE
        if ca:
            certificate.write_text(ca, encoding="ascii")
        lines = connection_card.connection(NAME, self._family, address, str(certificate) if ca else None)
        text = "\n".join(("", *lines, ""))
        if self._family.in_app:
            with (self._app / "pyproject.toml").open("a", encoding="utf-8") as file:
                file.write(text)
        else:
            (home / "config.toml").write_text(f'[superlink]\ndefault = "{NAME}"\n{text}', encoding="utf-8")


def _read(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
