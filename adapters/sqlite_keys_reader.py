"""Reads a key store's file. Whoever only reads loads nothing that is for making tables: that takes longer than many keys."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from adapters.sqlite_reader import reader
from adapters.statements import statements
from producers.keys import DataKey, owner_of

SQL: Final = statements("sqlite_keys.sql")


class ReadKeys:
    """A store for those who only read it, e.g. beside a running OMS: nothing is made, nothing is written.

    For one thread at a time, not always the same.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def of(self, owner: str) -> Sequence[DataKey]:
        """Raises `sqlite3.Error`."""
        return keys_of(self._opened(), owner)

    def holds(self, kid: str) -> bool:
        """Raises `sqlite3.Error`."""
        return any(key.kid == kid for key in self.of(owner_of(kid)))

    def index_key(self) -> bytes | None:
        """`None` where nobody asked for one yet. Raises `sqlite3.Error`."""
        found = self._opened().execute(SQL["read_index_key"]).fetchone()
        return None if found is None else bytes(found[0])

    def count(self) -> int:
        """Raises `sqlite3.Error`."""
        return int(self._opened().execute(SQL["count_keys"]).fetchone()[0])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = reader(self.path, one_thread=False)
        return self._connection


def keys_of(connection: sqlite3.Connection, owner: str) -> list[DataKey]:
    """Those of an owner, in the order in which they were kept."""
    return [DataKey(kid, bytes(secret)) for kid, secret in connection.execute(SQL["keys_of"], (owner,))]
