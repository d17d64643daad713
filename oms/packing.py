"""Keeps the versions view small while OMS runs: states of versions that were closed a while ago become deltas."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from adapters.view_files import ViewMissing
from oms.shelves import Kept, Shelves
from projectors.projector import ViewUnavailable

LATELY: Final = 60_000_000  # µs: what was closed since is asked for most, and stays whole
MOVED: Final = 200  # positions that a view comes on during a step: then somebody else needs the machine
PAUSE: Final = 1.0  # seconds, then
REST: Final = 20.0  # seconds until there may be something again
Clock = Callable[[], int]
Alarm = Callable[[str, BaseException], None]


async def keep_packed(shelves: Shelves, clock: Clock, alarm: Alarm) -> None:
    """Until cancelled. Why it cannot go on is told once, until that is another reason."""
    shelf, said = shelves.shelf("versions"), ""
    while True:
        try:
            await asyncio.sleep(await _step(shelf, clock()))
            said = ""
        except (ViewUnavailable, ViewMissing, sqlite3.Error, OSError) as passing:
            if str(passing) != said:
                alarm("versions", passing)
            said = str(passing)
            await asyncio.sleep(REST)


async def pack_all(shelf: Kept, before: int, told: Callable[[int], None]) -> int:
    """All that was closed by what was committed before a time (µs); how many. `told(count)` is progress."""
    count = 0
    build = await asyncio.to_thread(shelf.live)
    while build is not None and (packed := await shelf.pack(build, before)) is not None:
        count += packed
        told(count)
    return count


async def _step(shelf: Kept, now: int) -> float:
    """Seconds to wait until the next one: as long as this one took, more where others are at work."""
    begun, position = time.monotonic(), await asyncio.to_thread(shelf.position)
    build = await asyncio.to_thread(shelf.live)
    if build is None or await shelf.pack(build, now - LATELY) is None:
        return REST
    if await asyncio.to_thread(shelf.position) > position + MOVED:
        return PAUSE
    return time.monotonic() - begun
