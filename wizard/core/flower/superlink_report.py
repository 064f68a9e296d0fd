"""What a SuperLink itself says, beside what OneFlow says of its service: values and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wizard.core.opennebula.snapshot import SUPERNODE, ServiceSnapshot
from wizard.core.text import counted

ONLINE = "online"
_GONE = "unregistered"


@dataclass(frozen=True)
class Joined:
    """A SuperNode as the SuperLink knows it. `status` is Flower's word, `since` when it joined last, ISO 8601."""

    id: str
    status: str
    since: str = ""


@dataclass(frozen=True)
class Run:
    """A run. `status` is Flower's word, such as `running` or `finished:completed`; times are ISO 8601."""

    id: str
    app: str
    status: str
    details: str = ""
    pending_at: str = ""
    finished_at: str = ""


@dataclass(frozen=True)
class SuperLinkReport:
    """What the SuperLink at `address` said: its SuperNodes, and its runs, the newest first."""

    address: str
    supernodes: tuple[Joined, ...]
    runs: tuple[Run, ...]

    @property
    def online(self) -> int:
        """How many SuperNodes are connected."""
        return sum(1 for node in self.supernodes if node.status == ONLINE)


def read(address: str, data: Mapping[str, Any]) -> SuperLinkReport:
    """The word out of the JSON that the reader of the Control API gives. KeyError or TypeError for anything else."""
    return SuperLinkReport(
        address,
        tuple(Joined(str(one["id"]), str(one["status"]), str(one["since"])) for one in data["supernodes"]),
        tuple(
            Run(
                str(one["id"]),
                str(one["app"]),
                str(one["status"]),
                str(one["details"]),
                str(one["pending_at"]),
                str(one["finished_at"]),
            )
            for one in data["runs"]
        ),
    )


def lines(word: SuperLinkReport, snapshot: ServiceSnapshot) -> Iterator[str]:
    """The same as an operator reads it, held against what OneFlow says of the service."""
    others = [node for node in word.supernodes if node.status not in (ONLINE, _GONE)]
    yield f"{counted(word.online, 'SuperNode')} online, as the SuperLink at {word.address} says."
    for node in others:
        yield f"SuperNode {node.id}: {node.status} (joined {node.since or 'never'})."
    role = snapshot.role(SUPERNODE)
    ready = role.ready_count if role else 0
    if ready > word.online:
        yield f"! OneFlow has {ready} READY: {ready - word.online} of them lost the SuperLink, or never joined it."
    elif ready < word.online:
        yield f"! OneFlow has {ready} READY: more are connected than the service knows of, or some are not READY yet."
    yield ""
    if not word.runs:
        yield "No run was submitted yet."
    for run in word.runs:
        when = f", ended {run.finished_at}" if run.finished_at else f", submitted {run.pending_at}"
        yield f"run {run.id}  {run.status}  {run.app}{when if run.finished_at or run.pending_at else ''}"
        if run.details:
            yield f"    {run.details}"
