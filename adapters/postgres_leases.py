"""Leases in PostgreSQL, in its own time: one ends some seconds after its last renewal, or with its holder's connection.

Who takes over locks the log's head row to do so: a commit that has that lock is through before, and what comes behind it
under the older fence is refused (`PostgresOutbox`).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from adapters.postgres import AWAY, Driver, connected, why
from adapters.postgres_answers import SQL
from adapters.postgres_tables import inside, made, schema_of
from producers.lease import Held
from producers.outbox import OutboxUnavailable

LEASE: Final = timedelta(seconds=5)


class PostgresLeases:
    """For processes of any machine. `postgres_leases` opens it."""

    def __init__(self, url: str, ontology: str) -> None:
        self._url, self._ontology = url, ontology
        self._connection: Driver = None
        self._turn = asyncio.Lock()

    async def acquire(self, name: str) -> Held | None:
        """`None` also while PostgreSQL is not there."""
        try:
            async with self._connected() as db, db.transaction():
                await db.fetch(SQL["lock_log_head"], self._ontology)
                fence = await db.fetchval(SQL["acquire_lease"], name, LEASE)
        except AWAY:
            return None
        return None if fence is None else Held(name, fence)

    async def renew(self, held: Held) -> bool:
        """Not ours any more where PostgreSQL is not there: another one may take it as soon as it is."""
        try:
            async with self._connected() as db:
                return await db.fetchval(SQL["renew_lease"], held.name, held.fence, LEASE) is not None
        except AWAY:
            return False

    async def release(self, held: Held) -> None:
        try:
            async with self._connected() as db:
                await db.execute(SQL["release_lease"], held.name, held.fence)
        except AWAY:  # it ends by itself
            pass

    async def close(self) -> None:
        async with self._turn:
            if self._connection is not None:
                await self._connection.close(timeout=1)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Driver]:
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await connected(self._url, **inside(schema_of(self._ontology)))
            yield self._connection


@asynccontextmanager
async def postgres_leases(url: str, ontology: str) -> AsyncIterator[PostgresLeases]:
    """Open inside the block; their table is made if it is not there. Raises `OutboxUnavailable`."""
    try:
        await made(url, schema_of(ontology))
    except AWAY as error:
        raise OutboxUnavailable(*why(error)) from error
    leases = PostgresLeases(url, ontology)
    try:
        yield leases
    finally:
        await leases.close()
