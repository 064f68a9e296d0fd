"""Record of a deployment whose program was killed, in a private file: the next one goes on from there.

The file is written before the request that makes the service, and goes when the deployment has ended. Where its program
was killed or interrupted, or the answer got lost, it stays: so only what was cut short is ever found.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from wizard.storage.files import APPLICATION, PresetFileError, write_atomically
from wizard.storage.process_names import age, may_live, own_name

_LONGEST = 1024 * 1024
_A_MONTH = 30 * 86400.0


@dataclass(frozen=True)
class Earlier:
    """A deployment that was cut short. `known` are the services that there were before; `service_id` is None where its
    program never learned which service came of it. `age` is in seconds."""

    known: frozenset[int]
    service_id: int | None = None
    age: float = 0.0


@dataclass
class DeploymentRecord:
    """The record of one deployment by this process. Where it can't be written, only the going on is lost.

    `where` names the cloud and the user: what was asked elsewhere is never found. `anew`: nothing earlier is wanted.
    """

    where: str
    anew: bool = False
    folder: Path = field(default_factory=lambda: platformdirs.user_state_path(APPLICATION) / "deployments")
    path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.path = self.folder / f"{own_name()}.json"

    def earlier(self, asked: str) -> Earlier | None:
        """Progress of a process that is gone, with exactly these documents; None where there is nothing of it."""
        if self.anew:
            self.forget(asked)
        for path in self._left():
            record = _read(path)
            if record is not None and record.get("asked") == self._digest(asked):
                known, service_id = record.get("known"), record.get("service")
                if isinstance(known, list):
                    made = service_id if isinstance(service_id, int) else None
                    return Earlier(frozenset(known), made, age(path))
        return None

    def asks(self, asked: str, known: set[int]) -> None:
        """Just before the service is asked for: the documents, and which services there are."""
        self._write({"asked": self._digest(asked), "known": sorted(known)})

    def made(self, asked: str, service_id: int) -> None:
        """Note the service that came of it."""
        self._write({"asked": self._digest(asked), "known": [], "service": service_id})

    def forget(self, asked: str) -> None:
        """Remove what processes that are gone had written about these documents, and what is old."""
        for path in self._left():
            record = _read(path)
            if record is None or record.get("asked") == self._digest(asked) or age(path) > _A_MONTH:
                _remove(path)

    def leave(self) -> None:
        """Keep it for whoever deploys the same again, this process too: nobody knows what came of the request."""
        with contextlib.suppress(OSError):
            self.path.rename(self.path.with_stem(f"left-{os.urandom(8).hex()}"))

    def done(self) -> None:
        """The deployment has ended, or its program ends and has said where it stands."""
        _remove(self.path)

    def _left(self) -> list[Path]:
        try:
            return sorted(path for path in self.folder.glob("*.json") if path != self.path and not may_live(path))
        except OSError:
            return []

    def _digest(self, asked: str) -> str:
        return hashlib.sha256(f"{self.where}\n{asked}".encode()).hexdigest()

    def _write(self, record: dict[str, object]) -> None:
        with contextlib.suppress(PresetFileError):
            write_atomically(self.path, json.dumps(record) + "\n")


def _read(path: Path) -> dict[str, object] | None:
    try:
        with path.open("rb") as stream:
            found = json.loads(stream.read(_LONGEST))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


@dataclass(frozen=True)
class Begun:
    """A restart that was begun: the VM, and the number of its history record then. A resume makes a new record."""

    vm_id: int
    record: int


@dataclass(frozen=True)
class RestartRecord:
    """The record of one service. Where it can't be written, nothing is lost but the going on after a crash."""

    path: Path

    @classmethod
    def of(cls, service_id: int, start_time: int) -> RestartRecord:
        """The record of a service; ids are given again on another cloud, start times hardly ever."""
        folder = platformdirs.user_state_path(APPLICATION) / "restarts"
        return cls(folder / f"{service_id}-{start_time}.json")

    def read(self) -> Begun | None:
        """The restart that an earlier session had begun; None where there is nothing, or nothing that can be read."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return Begun(int(found["vm_id"]), int(found["record"]))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def write(self, begun: Begun) -> None:
        """Keep what is begun now."""
        with contextlib.suppress(PresetFileError):
            write_atomically(self.path, json.dumps({"vm_id": begun.vm_id, "record": begun.record}) + "\n")

    def done(self, _vm_id: int) -> None:
        """Forget it: the VM is READY again."""
        with contextlib.suppress(OSError):
            self.path.unlink()


_SCALE_TAKES = 180.0
"""Seconds after which a scale whose answer never came is held to be over: OneFlow makes a hundred VMs in a minute."""


@dataclass(frozen=True)
class PendingScale:
    """A scale of a service whose answer did not come in time: OneFlow goes on with it, and shows nothing meanwhile."""

    path: Path

    @classmethod
    def of(cls, service_id: int, start_time: int) -> PendingScale:
        """That of a service."""
        folder = platformdirs.user_state_path(APPLICATION) / "scales"
        return cls(folder / f"{service_id}-{start_time}.json")

    def read(self) -> tuple[str, int] | None:
        """The role and how many VMs it is to have; None where nothing is pending."""
        found = _read(self.path)
        if found is None or age(self.path) > _SCALE_TAKES:
            return None
        role, wanted = found.get("role"), found.get("wanted")
        return (role, wanted) if isinstance(role, str) and isinstance(wanted, int) else None

    def write(self, role: str, wanted: int) -> None:
        """Keep what was asked for."""
        with contextlib.suppress(PresetFileError):
            write_atomically(self.path, json.dumps({"role": role, "wanted": wanted}) + "\n")

    def forget(self) -> None:
        """It has happened."""
        _remove(self.path)
