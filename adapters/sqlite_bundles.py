"""What left the tables of a versions view in SQLite for bundles; few views have any, and Arrow takes a while to import."""

import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from projectors.verify import Range

if TYPE_CHECKING:
    from adapters.bundled_versions import BundledVersions


def bundles(connection: sqlite3.Connection, without_broken: bool = False) -> "BundledVersions | None":
    """`None` where nothing left."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'bundles'").fetchone():
        return None
    if not connection.execute("SELECT 1 FROM bundles LIMIT 1").fetchone():
        return None
    from adapters.bundled_versions import BundledVersions
    from adapters.saying import SqliteSaying

    return BundledVersions(SqliteSaying(connection), without_broken)


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
        made = plan(say, partial(loaded, packed=packed), packed, before)
        if made is None:
            return None
        connection.execute("BEGIN IMMEDIATE")
        written = write(say, made)
        connection.execute("COMMIT")
        return len(made.gone) if written else 0


def mend(connection: sqlite3.Connection, range_: Range) -> None:
    """What of a range that was written again in its tables had left them; within a transaction."""
    if not connection.execute("SELECT 1 FROM moving WHERE position > 0").fetchone():
        return
    from adapters.bundle_mending import mend_bundles
    from adapters.saying import SqliteSaying
    from adapters.sqlite_versions_reader import packed_states
    from adapters.stored_version import loaded

    mend_bundles(SqliteSaying(connection), partial(loaded, packed=packed_states(connection)), range_)
