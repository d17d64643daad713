"""Keeps the versions view small while OMS runs: what was closed a while ago becomes deltas, what was long ago Parquet.

Where there are columns for whole tables, they are kept near to what it is.
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from typing import Final

from adapters.view_files import ViewMissing
from oms.settings import Settings
from oms.shelves import Kept, Shelves
from projectors.projector import ViewUnavailable

LATELY: Final = 60_000_000  # µs: what was closed since is asked for most, and stays whole
DAY: Final = 24 * 3_600 * 1_000_000  # µs
HOUR: Final = 3_600.0  # seconds between two looks for what is old enough to move
BUSY: Final = 200  # positions that a view comes on during a step: then somebody else needs the machine
PAUSE: Final = 1.0  # seconds, then
REST: Final = 20.0  # seconds until there may be something again
Clock = Callable[[], int]
Alarm = Callable[[str, BaseException], None]
Step = Callable[[int, int], Awaitable[int | None]]
"""Of (build, before): how many versions it took; `None` when there is nothing more."""


async def keep_packed(settings: Settings, shelves: Shelves, clock: Clock, alarm: Alarm) -> None:
    """Until cancelled. Why it cannot go on is told once, until that is another reason."""
    keeper, said = Keeper(settings, shelves.shelf("versions"), clock), ""
    while True:
        try:
            await asyncio.sleep(await keeper.step())
            said = ""
        except (ViewUnavailable, ViewMissing, sqlite3.Error, OSError) as passing:
            if str(passing) != said:
                alarm("versions", passing)
            said = str(passing)
            await asyncio.sleep(REST)


async def pack_all(shelf: Kept, before: int, told: Callable[[int], None]) -> int:
    """All that was closed by what was committed before a time (µs); how many. `told(count)` is progress."""
    return await _all(shelf, shelf.pack, before, told)


async def move_all(shelf: Kept, before: int, told: Callable[[int], None]) -> int:
    """As `pack_all`, into Parquet."""
    return await _all(shelf, shelf.move, before, told)


async def _all(shelf: Kept, step: Step, before: int, told: Callable[[int], None]) -> int:
    count = 0
    build = await asyncio.to_thread(shelf.live)
    while build is not None and (taken := await step(build, before)) is not None:
        count += taken
        told(count)
    return count


class Keeper:
    """Looks for what to pack and to move, a stretch at a time."""

    def __init__(self, settings: Settings, shelf: Kept, clock: Clock) -> None:
        self._days, self._shelf, self._clock = settings.versions_days, shelf, clock
        self._move_at = 0.0 if self._days else float("inf")

    async def step(self) -> float:
        """Seconds to wait until the next one: as long as this one took, more where others are at work."""
        begun, position = time.monotonic(), await asyncio.to_thread(self._shelf.position)
        build = await asyncio.to_thread(self._shelf.live)
        if build is None or not await self._taken(build):
            return REST
        if await asyncio.to_thread(self._shelf.position) > position + BUSY:
            return PAUSE
        return time.monotonic() - begun

    async def _taken(self, build: int) -> bool:
        """Whether there was something to do. What moves need not be packed before."""
        now = self._clock()
        if time.monotonic() >= self._move_at:
            if await self._shelf.move(build, now - int(self._days * DAY)) is not None:
                return True
            self._move_at = time.monotonic() + HOUR
        if await self._shelf.pack(build, now - LATELY) is not None:
            return True
        return await self._shelf.columns(build) is not None
