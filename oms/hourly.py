"""What is done at once and then every hour: letting go of what was remembered long enough."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from adapters import system_clock as clock
from producers.outbox import OutboxUnavailable

HOUR: Final = 3_600.0  # seconds
DAY: Final = 86_400_000_000  # µs


async def hourly(work: Callable[[], Awaitable[object]]) -> None:
    """Until cancelled. A store that refuses for a while is asked again an hour later."""
    while True:
        with suppress(OutboxUnavailable):
            await work()
        await asyncio.sleep(HOUR)


def days_ago(days: float) -> int:
    """µs since the epoch."""
    return clock.now() - round(days * DAY)
