"""How many events all endpoints together are sent a second, and whose turn it is: who waits has an equal share.

those that wait ─► the one whose turn begins first: where its endpoint's last one ended, or now ─► the next in events / rate seconds

Turns are counted in events, not in seconds. So who sends batches waits longer, and who did not want its share has saved up nothing.
Source: Goyal, Vin, Cheng: Start-time Fair Queueing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

LATE: Final = 0.1  # seconds of turns that are made up for when this process was busy; the rest of them is lost


class Shares:
    """`rate` in events a second, 0 = as many as there are; `clock` in s."""

    def __init__(
        self,
        rate: int,
        clock: Callable[[], float],
        rest: Callable[[float], Awaitable[None]],
        start: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._rate, self._clock, self._rest, self._start = rate, clock, rest, start
        self._waiting: list[tuple[float, int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._ends: dict[str, float] = {}  # by endpoint: of its last turn, in events
        self._begun = self._free_at = 0.0
        self._giving = False

    @property
    def limited(self) -> bool:
        return self._rate > 0

    async def turn(self, endpoint: str, events: int) -> None:
        """Returns when so many may go there. Whoever is cancelled meanwhile takes no turn."""
        begins = max(self._begun, self._ends.get(endpoint, 0.0))
        self._ends[endpoint] = begins + events
        turn = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (begins, next(self._numbers), events, turn))
        if not self._giving:
            self._giving = True
            self._start(self._give())
        await turn

    async def _give(self) -> None:
        self._free_at = max(self._free_at, self._clock())
        while self._waiting:
            now = self._clock()
            if now < self._free_at:
                await self._rest(self._free_at - now)
                continue
            begins, _, events, turn = heappop(self._waiting)
            if not turn.done():
                self._begun = begins
                self._free_at = max(self._free_at, now - LATE) + events / self._rate
                turn.set_result(None)
        self._giving = False
