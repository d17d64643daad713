"""A store or a server that is away comes back: what needs it is tried again, and nobody else waits for that."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from producers.heeding import heeding

FIRST_PAUSE: Final = 0.25  # seconds; doubles
LAST_PAUSE: Final = 30.0
Alarm = Callable[[str, BaseException], None]
Rest = Callable[[float], Awaitable[None]]


async def until_it_works(
    what: str, work: Callable[[], Awaitable[None]], alarm: Alarm, rest: Rest = asyncio.sleep
) -> None:
    """What fails otherwise than before is told."""
    wait, said = FIRST_PAUSE, ""
    while True:
        try:
            return await heeding(work())
        except Exception as error:  # noqa: BLE001 whatever it was, the others flow on
            if repr(error) != said:
                alarm(what, error)
            said = repr(error)
            await rest(wait)
            wait = min(2 * wait, LAST_PAUSE)
