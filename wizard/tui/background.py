"""Blocking calls, kept off the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def calling(act: Callable[[], object]) -> Callable[[], None]:
    """A function for other threads that has the running event loop call `act` soon."""
    loop = asyncio.get_running_loop()

    def call() -> None:
        # The program may have ended meanwhile, and its loop with it.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(act)

    return call


async def run_in_thread(call: Callable[[], Result]) -> Result:
    """Run a blocking call in a thread of its own and wait for it.

    The thread is a daemon: whoever quits, or cancels the wait, does not sit out a server's time-out. Exceptions of the
    call come back to the caller.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: Result | None = None
        error: BaseException | None = None
        try:
            result = call()
        except BaseException as caught:
            error = caught
        # The program may have ended meanwhile, and its loop with it.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True, name="cloud call").start()
    return await future
