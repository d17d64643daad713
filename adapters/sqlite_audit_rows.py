"""The audit's rows as those that may leave for segments."""

import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select

from adapters.audit_tables import departed, events, metadata
from adapters.sqlite_file import SqliteFile, sql, writer
from producers.outbox import LogHead, Row

_checkpoint = metadata.tables["checkpoint"]
_HEAD: Final = sql(select(_checkpoint.c.position, _checkpoint.c.time, _checkpoint.c.hash))
_AFTER: Final = sql(
    select(events.c.position, events.c.subject, events.c.body)
    .where(events.c.position > bindparam("after"))
    .order_by(events.c.position)
    .limit(bindparam("most"))
)
_BEFORE: Final = sql(select(func.max(events.c.position)).where(events.c.time < bindparam("time")))
_LAST: Final = sql(
    select(events.c.position, func.lower(func.hex(events.c.hash)))
    .where(events.c.position <= bindparam("until"))
    .order_by(events.c.position.desc())
    .limit(bindparam("most"))
)
_FORGET: Final = sql(delete(departed))
_NOTE: Final = sql(insert(departed))
_PRUNE: Final = sql(delete(events).where(events.c.position <= bindparam("until")))


class SqliteAuditRows:
    """`producers.leaving.Rows` of an audit file. `close` after use. Raises `sqlite3.Error`."""

    def __init__(self, path: Path, ontology: str) -> None:
        self.ontology = ontology
        self._file = SqliteFile(lambda: writer(path))

    async def head(self) -> LogHead:
        return LogHead(*await self._file.run(lambda c: c.execute(_HEAD).fetchone()))

    async def after(self, position: int, limit: int) -> list[Row]:
        found = await self._file.run(lambda c: c.execute(_AFTER, (position, limit)).fetchall())
        return [Row(*row) for row in found]

    async def before(self, time: int) -> int:
        """The last position before a time (µs), 0 if there is none."""
        return int((await self._file.run(lambda c: c.execute(_BEFORE, (time,)).fetchone()))[0] or 0)

    async def prune(self, until: int) -> int:
        def run(connection: sqlite3.Connection) -> int:
            connection.execute("BEGIN IMMEDIATE")
            last = connection.execute(_LAST, (until, 1)).fetchone()
            if last is not None:
                connection.execute(_FORGET)
                connection.execute(_NOTE, last)
            pruned = connection.execute(_PRUNE, (until,)).rowcount
            connection.execute("COMMIT")
            return pruned

        return await self._file.run(run)

    async def close(self) -> None:
        await self._file.close()
