"""The outbox in its schema of a database of PostgreSQL, and others beside it: to be compared with it, or to take its place."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Final, TypeVar

from adapters.heads_differ import HeadsDiffer, Interval, same
from adapters.outbox_snapshots import Snapshot, database_snapshot
from adapters.outbox_tables import outbox
from adapters.postgres import AWAY, Driver, connected, place, why
from adapters.postgres_answers import SQL
from adapters.postgres_copies import PostgresCopy
from adapters.postgres_outbox import PATIENT, PostgresOutbox
from adapters.postgres_session import quoted
from adapters.postgres_tables import made, schema_of
from adapters.statements import statements
from events.names import ONTOLOGY_SCOPE
from events.objects.purging import DATA_KEYS
from producers.outbox import LogHead, OutboxUnavailable

Result = TypeVar("Result")
_BESIDE: Final = statements("outbox_schemas.sql")


class OutboxSchemas:
    """One that is beside has a name of its own. Raises `OutboxUnavailable`."""

    def __init__(self, url: str, ontology: str) -> None:
        self._url, self._ontology = url, ontology
        self._schema = schema_of(ontology)

    @property
    def name(self) -> str:
        return f"{self._schema} in {place(self._url)}"

    async def head(self) -> LogHead | None:
        """`None`: it is not there."""

        async def ask(db: Driver) -> LogHead | None:
            if await db.fetchval("SELECT to_regclass('log_head')") is None:
                return None
            found = await db.fetchrow(SQL["read_log_head"], self._ontology)
            return None if found is None else LogHead(*found)

        return await self._asked(ask)

    def copy(self) -> PostgresCopy:
        return PostgresCopy(self._url, self._schema, outbox)

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """As it is now."""
        return database_snapshot(self._url, self._ontology, search_path=quoted(self._schema), **PATIENT)

    async def destroyed_keys(self) -> list[str]:
        """The data keys of which it says that they were destroyed."""
        if await self.head() is None:
            return []
        asked = (ONTOLOGY_SCOPE, DATA_KEYS, DATA_KEYS[:-1] + "0")
        found = await self._asked(lambda db: db.fetch(_BESIDE["destroyed_keys"], *asked))
        return [key.removeprefix(DATA_KEYS) for (key,) in found]

    @asynccontextmanager
    async def beside(self, name: str) -> AsyncIterator[PostgresOutbox]:
        """A new one, open inside the block; it stays until it takes the place or is removed."""
        await self.remove(name)
        schema = self._other(name)
        try:
            await made(self._url, schema)
        except AWAY as error:
            raise OutboxUnavailable(*why(error)) from error
        fresh = PostgresOutbox(self._url, self._ontology, schema, None)
        try:
            await fresh.begin()
            yield fresh
        finally:
            await fresh.close()

    async def carry_over(self, name: str) -> None:
        """Into the one beside: what no log knows."""
        await self._do(name, "carry_over_commands", "carry_over_refusals", "count_on")

    async def replace_heads(self, name: str) -> int:
        """By those of the one beside; how many there are."""
        await self._do(name, "clear", "replace_heads", "replace_commits")
        count: int = await self._asked(lambda db: db.fetchval("SELECT count(*) FROM heads"))
        return count

    async def compare_heads(self, name: str, position: int) -> HeadsDiffer | None:
        """With those of the one beside, both as of `position`; `None` = they agree."""
        statement = self._beside(name, "compare_heads")

        async def ask(db: Driver) -> HeadsDiffer | None:
            async with db.transaction(isolation="repeatable_read", readonly=True):
                async for branch, key, since, here, state, there, replayed in db.cursor(statement, position):
                    if not (here and there and same(state, replayed)):
                        return HeadsDiffer(
                            Interval(branch, key, since, state) if here else None,
                            Interval(branch, key, since, replayed) if there else None,
                        )
            return None

        return await self._asked(ask)

    async def flip(self, name: str) -> str | None:
        """The one beside takes the place, in one transaction; what the old one is called now. Leases and keys stay what they are."""

        async def ask(db: Driver) -> str | None:
            async with db.transaction():
                kept = None
                if await db.fetchval("SELECT to_regclass('log_head')") is not None:
                    for each in ("carry_over_leases", "carry_over_key_store"):
                        await db.execute(self._beside(name, each))
                    kept = await self._put_aside(db)
                await db.execute(f"ALTER SCHEMA {quoted(self._other(name))} RENAME TO {quoted(self._schema)}")
                return kept

        return await self._asked(ask)

    async def _put_aside(self, db: Driver) -> str | None:
        """One that holds nothing is dropped."""
        if not await db.fetchval("SELECT max(position) FROM log_head"):
            await db.execute(f"DROP SCHEMA {quoted(self._schema)} CASCADE")
            return None
        number = await db.fetchval(_BESIDE["kept_before"], f"{self._schema}.before-")
        kept = f"{self._schema}.before-{number + 1}"
        await db.execute(f"ALTER SCHEMA {quoted(self._schema)} RENAME TO {quoted(kept)}")
        return kept

    async def remove(self, name: str) -> None:
        await self._asked(lambda db: db.execute(f"DROP SCHEMA IF EXISTS {quoted(self._other(name))} CASCADE"))

    async def _do(self, name: str, *what: str) -> None:
        async def ask(db: Driver) -> None:
            async with db.transaction():
                for each in what:
                    await db.execute(self._beside(name, each))

        await self._asked(ask)

    async def _asked(self, ask: Callable[[Driver], Awaitable[Result]]) -> Result:
        try:
            db = await connected(self._url, search_path=quoted(self._schema), **PATIENT)
            try:
                return await ask(db)
            finally:
                await db.close(timeout=1)
        except AWAY as error:
            raise OutboxUnavailable(*why(error)) from error

    def _beside(self, name: str, statement: str) -> str:
        return _BESIDE[statement].replace("beside.", f"{quoted(self._other(name))}.")

    def _other(self, name: str) -> str:
        return f"{self._schema}.{name}"
