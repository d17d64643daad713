"""Statements of SQLAlchemy Core said to whatever database: compiled once each, values by name."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

_SQLITE: Final = sqlite.dialect(paramstyle="qmark")


class Saying(Protocol):
    """Within a transaction of whoever made it."""

    def rows(self, statement: ClauseElement, **values: object) -> Sequence[Any]: ...

    def each(self, statement: ClauseElement, rows: Sequence[Mapping[str, object]]) -> None:
        """The statement once for each row."""


class SqliteSaying:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: ClauseElement, **values: object) -> Sequence[Any]:
        text, names = _in_sqlite(statement)
        return self._connection.execute(text, [values[name] for name in names]).fetchall()

    def each(self, statement: ClauseElement, rows: Sequence[Mapping[str, object]]) -> None:
        text, names = _in_sqlite(statement)
        self._connection.executemany(text, [[row[name] for name in names] for row in rows])


@lru_cache(64)
def _in_sqlite(statement: ClauseElement) -> tuple[str, Sequence[str]]:
    compiled: Any = statement.compile(dialect=_SQLITE)
    return str(compiled), compiled.positiontup or ()
