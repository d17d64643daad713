"""The waits of one endpoint, which all end at once when nothing is sent there any more."""

import asyncio
from collections.abc import Awaitable, Callable

from workers.delivering.pace import Pace
from workers.delivering.shares import Shares


class Turns:
    """`clock` in s since the epoch; `over`, once set, stays so."""

    def __init__(
        self, endpoint: str, shares: Shares, clock: Callable[[], float], rest: Callable[[float], Awaitable[None]]
    ) -> None:
        self._endpoint, self._shares, self._clock, self._rest = endpoint, shares, clock, rest
        self.over = asyncio.Event()

    async def turn(self, pace: Pace, events: int) -> bool:
        """Returns when so many may go, by its own pace and by the share that it has; `False`: never, it is over."""
        while True:
            now = self._clock()
            free = pace.turn(now, events)
            if free > now:
                await self.pause(free - now)
            if self._shares.limited and not self.over.is_set() and pace.left_alone <= free:
                await self._unless_over(self._shares.turn(self._endpoint, events))
                free = self._clock()
            if self.over.is_set() or pace.left_alone <= free:
                return not self.over.is_set()

    async def pause(self, seconds: float, enough: asyncio.Event | None = None) -> None:
        await self._unless_over(self._rest(seconds), *([] if enough is None else [enough.wait()]))

    async def _unless_over(self, *ends: Awaitable[object]) -> None:
        waiting = [asyncio.ensure_future(each) for each in (*ends, self.over.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
