"""Letters that come again, in memory: for tests, whose clock it goes by."""

import asyncio
from collections.abc import Callable, Sequence

from events.subscriptions.letters import Due


class MemoryTimer:
    """`tick` when the clock has moved. Passes the timer's conformance suite."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.waiting: dict[tuple[str, str], tuple[float, Due]] = {}
        self._clock = clock
        self._moved = asyncio.Event()

    async def at(self, due: Due, time: float) -> None:
        self.waiting[due.subscription, due.place] = (time, due)
        self.tick()

    def tick(self) -> None:
        self._moved.set()

    async def take(self) -> "Sequence[_Fired]":
        while not (due := [each for time, each in self.waiting.values() if time <= self._clock()]):
            self._moved.clear()
            await self._moved.wait()
        for each in due:
            del self.waiting[each.subscription, each.place]
        return [_Fired(each) for each in due]


class _Fired:
    def __init__(self, due: Due) -> None:
        self.due = due

    async def done(self) -> None:
        """Nothing comes again here."""
