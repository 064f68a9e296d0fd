"""Events of a service, kept across sessions: a small file for each, a line for each event.

Several wizards may write into the same file: whole lines are appended, and what two of them saw stands there once
when it is read. Where it can't be written, only the memory is lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from wizard.core.cluster.events import Event, as_json, from_json, merged
from wizard.storage.files import APPLICATION, PresetFileError, write_atomically

KEPT = 2000
"""Events that are kept of a service."""
LARGEST = 512 * 1024
"""Bytes after which a file is cut back to the events that are kept."""
MOST_FILES = 200
OLDEST = 90 * 86400.0
"""Seconds after which a journal that nobody wrote into is dropped."""
TOGETHER = 10.0
"""Seconds within which the same words of two wizards are one event."""
RECENT = 12
"""Journals that are looked at for how long a deployment takes."""
GAP = 60.0
"""Seconds without a look after which it is said that nobody watched."""


def folder() -> Path:
    """Folder of the journals; it need not exist."""
    return platformdirs.user_state_path(APPLICATION) / "journals"


@dataclass
class Journal:
    """The journal of one service. `path` need not exist."""

    path: Path
    _written: set[Event] = field(default_factory=set)

    @classmethod
    def of(cls, where: str, service_id: int, start_time: int) -> Journal:
        """The journal of a service; `where` names the cloud and the user, ids alone are given again elsewhere."""
        return cls(folder() / f"{service_id}-{start_time}-{_mark(where)}.jsonl")

    def read(self) -> tuple[Event, ...]:
        """Events so far, oldest first, each once; lines that are no events are passed over."""
        try:
            with self.path.open("rb") as stream:
                text = stream.read(2 * LARGEST).decode("utf-8", "replace")
        except OSError:
            return ()
        found = merged(event for line in text.splitlines() if (event := from_json(line)) is not None)
        self._written.update(found)
        return _seen_once(found)[-KEPT:]

    def watched_until(self) -> float:
        """Time at which the service was looked at last, in Unix seconds; 0 where it never was."""
        try:
            return self.path.stat().st_mtime
        except OSError:
            return 0.0

    def add(self, events: Iterable[Event], now: float) -> None:
        """Keep new events, and that the service was looked at `now`."""
        new = [event for event in merged(events) if event not in self._written]
        self._written.update(new)
        with contextlib.suppress(OSError):
            if new or not self.path.exists():
                self._append("".join(f"{as_json(event)}\n" for event in new))
            os.utime(self.path, (now, now))

    def _append(self, text: str) -> None:
        if not self.path.exists():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            tidy(self.path.parent)
        elif self.path.stat().st_size > LARGEST:
            with contextlib.suppress(PresetFileError):
                write_atomically(self.path, "".join(f"{as_json(event)}\n" for event in self.read()[-KEPT // 2 :]))
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, text.encode("utf-8", "replace"))
        finally:
            os.close(handle)


def earlier(where: str, service_id: int) -> Journal | None:
    """The newest journal of a service that has this id, where the cloud tells nothing of it any more."""
    try:
        found = sorted(folder().glob(f"{service_id}-*-{_mark(where)}.jsonl"), key=lambda path: path.stat().st_mtime)
    except OSError:
        return None
    return Journal(found[-1]) if found else None


def deployments(where: str, but: int) -> Iterator[tuple[float, tuple[Event, ...]]]:
    """When each of the newest services of a cloud began, in Unix seconds, with its events; `but` is left out."""
    try:
        found = sorted(folder().glob(f"*-{_mark(where)}.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return
    for path in found[:RECENT]:
        number, begun, _ = path.name.split("-", 2)
        if number != str(but) and begun.isascii() and begun.isdigit():
            yield float(begun), Journal(path).read()


def tidy(place: Path) -> None:
    """Drop the journals that are old, and the oldest of too many; the newest of all is now."""
    with contextlib.suppress(OSError):
        by_age = sorted(place.glob("*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)
        newest = by_age[0].stat().st_mtime if by_age else 0.0
        for number, path in enumerate(by_age):
            if number >= MOST_FILES - 1 or newest - path.stat().st_mtime > OLDEST:
                path.unlink()


def _seen_once(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Without what a second wizard saw some seconds later."""
    last: dict[str, float] = {}
    found = []
    for event in events:
        if event.at - last.get(event.message, -TOGETHER - 1) > TOGETHER:
            last[event.message] = event.at
            found.append(event)
    return tuple(found)


def _mark(where: str) -> str:
    return hashlib.sha256(where.encode()).hexdigest()[:12]
