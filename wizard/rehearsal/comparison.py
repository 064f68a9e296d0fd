"""What the clients told in a run, beside what was predicted for their VMs: text and tables in, a table out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wizard.core.cluster.partitions import Assignment
from wizard.core.flower.node_config import Partition

MARK = "REHEARSAL "
"""Begins every line that the app prints for us."""

_NODE_ID = re.compile(r"SuperNode ID: (\d+)")


@dataclass(frozen=True)
class Word:
    """One line of the app: what a client told in a round (`node`, and `config` or `error`), that a round is over
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
    """One SuperNode: what the dashboard says of it, and what its client told. `told` is None where it told nothing,
    `contradicting` whether it told different things in different rounds."""

    vm_id: int
    index: int
    sync: str
    predicted: Partition | None
    told: Mapping[str, object] | None
    rounds: int
    contradicting: bool = False

    @property
    def partition(self) -> Partition | None:
        """The partition that the client told."""
        if self.told is None:
            return None
        number, count = self.told.get("partition-id"), self.told.get("num-partitions")
        if not isinstance(number, int):
            return None
        return Partition(number, count if isinstance(count, int) else None)

    @property
    def agrees(self) -> bool:
        """Whether the client saw exactly what was predicted, in every round."""
        return self.told is not None and not self.contradicting and self.partition == self.predicted


def word(line: str) -> Word | None:
    """What a line of the run's output tells; None for Flower's own lines."""
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


def node_id(log: str) -> str:
    """The id under which a SuperNode joined last, as its log has it; empty where it has none."""
    found = _NODE_ID.findall(log)
    return found[-1] if found else ""


def compared(predicted: Iterable[Assignment], nodes: Mapping[int, str], words: Sequence[Word]) -> tuple[Row, ...]:
    """One row for each SuperNode. `nodes` has the id under which the VM's SuperNode joined."""
    rows = []
    for item in predicted:
        mine = [one for one in words if one.node and one.node == nodes.get(item.vm_id) and one.config is not None]
        configs = [one.config for one in mine if one.config is not None]
        differing = any(config != configs[0] for config in configs)
        told = configs[0] if configs else None
        rows.append(Row(item.vm_id, item.index, item.sync.value, item.assigned, told, len(configs), differing))
    return tuple(rows)
