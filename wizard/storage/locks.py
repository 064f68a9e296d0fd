"""A lock of this user on this machine for each service: two programs do not act on one at the same time.

OneFlow takes a second DELETE while it is busy with the first, and then leaves the SuperLink's VM behind. What another
machine does is not seen from here.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import platformdirs

from wizard.storage.files import APPLICATION


@contextlib.contextmanager
def service_lock(where: str, service_id: int, waiting: Callable[[], object]) -> Iterator[bool]:
    """Hold the lock of a service of the cloud named `where`; gives whether it had to be waited for.

    `waiting` is called before a wait. Where no lock can be had, since nothing can be written, it goes on without one.
    """
    name = f"{hashlib.sha256(where.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}-{service_id}.lock"
    path = platformdirs.user_state_path(APPLICATION) / "locks" / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file, waited = _locked(path, waiting)
    except OSError:
        yield False
        return
    with file:
        try:
            yield waited
        finally:
            # Before it is let go: whoever waits for it finds out, and takes the new one.
            with contextlib.suppress(OSError):
                path.unlink()


def _locked(path: Path, waiting: Callable[[], object]) -> tuple[IO[str], bool]:
    waited = False
    while True:
        file = path.open("w", encoding="utf-8")
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not waited:
                    waiting()
                waited = True
                fcntl.flock(file, fcntl.LOCK_EX)
            if path.exists() and os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                return file, waited
        except BaseException:
            file.close()
            raise
        file.close()
