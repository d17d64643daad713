"""The audit's second table: refused commands, in the file of the audit, beside its rows."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import func, insert, select

from adapters.sqlite_audit import refusals
from adapters.sqlite_file import SqliteFile, sql, writer
from producers.outbox import Refusal

_LAST: Final = sql(select(func.max(refusals.c.number)))
_ADD: Final = sql(insert(refusals).prefix_with("OR IGNORE"))


class SqliteRefusals:
    """`close` after use. Its transactions are short: the view that writes the other tables waits for them."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(lambda: writer(path))

    async def last(self) -> int:
        return await self._file.run(lambda connection: connection.execute(_LAST).fetchone()[0] or 0)

    async def add(self, found: Sequence[tuple[int, Refusal]]) -> None:
        def run(connection: sqlite3.Connection) -> None:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_ADD, [(number, *refusal) for number, refusal in found])

        await self._file.run(run)

    async def close(self) -> None:
        await self._file.close()
