"""Ranges of views in SQLite files, written again."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, bindparam, delete, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

from adapters import sqlite_bundles as bundles
from adapters.audit_evidence import ADD, ROWS, Right, Told, evidence, not_right
from adapters.audit_tables import events, incidents
from adapters.mending import Right as RightVersions
from adapters.mending import Say, mend_range, moved, without_strangers
from adapters.sqlite_audit import EntryRows
from adapters.sqlite_file import completed, make, sql
from adapters.sqlite_sides import entry
from adapters.versions_tables import ADDED
from projectors.projector import FOREVER


def mend_versions(path: Path, right: RightVersions) -> None:
    """A range; a projector at work reads the view again afterwards."""
    with _mending(path, ADDED) as (say, connection):
        bundles.mend(connection, mend_range(say, right))


def drop_strangers(path: Path) -> None:
    with _mending(path) as (say, _):
        without_strangers(say)


def mend_entries(path: Path, right: Sequence[Right], told: Told) -> None:
    """All ranges at once, with what was there as evidence.

    NOTE counts of events by type stay: they were counted when the event came.
    """
    with _mending(path) as (_, connection):
        make(connection, [evidence])
        identity, taken = told(0).id, 0
        for range_, entries in right:
            first = range_.first
            if range_.last == FOREVER:  # behind the checkpoint: which may have moved
                first = connection.execute("SELECT position FROM checkpoint").fetchone()[0] + 1
            bad = not_right(connection.execute(_ROWS, (first, range_.last)).fetchall(), entries, entry)
            connection.executemany(_KEEP, [(identity, *row) for row in bad])
            connection.execute(_TAKE, (first, range_.last))
            EntryRows().add(connection, entries)
            taken += len(bad)
        connection.execute(_TELL, told(taken))


@contextmanager
def _mending(path: Path, added: Iterable[Table] = ()) -> Iterator[tuple[Say, sqlite3.Connection]]:
    with completed(path, added) as connection:
        connection.execute("BEGIN IMMEDIATE")
        say = _saying(connection)
        yield say, connection
        moved(say)
        connection.execute("COMMIT")


def _saying(connection: sqlite3.Connection) -> Say:
    def say(statement: ClauseElement) -> list[Any]:
        compiled: Any = statement.compile(dialect=_DIALECT)
        values = [compiled.params[name] for name in compiled.positiontup]
        return connection.execute(str(compiled), values).fetchall()

    return say


_DIALECT: Final = sqlite.dialect(paramstyle="qmark")
_ROWS: Final = sql(ROWS)
_KEEP: Final = sql(ADD)
_TAKE: Final = sql(delete(events).where(events.c.position >= bindparam("low"), events.c.position <= bindparam("high")))
_TELL: Final = sql(insert(incidents))
