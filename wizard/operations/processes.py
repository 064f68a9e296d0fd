"""Processes that end with this program, whatever ends it: the near side of the warden."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from wizard.operations import warden


class Processes:
    """Starts and stops processes by name. A context manager: at its end nothing of them is left.

    A name is used once.
    """

    def __init__(self) -> None:
        # In a session of its own: Ctrl-C at the terminal is for the program in front of it.
        self._warden = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", str(Path(warden.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._changed = threading.Condition()
        self._ended: dict[str, int] = {}
        self._refused: dict[str, str] = {}
        self._pids: dict[str, int] = {}
        self._closed = False
        threading.Thread(target=self._listen, name="warden", daemon=True).start()

    def start(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        """Start `command` in `folder` with exactly this environment; what it prints is appended to `log`."""
        order = {"start": name, "command": list(command), "environment": dict(environment)}
        self._say({**order, "folder": str(folder), "log": str(log)})

    def stop(self, name: str, grace: float = 10.0) -> None:
        """Ask a process to end, and kill it `grace` seconds later; 0 kills at once. Does not wait."""
        self._say({"stop": name, "grace": grace})

    def ended(self, name: str) -> int | None:
        """The exit status of a process, minus the signal's number where one ended it; None while it runs."""
        with self._changed:
            return self._ended.get(name)

    def refused(self, name: str) -> str:
        """Why a process could not be started; empty where it could."""
        with self._changed:
            return self._refused.get(name, "")

    def wait(self, name: str, seconds: float) -> int | None:
        """The exit status, waited for; None where the process still runs after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: name in self._ended, seconds)
            return self._ended.get(name)

    def close(self) -> None:
        """End everything and wait until nothing is left."""
        self._closed = True
        if self._warden.stdin is not None:
            with contextlib.suppress(OSError):
                self._warden.stdin.close()
        self._warden.wait()

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _say(self, order: dict[str, Any]) -> None:
        if self._warden.stdin is None or self._closed:
            return
        with self._changed, contextlib.suppress(OSError, ValueError):
            self._warden.stdin.write(json.dumps(order).encode() + b"\n")
            self._warden.stdin.flush()

    def _listen(self) -> None:
        with self._warden.stdout or io.BytesIO() as lines:
            for line in lines:
                fact = json.loads(line)
                with self._changed:
                    if "pid" in fact:
                        self._pids[fact["name"]] = fact["pid"]
                    else:
                        self._refused[fact["name"]] = fact.get("refused", "")
                        self._ended[fact["name"]] = fact.get("ended", 127)
                    self._changed.notify_all()
        with self._changed:
            # Nobody reports any more: whatever ran has been killed with the warden.
            for name in self._pids.keys() - self._ended.keys():
                self._ended[name] = -9
            self._changed.notify_all()
