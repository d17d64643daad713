"""The same in PostgreSQL, for whichever machine a reader asks."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.schema import CreateTable

from adapters import cursors_tables as tables
from adapters.postgres import sql
from adapters.postgres_lane import Lane
from adapters.postgres_tables import inside, made, schema_of
from queries.cursors import Cursor

_OF, _ONE, _MOVE, _DROP = (sql(each) for each in (tables.OF, tables.ONE, tables.MOVE, tables.DROP))
_PUT: Final = sql(tables.put(insert, only_new=False))
_NEW: Final = sql(tables.put(insert, only_new=True))
_MAKE: Final = sql(CreateTable(tables.cursors, if_not_exists=True))


class PostgresCursors:
    """Passes the conformance suite. `close` after use. Raises `OutboxUnavailable`."""

    def __init__(self, url: str, ontology: str) -> None:
        self._url, self._schema, self._there = url, schema_of(ontology), False
        self._lane = Lane("cursors", url, **inside(self._schema))

    async def of(self, principal: str) -> Sequence[Cursor]:
        await self._make()
        return [Cursor(*row) for row in await self._lane.run(lambda db: db.fetch(_OF, principal))]

    async def one(self, principal: str, name: str) -> Cursor | None:
        await self._make()
        row = await self._lane.run(lambda db: db.fetchrow(_ONE, principal, name))
        return None if row is None else Cursor(*row)

    async def put(self, principal: str, cursor: Cursor, expected: int | None = None) -> bool:
        await self._make()
        statement = _MOVE if expected else _PUT if expected is None else _NEW
        done: str = await self._lane.run(lambda db: db.execute(statement, *tables.values(principal, cursor, expected)))
        return done.endswith(" 1")

    async def drop(self, principal: str, name: str) -> bool:
        await self._make()
        done: str = await self._lane.run(lambda db: db.execute(_DROP, principal, name))
        return done.endswith(" 1")

    async def close(self) -> None:
        await self._lane.close()

    async def _make(self) -> None:
        """Its table, once."""
        if not self._there:
            await made(self._url, self._schema)
            await self._lane.run(lambda db: db.execute(_MAKE))
            self._there = True
