"""Rows of views in SQLite files, written again."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

from adapters.audit_tables import events
from adapters.mending import Say, mend_version
from adapters.sqlite_audit import EntryRows
from adapters.sqlite_verify import StoredVersions
from projectors.mending import RowOf

_DIALECT: Final = sqlite.dialect(paramstyle="qmark")


def saying(connection: sqlite3.Connection) -> Say:
    def say(statement: ClauseElement) -> list[Any]:
        compiled: Any = statement.compile(dialect=_DIALECT)
        values = [compiled.params[name] for name in compiled.positiontup]
        return connection.execute(str(compiled), values).fetchall()

    return say


def _versions(connection: sqlite3.Connection, position: int, row_of: RowOf | None) -> None:
    row = row_of(StoredVersions(connection)) if row_of else None
    mend_version(saying(connection), position, row)


def _audit(connection: sqlite3.Connection, position: int, row_of: RowOf | None) -> None:
    """NOTE counts of events by type stay: they were counted when the event came."""
    saying(connection)(delete(events).where(events.c.position == position))
    if row_of:
        EntryRows().add(connection, [row_of(None)])


MENDERS: Final[Mapping[str, Callable[[sqlite3.Connection, int, RowOf | None], None]]] = {
    "versions": _versions,
    "audit": _audit,
}
