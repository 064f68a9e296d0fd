"""Keys reach what they would have reached had they been typed slowly: one after the other, each when the last is done.

Textual hands each key at once to the widget that has the focus. What a key does comes later: it climbs to the screen
and to the application, the focus moves, a dialog or another screen opens. Over a slow line many keys arrive together,
and all of them would go where the cursor was before the first.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakSet

from textual.app import App, ScreenStackError
from textual.events import Event, Key, Paste
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen
from textual.worker import Worker

PATIENCE = 5.0
"""Seconds after which a key that is not done yet no longer holds up the next one."""

ASKS_WITHIN = 3.0
"""Seconds in which what a key began may come to its question, before the next key goes to the screen that is there."""

ASKS_AGAIN_WITHIN = 1.0
"""The same for what goes on once a dialog was answered: it may come to another one, or be at work."""

ASKING = frozenset(
    [
        "act",
        "begin",
        "change-a-preset",
        "check",
        "deploy",
        "draft",
        "leave",
        "open",
        "restart",
        "save",
        "search",
        "switch",
        "undo",
        "why",
        "write",
    ]
)
"""Groups of the workers that end in a question, in another screen, or soon."""

_SHORT = 0.005
_ROUNDS = 10


class KeyQueue(App[int]):
    """An application that gives a key out once all that the last one did is done.

    What a key began is waited for where it leads to a question. Nothing is waited for without a limit.
    """

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[Event] = deque()
        self._due: Event | None = None
        self._targets: list[MessagePump] = []
        """The widgets that the key goes through, from the focused one up."""
        self._giving_out: asyncio.Task[None] | None = None
        self._asking: _Asking | None = None
        self._busy: WeakSet[Worker[object]] = WeakSet()
        """Workers that needed longer than one waits for a question."""

    async def on_event(self, event: Event) -> None:
        """Keep what was typed until its turn has come; all else passes."""
        if not isinstance(event, (Key, Paste)) or event.is_forwarded:
            await super().on_event(event)
        elif event is self._due:
            self._due = None
            if not self.screen_stack:
                return  # It ends.
            self.before_key()
            self._targets = list((self.focused or self.screen).ancestors_with_self)
            await super().on_event(event)
        else:
            self._typed.append(event)
            if self._giving_out is None:
                self._giving_out = asyncio.create_task(self._give_out())

    @property
    def is_typed_ahead(self) -> bool:
        """True while a key is not done yet."""
        return self._giving_out is not None

    def before_key(self) -> None:
        """Called before a key is given out."""

    async def _give_out(self) -> None:
        try:
            while self._typed and self.is_running and self.screen_stack:
                await self._asked()
                await self._give(self._typed.popleft())
        except ScreenStackError:
            return  # It ends.
        except Exception as error:
            # Told like any other fault of the program: nobody awaits this task.
            self.call_later(_raise, error)
        finally:
            self._giving_out = None

    async def _give(self, event: Event) -> None:
        shown, known = self.screen, set(self.workers)
        self._due, self._targets = event, []
        self.post_message(event)
        end = time.monotonic() + PATIENCE
        await _passed(self, end)
        for node in self._targets:
            await _passed(node, end)
        await self._settled(end)
        if not self.screen_stack or (self.screen is not shown and isinstance(self.screen, ModalScreen)):
            return  # The question is there.
        answered = isinstance(shown, ModalScreen) and shown not in self.screen_stack
        passed_over = frozenset(self._busy) if answered else frozenset(known) | frozenset(self._busy)
        patience = ASKS_AGAIN_WITHIN if answered else ASKS_WITHIN
        self._asking = _Asking(self.screen, passed_over, time.monotonic() + patience)

    async def _settled(self, end: float) -> None:
        """The focus stays where it is, on a screen that is there: a widget asks the application for the focus."""
        for _ in range(_ROUNDS):
            if not self.screen_stack:
                return
            before = (self.screen, self.focused)
            await _until(lambda: self.screen.is_mounted, end)
            await _passed(self.screen, end)
            await _passed(self, end)
            if not self.screen_stack or (self.screen, self.focused) == before:
                return

    async def _asked(self) -> None:
        """What the last key began, or went on with, has put its question, or needs longer."""
        asking, self._asking = self._asking, None
        if asking is None or not (workers := self._at_work(asking)):
            return
        while self.screen is asking.screen and workers:
            if time.monotonic() >= asking.end:
                self._busy.update(workers)
                break
            await asyncio.sleep(_SHORT)
            workers = self._at_work(asking)
        await self._settled(time.monotonic() + PATIENCE)

    def _at_work(self, asking: _Asking) -> frozenset[Worker[object]]:
        """The workers that may put the question, those that another one of them has begun included."""
        return frozenset(
            item
            for item in self.workers
            if item.group in ASKING and not item.is_finished and item not in asking.passed_over
        )


@dataclass(frozen=True)
class _Asking:
    """A screen over which a question may come until a moment, on the monotonic clock, and workers that put none."""

    screen: Screen[object]
    passed_over: frozenset[Worker[object]]
    end: float


def _raise(error: Exception) -> None:
    raise error


async def _passed(node: MessagePump, end: float) -> None:
    """All that was sent to a widget before now is dealt with, or it is no more, or it is time."""
    done = asyncio.Event()
    if not node.is_running or not node.call_later(done.set):
        return
    while not done.is_set() and node.is_running and time.monotonic() < end:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(done.wait(), 0.1)


async def _until(holds: Callable[[], bool], end: float) -> None:
    while not holds() and time.monotonic() < end:  # noqa: ASYNC110 (there is no event for it)
        await asyncio.sleep(_SHORT)
