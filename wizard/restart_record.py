"""Which SuperNode is being restarted, in a private file: whoever comes after a crash goes on there."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from wizard.files import APPLICATION, PresetFileError, write_atomically


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
        """What an earlier sitting had begun; None where there is nothing, or nothing that can be read."""
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
