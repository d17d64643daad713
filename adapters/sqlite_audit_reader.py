"""Reads the audit from its SQLite file, beside whoever writes it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func
from sqlalchemy.dialects import sqlite

from adapters.audit_evidence import OF
from adapters.audit_statements import entries, refused, unplaced
from adapters.sqlite_file import sql
from adapters.sqlite_reader import reader
from adapters.sqlite_sides import StoredEntries, entry
from producers.outbox import Refusal
from projectors.audit import Entry
from projectors.incidents import Incident
from queries.audit import Refusals, Search

_EVIDENCE: Final = sql(OF)
_DIALECT: Final = sqlite.dialect(paramstyle="qmark")


@contextmanager
def reading_audit(path: Path) -> Iterator["SqliteEntries"]:
    """The audit as it is now."""
    connection = reader(path)
    try:
        connection.execute("BEGIN")
        yield SqliteEntries(connection)
    finally:
        connection.close()


class SqliteEntries:
    """See `oms.shelves.Entries`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def departed(self) -> tuple[int, str]:
        return StoredEntries(self._connection).departed()

    def search(self, search: Search) -> Sequence[Entry]:
        return [entry(row) for row in self._rows(entries(search, Looks()))]

    def refused(self, search: Refusals) -> Sequence[tuple[int, Refusal]]:
        return [(number, Refusal(*rest)) for number, *rest in self._rows(refused(search, Looks()))]

    def evidence(self, incident: str) -> Sequence[Entry]:
        try:
            return [entry(row[1:]) for row in self._connection.execute(_EVIDENCE, (incident,))]
        except sqlite3.OperationalError:  # nothing was ever mended here
            return []

    def incidents(self, search: Refusals) -> Sequence[Incident]:
        return [Incident(*row) for row in self._rows(unplaced(search, Looks()))]

    def _rows(self, statement: Any) -> list[Any]:
        compiled = statement.compile(dialect=_DIALECT)
        return self._connection.execute(
            str(compiled), [compiled.params[name] for name in compiled.positiontup]
        ).fetchall()


class Looks:
    """See `audit_statements.Looks`."""

    def hold(self, column: Any, found: bytes) -> Any:
        return func.instr(column, found) > 0

    def named(self, column: Any, name: str) -> Any:
        return column == name

    def under(self, column: Any, prefix: str) -> Any:
        return (column >= prefix) & (column < prefix[:-1] + chr(ord(prefix[-1]) + 1))
