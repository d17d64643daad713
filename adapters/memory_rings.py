"""The next time of each schedule, in memory: for tests, whose clock it goes by."""

import asyncio
from collections.abc import Callable, Sequence

from events.schedules.planning import Ring


class MemoryRings:
    """`tick` when the clock (µs) has moved. Passes the conformance suite."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.waiting: dict[str, tuple[Ring, int]] = {}
        self.rung: dict[Ring, _Rung] = {}  # taken, and not answered
        self._clock = clock
        self._moved = asyncio.Event()

    async def arm(self, rings: Sequence[tuple[Ring, int]]) -> None:
        self.waiting |= {each[0].schedule: each for each in rings}
        self.tick()

    async def cancel(self, schedule: str) -> None:
        self.waiting.pop(schedule, None)

    async def armed(self) -> set[str]:
        return {*self.waiting, *(each.schedule for each in self.rung)}

    def tick(self) -> None:
        self._moved.set()

    def lose(self) -> None:
        """Whoever took them is dead: they come again."""
        self.waiting |= {each.schedule: (each, 0) for each in self.rung if each.schedule not in self.waiting}
        self.rung.clear()

    async def take(self) -> "Sequence[_Rung]":
        while not (due := [ring for ring, time in self.waiting.values() if time <= self._clock()]):
            self._moved.clear()
            await self._moved.wait()
        for ring in due:
            del self.waiting[ring.schedule]
            self.rung[ring] = _Rung(ring, self.rung)
        return [self.rung[ring] for ring in due]


class _Rung:
    def __init__(self, ring: Ring, rung: dict[Ring, "_Rung"]) -> None:
        self.ring, self._rung = ring, rung

    async def done(self) -> None:
        self._rung.pop(self.ring, None)
