"""One connection to PostgreSQL in a thread and a loop of its own: what is asked of it is done one after the other.

A connection that was lost is made anew for whoever asks next.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from asyncpg import PostgresError

from adapters.own_loop import OwnLoop
from adapters.postgres import AWAY, Driver, connected, why
from producers.outbox import OutboxUnavailable

Result = TypeVar("Result")


class Lane:
    """`settings` are those of each connection. `close` after use."""

    def __init__(self, name: str, url: str, **settings: str) -> None:
        self._url, self._settings = url, settings
        self._loop = OwnLoop(name)
        self._turn = asyncio.Lock()
        self._connection: Driver = None

    async def run(self, work: Callable[[Driver], Awaitable[Result]]) -> Result:
        """What `work` makes of the connection. Raises `OutboxUnavailable` where PostgreSQL refuses or is not there."""

        async def turn() -> Result:
            async with self._turn:
                connection = await self._connected()
                try:
                    return await work(connection)
                except AWAY as error:
                    if not isinstance(error, PostgresError):  # who knows in which state it is
                        connection.terminate()
                    raise

        try:
            return await self._loop.run(turn)
        except AWAY as error:
            raise OutboxUnavailable(*why(error)) from error

    async def close(self) -> None:
        """What was asked before is still done."""
        await self._loop.run(self._close)
        self._loop.close()

    async def _connected(self) -> Driver:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connected(self._url, **self._settings)
        return self._connection

    async def _close(self) -> None:
        async with self._turn:
            if self._connection is not None:
                await self._connection.close(timeout=1)
