"""The private folder of a sandbox that runs, and the removal of those whose sandbox was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "flowerneb-sandbox-"
_LOCK = "running"
_NEW = 10.0
"""Seconds for whoever makes a folder to lock it."""


class PrivateFolder:
    """A folder that only its owner may read, locked while its sandbox lives; one that is not was left by a kill."""

    def __init__(self) -> None:
        remove_left_behind()
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = (self.path / _LOCK).open("w", encoding="utf-8")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def write(self, name: str, text: str) -> None:
        """Write a file that only its owner may read."""
        path = self.path / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def remove_left_behind() -> None:
    """Remove the folders of this user whose sandbox does not live any more: there are credentials in them."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            found = path.lstat()
            mine = found.st_uid == os.getuid() and path.is_dir() and not path.is_symlink()
            if mine and time.time() - found.st_mtime > _NEW and not _lives(path):
                shutil.rmtree(path, ignore_errors=True)


def _lives(path: Path) -> bool:
    try:
        with (path / _LOCK).open("r", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
