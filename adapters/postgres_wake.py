"""Hears of commits as PostgreSQL tells them, one word for each: for a relay whose committer is another process."""

import asyncio
from collections.abc import Callable
from typing import Final

from adapters.postgres import AWAY, connected
from adapters.postgres_tables import inside, schema_of

AGAIN_SECONDS: Final = 0.5


async def listen(url: str, ontology: str, wake: Callable[[], None]) -> None:
    """Until it is cancelled. A connection that is lost is made anew, and then `wake` is called for what was not heard."""
    while True:
        try:
            await _listen(url, schema_of(ontology), wake)
        except AWAY:
            pass
        await asyncio.sleep(AGAIN_SECONDS)


async def _listen(url: str, channel: str, wake: Callable[[], None]) -> None:
    connection, lost = await connected(url, **inside(channel)), asyncio.Event()
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(channel, lambda *_: wake())
        wake()
        await lost.wait()
    finally:
        await connection.close(timeout=1)
