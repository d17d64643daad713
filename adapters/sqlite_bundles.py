"""What left the tables of a versions view in SQLite for bundles; few views have any, and Arrow takes a while to import."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.bundled_versions import BundledVersions


def bundles(connection: sqlite3.Connection) -> "BundledVersions | None":
    """`None` where nothing left."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'bundles'").fetchone():
        return None
    if not connection.execute("SELECT 1 FROM bundles LIMIT 1").fetchone():
        return None
    from adapters.bundled_versions import BundledVersions
    from adapters.saying import SqliteSaying

    return BundledVersions(SqliteSaying(connection))


def move(path: Path, before: int) -> int | None:
    """See `oms.shelves.Kept.move`."""
    from adapters.saying import SqliteSaying
    from adapters.sqlite_file import completed
    from adapters.sqlite_versions_reader import packed_states
    from adapters.stored_version import loaded
    from adapters.version_moving import plan, write
    from adapters.versions_tables import ADDED

    with completed(path, ADDED) as connection:
        say, packed = SqliteSaying(connection), packed_states(connection)
        made = plan(say, lambda branch, entity, row: loaded(branch, entity, row, packed), packed, before)
        if made is None:
            return None
        connection.execute("BEGIN IMMEDIATE")
        written = write(say, made)
        connection.execute("COMMIT")
        return len(made.gone) if written else 0
