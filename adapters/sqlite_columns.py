"""A versions view in SQLite as what columns are made of: they lie beside its file."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import msgspec

from adapters.column_rows import Rows, Store, Stored
from adapters.key_ranges import behind
from adapters.spanning_versions import spanning
from adapters.sqlite_bundles import bundles
from adapters.sqlite_reader import reader
from adapters.sqlite_versions_reader import SQL, SqliteVersions, packed_states
from events.names import Key
from projectors.projector import FOREVER


def sqlite_columns(view: Path) -> Store:
    return partial(_opened, view)


@contextmanager
def _opened(view: Path) -> Iterator[Stored]:
    with closing(reader(view)) as connection:
        connection.execute("BEGIN")
        old = bundles(connection)
        yield Stored(view, spanning(SqliteVersions(connection), old), _Tables(connection), old is None)


class _Tables:
    """See `column_rows.Tables`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute, self.packed = connection.execute, packed_states(connection)

    def many(self, branch: str, prefix: str, most: int) -> int:
        return int(self._execute(SQL["many"], (branch, prefix, behind(prefix), most)).fetchone()[0])

    def every(self, branch: str, prefix: str) -> Rows:
        return self._execute(SQL["spanning"], (branch, prefix, behind(prefix), FOREVER - 1, 0))

    def those(self, branch: str, keys: Sequence[Key]) -> Rows:
        return self._execute(SQL["histories"], (msgspec.json.encode(keys).decode(), branch))

    def message(self, stored: str) -> str:
        return stored
