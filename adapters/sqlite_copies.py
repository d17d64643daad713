"""Copies of the log in SQLite files: the rows of an outbox, the stored bytes of an audit. They are only read."""

import sqlite3
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, bindparam, func, select

from adapters.audit_tables import events
from adapters.outbox_tables import log_head, outbox
from adapters.sqlite_file import SqliteFile, sql
from adapters.sqlite_reader import reader
from producers.outbox import LogHead
from projectors.projector import Fetched
from security.chain import Gap

CHUNK: Final = 2_000  # rows
CHUNK_BYTES: Final = 4 << 20


class SqliteCopy:
    """What one table of a file holds of the log; positions may be missing."""

    def __init__(self, path: Path, table: Table) -> None:
        """`table` has the columns position, subject and body. Raises `FileNotFoundError`."""
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist")
        self.path = path
        self._last = sql(select(func.max(table.c.position)))
        self._rows = sql(
            select(table.c.position, table.c.subject, table.c.body)
            .where(table.c.position > bindparam("after"), table.c.position <= bindparam("until"))
            .order_by(table.c.position)
            .limit(bindparam("most"))
        )

    @property
    def name(self) -> str:
        return str(self.path)

    async def last(self) -> int:
        return int((await _ask(self.path, self._last, ()))[0][0] or 0)

    async def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        """Raises `Gap`, also where the file itself is damaged."""
        end = await self.last() if until is None else until
        file = SqliteFile(lambda: reader(self.path))
        try:
            while after < end:
                try:
                    rows = await file.run(partial(self._chunk, after, end))
                except sqlite3.DatabaseError as error:
                    raise Gap(after + 1, None, f"{self.path} ({error})") from error
                whole = next((n for n, row in enumerate(rows) if row.position != after + 1 + n), len(rows))
                if whole:
                    yield rows[:whole]
                    after += whole
                if whole < len(rows):
                    raise Gap(after + 1, rows[whole].position - 1, str(self.path))
                if not rows:
                    raise Gap(after + 1, None, str(self.path))
        finally:
            await file.close()

    def _chunk(self, after: int, until: int, connection: sqlite3.Connection) -> list[Fetched]:
        rows, size = [], 0
        for found in connection.execute(self._rows, (after, until, CHUNK)):
            rows.append(Fetched(*found))
            size += len(found[2])
            if size > CHUNK_BYTES:
                break
        return rows


def outbox_copy(path: Path) -> SqliteCopy:
    """The rows of an outbox; those it let go are missing."""
    return SqliteCopy(path, outbox)


def audit_copy(path: Path) -> SqliteCopy:
    """The stored bytes of an audit view."""
    return SqliteCopy(path, events)


def copy_in(path: Path) -> SqliteCopy | None:
    """Whichever of the two a file is; `None` if it is neither."""
    try:
        connection = reader(path)
        try:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return None
    if outbox.name in names:
        return outbox_copy(path)
    return audit_copy(path) if events.name in names else None


async def outbox_head(path: Path, ontology: str) -> LogHead | None:
    """Where an outbox says the log ends; `None` if it holds another ontology."""
    statement = sql(select(log_head.c.position, log_head.c.time, log_head.c.hash).where(log_head.c.ontology == "o"))
    found = await _ask(path, statement, (ontology,))
    return LogHead(*found[0]) if found else None


async def _ask(path: Path, statement: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
    file = SqliteFile(lambda: reader(path))
    try:
        return await file.run(lambda connection: connection.execute(statement, parameters).fetchall())
    finally:
        await file.close()
