"""How far readers of the log have acknowledged, in a file of the data folder."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy.dialects.sqlite import insert

from adapters import cursors_tables as tables
from adapters.sqlite_file import SqliteFile, make, sql, writer
from queries.cursors import Cursor

_OF, _ONE, _MOVE, _DROP = (sql(each) for each in (tables.OF, tables.ONE, tables.MOVE, tables.DROP))
_PUT: Final = sql(tables.put(insert, only_new=False))
_NEW: Final = sql(tables.put(insert, only_new=True))


class SqliteCursors:
    """Passes the conformance suite. `close` after use."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(lambda: _opened(path))

    async def of(self, principal: str) -> Sequence[Cursor]:
        rows = await self._file.run(lambda connection: connection.execute(_OF, (principal,)).fetchall())
        return [Cursor(*row) for row in rows]

    async def one(self, principal: str, name: str) -> Cursor | None:
        row = await self._file.run(lambda connection: connection.execute(_ONE, (principal, name)).fetchone())
        return None if row is None else Cursor(*row)

    async def put(self, principal: str, cursor: Cursor, expected: int | None = None) -> bool:
        statement = _MOVE if expected else _PUT if expected is None else _NEW
        values = tables.values(principal, cursor, expected)
        return await self._file.run(lambda connection: connection.execute(statement, values).rowcount) == 1

    async def drop(self, principal: str, name: str) -> bool:
        return await self._file.run(lambda connection: connection.execute(_DROP, (principal, name)).rowcount) == 1

    async def close(self) -> None:
        await self._file.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = writer(path)
    connection.execute("BEGIN IMMEDIATE")
    make(connection, tables.metadata.sorted_tables)
    connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous=FULL")
    return connection
