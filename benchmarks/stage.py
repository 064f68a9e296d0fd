"""The sandbox in a process of its own, behind relays that count: its CPU is not the client's.

As a program: prints the variables that point at it, and for every line on stdin what was asked and sent so far. The
end of stdin ends it, so that it never outlives whoever measures.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pyone

from benchmarks.crowd import crowd
from benchmarks.relay import Relay

NOWHERE = "tcp://127.0.0.1:9"
"""An address at which nobody publishes events, for ONE_ZMQ."""


@dataclass(frozen=True)
class Traffic:
    """What clients asked and received so far."""

    requests: int
    received: int

    def __sub__(self, before: Traffic) -> Traffic:
        """What came in between."""
        return Traffic(self.requests - before.requests, self.received - before.received)


@dataclass(frozen=True)
class Stage:
    """A running sandbox, as its clients see it."""

    environment: dict[str, str]
    _process: subprocess.Popen[str]

    def traffic(self) -> Traffic:
        """What was asked and sent until now."""
        if self._process.stdin is None:
            raise RuntimeError("the sandbox has no stdin")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Traffic(**_line(self._process))

    def oned(self) -> Any:
        """A client of oned, to change what the wizard looks at."""
        session = f"{self.environment['ONEFLOW_USER']}:{self.environment['ONEFLOW_PASSWORD']}"
        return pyone.OneServer(self.environment["ONE_XMLRPC"], session=session)


@contextmanager
def staged(vms: int, silent: int = 0) -> Iterator[Stage]:
    """A sandbox with one service of so many VMs, the last `silent` of them without READY."""
    command = [sys.executable, "-m", "benchmarks.stage", str(vms), str(silent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Stage(_line(process), process)
        finally:
            process.kill()


def _line(process: subprocess.Popen[str]) -> Any:
    if process.stdout is None:
        raise RuntimeError("the sandbox has no stdout")
    return json.loads(process.stdout.readline())


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)


def main() -> None:
    """Run a sandbox until stdin ends."""
    with crowd(*map(int, sys.argv[1:])) as sandbox:
        environment, relays = sandbox.environment(), []
        for name in ("ONE_XMLRPC", "ONEFLOW_URL"):
            url = urlsplit(environment[name])
            relays.append(Relay(url.port or 0))
            environment[name] = url._replace(netloc=f"127.0.0.1:{relays[-1].port}").geturl()
        _say(environment)
        for _ in sys.stdin:
            asked = sum(request.server != "onegate" for request in sandbox.requests)
            _say({"requests": asked, "received": sum(relay.received for relay in relays)})


if __name__ == "__main__":
    main()
