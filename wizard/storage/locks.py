"""A lock of this user on this machine for each service: two programs do not act on one at the same time.

OneFlow takes a second DELETE while it is busy with the first, and then leaves the SuperLink's VM behind. What another
machine does is not seen from here.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import platformdirs

from wizard.storage.files import APPLICATION

_PAUSE = 0.2
"""Seconds between two looks at a lock that another holds."""


class WaitStopped(Exception):
    """Raised where the wait for a lock was stopped."""


@contextlib.contextmanager
def service_lock(
    where: str, service_id: int, waiting: Callable[[], object], stop: Callable[[], bool] = lambda: False
) -> Iterator[bool]:
    """Hold the lock of a service of the cloud named `where`; gives whether it had to be waited for.

    `waiting` is called before a wait, and `stop` is asked while it lasts: WaitStopped is raised where it says so. Where
    no lock can be had, since nothing can be written, it goes on without one.
    """
    name = f"{hashlib.sha256(where.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}-{service_id}.lock"
    path = platformdirs.user_state_path(APPLICATION) / "locks" / name
    waited = False
    while not (lock := _Lock.take(path)).is_ours:
        if not waited:
            waiting()
        waited = True
        if stop():
            raise WaitStopped
        time.sleep(_PAUSE)
    try:
        yield waited
    finally:
        lock.release()


class _Lock:
    """A file with a lock on it; none of ours while another holds it, and no file where none can be made."""

    def __init__(self, path: Path, file: IO[str] | None, is_ours: bool) -> None:
        self._path, self._file, self.is_ours = path, file, is_ours

    @classmethod
    def take(cls, path: Path) -> _Lock:
        """Try to take it."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = path.open("w", encoding="utf-8")
        except OSError:
            return cls(path, None, True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                return cls(path, file, True)
        except (BlockingIOError, FileNotFoundError):
            # Held by another, or let go and taken away by another in this moment.
            pass
        except OSError:
            # A file system without locks.
            return cls(path, file, True)
        file.close()
        return cls(path, None, False)

    def release(self) -> None:
        """Let it go. The file goes first: whoever waits finds out, and takes the new one."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()
            self._file.close()
