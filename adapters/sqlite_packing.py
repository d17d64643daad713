"""Packs closed versions in a SQLite file (`version_packing`), beside whoever writes to it."""

from contextlib import closing
from pathlib import Path

from adapters.saying import SqliteSaying
from adapters.sqlite_file import writer
from adapters.sqlite_versions_reader import packed_states
from adapters.version_packing import plan, write


def pack(path: Path, before: int) -> int | None:
    """See `oms.shelves.Kept.pack`."""
    with closing(writer(path)) as connection:
        say = SqliteSaying(connection)
        made = plan(say, packed_states(connection), before)
        if made is None:
            return None
        connection.execute("BEGIN IMMEDIATE")
        written = write(say, made)
        connection.execute("COMMIT")
        return len(made.deltas) if written else 0
