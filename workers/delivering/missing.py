"""What never arrived at an endpoint, and does not come by itself: asked for in stretches of the log."""

from collections.abc import Callable, Collection
from typing import Final

from events.subscriptions.letters import OVERDUE
from workers.delivering.ports import Deliveries

STRETCH: Final = 50_000  # positions that are asked for at a time


class Missing:
    """Of one endpoint; positions are asked about in order. `reached`: what is behind that comes by itself. `clock` in s."""

    def __init__(self, deliveries: Deliveries, subscription: str, reached: int, clock: Callable[[], float]) -> None:
        self._deliveries, self._subscription, self._reached, self._clock = deliveries, subscription, reached, clock
        self._arrived: Collection[int] = ()
        self._until = 0

    async def lacks(self, position: int) -> bool:
        if position > self._reached:
            return False
        if position > self._until:
            self._until = position + STRETCH
            overdue = round(self._clock() * 1e6) - OVERDUE
            self._arrived = await self._deliveries.arrived(self._subscription, position - 1, self._until, overdue)
        return position not in self._arrived
