"""How far each endpoint is and what became of each letter, in one file: both or neither is written."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import insert

from adapters import deliveries_tables as tables
from adapters.sqlite_file import SqliteFile, create, sql, writer
from events.subscriptions.letters import Standing, Try

_PUT: Final = sql(insert(tables.standings).prefix_with("OR REPLACE"))
_ADD, _ALL, _LAST, _FAILED, _OLD = (
    sql(each) for each in (tables.ADD, tables.ALL, tables.LAST, tables.FAILED, tables.OLD)
)


class SqliteDeliveries:
    """Passes the conformance suite. `close` after use."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(lambda: _opened(path))

    async def standings(self) -> Mapping[str, Standing]:
        rows = await self._file.run(lambda connection: connection.execute(_ALL).fetchall())
        return tables.as_standings(rows)

    async def note(self, tries: Sequence[Try], standings: Mapping[str, Standing]) -> None:
        await self._file.run(lambda connection: _note(connection, tries, standings))

    async def last(self, subscription: str, most: int) -> list[tuple[int, Try]]:
        """Numbered tries of a subscription, the last first."""
        rows = await self._file.run(lambda connection: connection.execute(_LAST, (subscription, most)).fetchall())
        return [(row[0], tables.as_try(row[1:])) for row in rows]

    async def undelivered(self, subscription: str, since: int, overdue: int) -> list[int]:
        """Positions, in order, whose last try since a time (µs) failed, and that are not tried again or should have been before `overdue`."""
        rows = await self._file.run(
            lambda connection: connection.execute(_FAILED, (subscription, since, overdue)).fetchall()
        )
        return [position for (position,) in rows]

    async def forget(self, before: int) -> int:
        """Tries before a time (µs) go; how many."""
        return await self._file.run(lambda connection: connection.execute(_OLD, (before,)).rowcount)

    async def close(self) -> None:
        await self._file.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = writer(path)
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'tries'").fetchone():
        connection.execute("BEGIN IMMEDIATE")
        create(connection, tables.metadata)
        connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _note(connection: sqlite3.Connection, tried: Sequence[Try], standing: Mapping[str, Standing]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(_ADD, [tables.try_row(each) for each in tried])
        connection.executemany(_PUT, [tables.standing_row(identity, each) for identity, each in standing.items()])
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
