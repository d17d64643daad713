"""What has no position, in the file of the audit, beside its rows: refused commands, where they come from, incidents."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import bindparam, func, insert, select

from adapters import outbox_tables as tables
from adapters.audit_tables import incidents, refusals
from adapters.sqlite_file import SqliteFile, sql, writer
from adapters.sqlite_reader import reader
from adapters.sqlite_view import unavailable
from producers.outbox import Refusal
from projectors.incidents import Incident

Result = TypeVar("Result")
_LAST: Final = sql(select(func.max(refusals.c.number)))
_AFTER: Final = sql(
    select(tables.refusals)
    .where(tables.refusals.c.number > bindparam("after"))
    .order_by(tables.refusals.c.number)
    .limit(bindparam("limit"))
)
_ADD: Final = sql(insert(refusals).prefix_with("OR IGNORE"))
_ADD_INCIDENT: Final = sql(insert(incidents).prefix_with("OR IGNORE"))


class RefusedCommands:
    """The refusals in an outbox file that another process writes. `close` after use."""

    def __init__(self, outbox: Path) -> None:
        self._file = SqliteFile(lambda: reader(outbox))

    async def refusals(self, after: int, limit: int) -> list[tuple[int, Refusal]]:
        """Raises `ViewUnavailable` where the outbox refuses to be read."""
        rows = await _run(self._file, lambda connection: connection.execute(_AFTER, (after, limit)).fetchall())
        return [(number, Refusal(*rest)) for number, *rest in rows]

    async def close(self) -> None:
        await self._file.close()


class SqliteRegister:
    """`close` after use. Its transactions are short: the view that writes the other tables waits for them.

    Raises `ViewUnavailable` where its file refuses (disk full, locked): nothing was written, and it may be tried again.
    """

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(lambda: writer(path))

    async def last(self) -> int:
        return await _run(self._file, lambda connection: connection.execute(_LAST).fetchone()[0] or 0)

    async def add(self, found: Sequence[tuple[int, Refusal]]) -> None:
        def run(connection: sqlite3.Connection) -> None:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_ADD, [(number, *refusal) for number, refusal in found])

        await _run(self._file, run)

    async def add_incidents(self, found: Sequence[Incident]) -> None:
        def run(connection: sqlite3.Connection) -> None:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_ADD_INCIDENT, found)

        await _run(self._file, run)

    async def close(self) -> None:
        await self._file.close()


async def _run(file: SqliteFile, work: Callable[[sqlite3.Connection], Result]) -> Result:
    try:
        return await file.run(work)
    except sqlite3.OperationalError as error:
        raise unavailable("audit", error) from error
