"""The same in PostgreSQL, for whichever machine a reader asks."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.dialects.postgresql import insert

from adapters import cursors_tables as tables
from adapters.postgres import sql
from adapters.postgres_kept import KeptTables
from queries.cursors import Cursor

_OF, _ONE, _MOVE, _DROP = (sql(each) for each in (tables.OF, tables.ONE, tables.MOVE, tables.DROP))
_PUT: Final = sql(tables.put(insert, only_new=False))
_NEW: Final = sql(tables.put(insert, only_new=True))


class PostgresCursors:
    """Passes the conformance suite. `close` after use. Raises `OutboxUnavailable`."""

    def __init__(self, url: str, ontology: str) -> None:
        self._kept = KeptTables("cursors", url, ontology, tables.metadata)

    async def of(self, principal: str) -> Sequence[Cursor]:
        return [Cursor(*row) for row in await self._kept.fetch(_OF, principal)]

    async def one(self, principal: str, name: str) -> Cursor | None:
        rows = await self._kept.fetch(_ONE, principal, name)
        return Cursor(*rows[0]) if rows else None

    async def put(self, principal: str, cursor: Cursor, expected: int | None = None) -> bool:
        statement = _MOVE if expected else _PUT if expected is None else _NEW
        return await self._kept.execute(statement, *tables.values(principal, cursor, expected)) == 1

    async def drop(self, principal: str, name: str) -> bool:
        return await self._kept.execute(_DROP, principal, name) == 1

    async def close(self) -> None:
        await self._kept.close()
