"""Leases in PostgreSQL, in its own time: one ends some seconds after its last renewal, or with its holder's connection.

Who takes over locks the log's head row to do so: a commit that has that lock is through before, and what comes behind it
under the older fence is refused (`PostgresOutbox`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, TypeVar

from adapters.postgres import AWAY, Driver, why
from adapters.postgres_answers import SQL
from adapters.postgres_lane import Lane
from adapters.postgres_tables import inside, made, schema_of
from producers.lease import Held
from producers.outbox import OutboxUnavailable

Result = TypeVar("Result")
LEASE: Final = timedelta(seconds=5)


class PostgresLeases:
    """For processes of any machine. `postgres_leases` opens it."""

    def __init__(self, url: str, ontology: str) -> None:
        self._ontology = ontology
        self._lane = Lane("leases", url, statement_timeout=f"{LEASE.seconds}s", **inside(schema_of(ontology)))

    async def acquire(self, name: str) -> Held | None:
        """`None` also while PostgreSQL is not there."""

        async def run(db: Driver) -> int | None:
            async with db.transaction():
                await db.fetch(SQL["lock_log_head"], self._ontology)
                fence: int | None = await db.fetchval(SQL["acquire_lease"], name, LEASE)
                return fence

        fence = await self._asked(run)
        return None if fence is None else Held(name, fence)

    async def renew(self, held: Held) -> bool:
        """Not ours any more where PostgreSQL is not there: another one may take it as soon as it is."""
        return await self._asked(lambda db: db.fetchval(SQL["renew_lease"], held.name, held.fence, LEASE)) is not None

    async def release(self, held: Held) -> None:
        """Where PostgreSQL is not there it ends by itself."""
        await self._asked(lambda db: db.execute(SQL["release_lease"], held.name, held.fence))

    async def close(self) -> None:
        await self._lane.close()

    async def _asked(self, ask: Callable[[Driver], Awaitable[Result]]) -> Result | None:
        try:
            return await self._lane.run(ask)
        except OutboxUnavailable:
            return None


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
