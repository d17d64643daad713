"""Packs closed versions in a SQLite file (`version_packing`), beside whoever writes to it."""

from pathlib import Path
from typing import Final

from sqlalchemy import LargeBinary, cast, func

from adapters import version_stats
from adapters.saying import SqliteSaying
from adapters.sqlite_bundles import bundles
from adapters.sqlite_file import completed
from adapters.sqlite_versions_reader import packed_states
from adapters.version_packing import plan, prefix_of, write
from adapters.versions_tables import ADDED, entities
from queries.versions import Kept


def stats(path: Path) -> list[Kept]:
    """See `oms.shelves.Kept.stats`."""
    with completed(path, ADDED) as connection:
        connection.execute("BEGIN")
        connection.create_function("prefix_of", 1, prefix_of, deterministic=True)
        old = bundles(connection)
        return version_stats.stats(SqliteSaying(connection), _STATS, old.kept() if old else {})


def pack(path: Path, before: int) -> int | None:
    """See `oms.shelves.Kept.pack`."""
    with completed(path, ADDED) as connection:
        say = SqliteSaying(connection)
        made = plan(say, packed_states(connection), before)
        if made is None:
            return None
        connection.execute("BEGIN IMMEDIATE")
        written = write(say, made)
        connection.execute("COMMIT")
        return len(made.deltas) if written else 0


_STATS: Final = version_stats.statement(
    func.prefix_of(entities.c.entity), lambda text: func.length(cast(text, LargeBinary))
)
