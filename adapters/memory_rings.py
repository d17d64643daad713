"""Times at which schedules are due, in memory: for tests, whose clock it goes by."""

import asyncio
from collections.abc import Callable, Collection, Sequence


class MemoryRings:
    """`tick` when the clock (µs) has moved. Passes the conformance suite."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.waiting: set[int] = set()
        self.rung: dict[int, _Rung] = {}  # taken, and not answered
        self.ahead = 0  # µs by which it rings too early
        self._clock = clock
        self._moved = asyncio.Event()

    async def arm(self, times: Collection[int]) -> None:
        self.waiting |= set(times)
        self.tick()

    async def cancel(self, time: int) -> None:
        self.waiting.discard(time)

    async def armed(self) -> set[int]:
        return self.waiting | self.rung.keys()

    def tick(self) -> None:
        self._moved.set()

    def lose(self) -> None:
        """Whoever took them is dead: they come again."""
        self.waiting |= self.rung.keys()
        self.rung.clear()

    async def take(self) -> "Sequence[_Rung]":
        while not (due := sorted(time for time in self.waiting if time <= self._clock() + self.ahead)):
            self._moved.clear()
            await self._moved.wait()
        self.waiting.difference_update(due)
        self.rung |= {time: _Rung(time, self.rung) for time in due}
        return [self.rung[time] for time in due]


class _Rung:
    def __init__(self, time: int, rung: "dict[int, _Rung]") -> None:
        self.time, self._rung = time, rung

    async def done(self) -> None:
        self._rung.pop(self.time, None)
