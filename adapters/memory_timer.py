"""Letters that come again, in memory: for tests, whose clock it goes by."""

import asyncio
from collections.abc import Callable, Sequence

from events.subscriptions.letters import Due


class MemoryTimer:
    """`tick` when the clock has moved. Passes the timer's conformance suite."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.waiting: dict[tuple[str, str], tuple[float, Due]] = {}
        self._taken: dict[tuple[str, str], tuple[float, Due]] = {}
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
            self._taken[each.subscription, each.place] = (0.0, each)
        return [_Fired(each, self._taken) for each in due]

    def rewind(self) -> None:
        self.waiting = self._taken | self.waiting
        self._taken.clear()
        self.tick()


class _Fired:
    def __init__(self, due: Due, taken: dict[tuple[str, str], tuple[float, Due]]) -> None:
        self.due, self._taken = due, taken

    async def done(self) -> None:
        self._taken.pop((self.due.subscription, self.due.place), None)
