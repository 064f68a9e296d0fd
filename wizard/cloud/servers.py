"""The two servers of a cloud, each asked one thing at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from wizard.cloud.login import Login
    from wizard.cloud.oned import Oned
    from wizard.cloud.oneflow import OneFlow

Answer = TypeVar("Answer")


class Servers:
    """OneFlow and oned. A call blocks while another one of the same server is under way, and raises CloudError."""

    def __init__(self, login: Login, timeout: float) -> None:
        # The HTTP libraries cost as much to import as the screens: nobody pays who only edits or renders.
        from wizard.cloud.oneflow import OneFlow

        self._login = login
        self._timeout = timeout
        self._flow = OneFlow(login, timeout)
        self._oned: Oned | None = None
        self._closed = False
        self._flow_lock = threading.Lock()
        self._oned_lock = threading.Lock()

    def close(self) -> None:
        """Close all connections; one that a call opens meanwhile is closed when it ends."""
        self._closed = True
        self._flow.close()
        if self._oned is not None:
            self._oned.close()

    def ask_oneflow(self, call: Callable[[OneFlow], Answer]) -> Answer:
        """Call OneFlow, once or several times with nobody in between."""
        with self._flow_lock:
            try:
                return call(self._flow)
            finally:
                if self._closed:
                    self._flow.close()

    def ask_oned(self, call: Callable[[Oned], Answer]) -> Answer:
        """Call oned; the first call connects."""
        with self._oned_lock:
            if self._oned is None:
                from wizard.cloud.oned import Oned

                self._oned = Oned(self._login, self._timeout)
            try:
                return call(self._oned)
            finally:
                if self._closed:
                    self._oned.close()
