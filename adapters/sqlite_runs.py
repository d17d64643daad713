"""How far each schedule is and what became of its runs, in one file: both or neither is written."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import insert
from sqlalchemy.dialects.sqlite import insert as upsert

from adapters import runs_tables as tables
from adapters.sqlite_file import SqliteFile, create, sql, transaction, writer
from events.schedules.planning import Standing
from events.schedules.running import Run

_PUT: Final = sql(insert(tables.standings).prefix_with("OR REPLACE"))
_INSERT: Final = upsert(tables.runs).values(dict.fromkeys(Run._fields))
_NOTE: Final = sql(
    _INSERT.on_conflict_do_update(
        index_elements=[tables.runs.c.id],
        set_={name: _INSERT.excluded[name] for name in Run._fields if name != "id"},
    )
)
_ALL, _OPEN, _LAST, _OLD = (sql(each) for each in (tables.ALL, tables.OPEN, tables.LAST, tables.OLD))


class SqliteRuns:
    """Passes the conformance suite. `close` after use."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(lambda: _opened(path))

    async def standings(self) -> Mapping[str, Standing]:
        rows = await self._file.run(lambda connection: connection.execute(_ALL).fetchall())
        return tables.as_standings(rows)

    async def unanswered(self) -> Sequence[Run]:
        rows = await self._file.run(lambda connection: connection.execute(_OPEN).fetchall())
        return [tables.as_run(row) for row in rows]

    async def note(self, runs: Sequence[Run], standings: Mapping[str, Standing]) -> None:
        await self._file.run(lambda connection: _note(connection, runs, standings))

    async def last(self, schedule: str, most: int) -> Sequence[Run]:
        """The last first."""
        rows = await self._file.run(lambda connection: connection.execute(_LAST, (schedule, most)).fetchall())
        return [tables.as_run(row) for row in rows]

    async def forget(self, before: int) -> int:
        """Runs that were due before a time (µs) and are over go; how many."""
        return await self._file.run(lambda connection: connection.execute(_OLD, (before,)).rowcount)

    async def close(self) -> None:
        await self._file.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = writer(path)
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schedule_runs'").fetchone():
        connection.execute("BEGIN IMMEDIATE")
        create(connection, tables.metadata)
        connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _note(connection: sqlite3.Connection, runs: Sequence[Run], standings: Mapping[str, Standing]) -> None:
    with transaction(connection):
        connection.executemany(_NOTE, [tables.run_row(each) for each in runs])
        connection.executemany(_PUT, [(schedule, *each) for schedule, each in standings.items()])
