"""A process that owns other processes: none of them outlives it, and it does not outlive who started it.

It is run as a script, with the standard library alone. One JSON object a line on stdin asks for something, one a line
on stdout tells; the end of stdin, by whatever death at the other end, ends everything below it at once. Flower starts
helpers in sessions of their own that outlive their parents: as their subreaper the warden inherits them.

    {"start": NAME, "command": [...], "environment": {...}, "folder": PATH, "log": PATH}
    {"stop": NAME, "grace": SECONDS}
    -> {"name": NAME, "pid": N}  {"name": NAME, "ended": STATUS}  {"name": NAME, "refused": TEXT}
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LARGEST_LOG = 4 * 1024 * 1024
"""Bytes; a log that passes it keeps its last quarter."""
_TICK = 1.0


@dataclass
class Process:
    """One process that was asked for. `brood` is what it had started when it was asked to stop."""

    name: str
    pid: int
    log: Path
    kill_at: float | None = None
    brood: set[int] = field(default_factory=set)


class Warden:
    """Everything that was started and has not ended."""

    def __init__(self) -> None:
        self._by_pid: dict[int, Process] = {}
        self._popens: list[subprocess.Popen[bytes]] = []

    def obey(self, order: dict[str, Any]) -> None:
        """Do what one line asks for."""
        if "start" in order:
            self._start(order)
        for process in list(self._by_pid.values()):
            if process.name == order.get("stop") and process.kill_at is None:
                process.brood = descendants(process.pid)
                process.kill_at = time.monotonic() + float(order.get("grace", 0))
                _signal(process.pid, signal.SIGTERM if order.get("grace") else signal.SIGKILL)

    def _start(self, order: dict[str, Any]) -> None:
        name, log = order["start"], Path(order["log"])
        try:
            with log.open("ab") as out:
                popen = subprocess.Popen(  # noqa: S603
                    order["command"],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env=order["environment"],
                    cwd=order["folder"],
                    start_new_session=True,
                    preexec_fn=_die_with_parent,
                )
        except OSError as error:
            tell({"name": name, "refused": str(error)})
            return
        self._popens.append(popen)
        self._by_pid[popen.pid] = Process(name, popen.pid, log)
        tell({"name": name, "pid": popen.pid})

    def tick(self) -> None:
        """Bury who has died, kill whose time is up, keep the logs small."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            process = self._by_pid.pop(pid, None)
            if process is not None:
                # Its helpers are ours now, and have nobody to work for.
                for orphan in process.brood & descendants(os.getpid()):
                    _signal(orphan, signal.SIGKILL)
                tell({"name": process.name, "ended": os.waitstatus_to_exitcode(status)})
        now = time.monotonic()
        for process in self._by_pid.values():
            if process.kill_at is not None and now >= process.kill_at:
                _signal(process.pid, signal.SIGKILL)
            shorten(process.log)

    def end(self) -> None:
        """Kill all that is below this process, until nothing is."""
        for _ in range(200):
            below = descendants(os.getpid())
            if not below:
                return
            for pid in below:
                _signal(pid, signal.SIGKILL)
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass
            time.sleep(0.02)


def descendants(ancestor: int) -> set[int]:
    """The processes below one, without it, as /proc tells at this moment."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                stat = (place / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(place.name))
    found: set[int] = set()
    waiting = [ancestor]
    while waiting:
        new = [pid for pid in children.get(waiting.pop(), []) if pid not in found]
        found.update(new)
        waiting += new
    return found


def shorten(log: Path) -> None:
    """Keep the last quarter of a log that has grown too large; whoever writes it appends."""
    try:
        if log.stat().st_size > LARGEST_LOG:
            with log.open("r+b") as file:
                file.seek(-LARGEST_LOG // 4, os.SEEK_END)
                kept = file.read()
                file.truncate(0)
            with log.open("ab") as file:
                file.write(b"[...]\n" + kept.partition(b"\n")[2])
    except OSError:
        pass


def tell(fact: dict[str, Any]) -> None:
    """One line to whoever started the warden; nobody may be there any more."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(fact).encode() + b"\n")


def main() -> int:
    """Serve until stdin ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    warden = Warden()
    rest = b""
    try:
        while True:
            ready, _, _ = select.select([0, wake_read], [], [], _TICK)
            if wake_read in ready:
                os.read(wake_read, 4096)
            if 0 in ready:
                data = os.read(0, 65536)
                if not data:
                    return 0
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    warden.obey(json.loads(line))
            warden.tick()
    finally:
        warden.end()


def _die_with_parent() -> None:
    # Runs between fork and exec. Should somebody kill the warden itself, the kernel ends what it had started.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    # Not Linux: what happens when this process is killed is the processes' own affair then.
    with contextlib.suppress(AttributeError):
        _LIBC.prctl(option, value, 0, 0, 0)


_LIBC = ctypes.CDLL(None)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)


if __name__ == "__main__":
    sys.exit(main())
