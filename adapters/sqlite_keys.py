"""Keys in a SQLite file of their own, readable by its owner alone; what is destroyed is overwritten.

`secure_delete` writes zeros where a row was, and there is no write-ahead log that would keep an older page: a journal
lives as long as its transaction. `synchronous=EXTRA`: its removal is on disk, too, before a call returns.
"""

import os
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

from adapters.sqlite_file import create, transaction
from adapters.sqlite_keys_reader import SQL, keys_of
from adapters.sqlite_reader import BUSY_SECONDS, closed_if_it_fails
from producers.keys import DataKey
from producers.outbox import OutboxUnavailable
from security.sealed import KEY_BYTES

_SETTINGS: Final = ("journal_mode=DELETE", "synchronous=EXTRA", "secure_delete=ON", "temp_store=MEMORY")


class SqliteKeys:
    """Passes the key store's conformance suite. The file is made when something is written. `close` after use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None

    def index_key(self) -> bytes:
        with self._deciding(), self._transaction() as connection:
            found = connection.execute(SQL["read_index_key"]).fetchone()
            if found is not None:
                return bytes(found[0])
            made = secrets.token_bytes(KEY_BYTES)
            connection.execute(SQL["add_index_key"], (1, made))
            return made

    def of(self, owner: str) -> Sequence[DataKey]:
        if self._absent():
            return []
        with self._deciding(), self._lock:
            return keys_of(self._opened(), owner)

    def keep(self, keys: Sequence[DataKey]) -> None:
        rows = [(key.kid, key.owner, key.secret) for key in keys]
        with self._deciding(), self._transaction() as connection:
            connection.executemany(SQL["add_key"], rows)

    def destroy(self, kids: Collection[str]) -> int:
        if self._absent() or not kids:
            return 0
        with self._transaction() as connection:
            return connection.executemany(SQL["destroy_key"], [(kid,) for kid in kids]).rowcount

    def count(self) -> int:
        if self._absent():
            return 0
        with self._lock:
            return int(self._opened().execute(SQL["count_keys"]).fetchone()[0])

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _deciding(self) -> Iterator[None]:
        """Nothing is committed yet, so nothing is lost. NOTE not for `destroy`: that is behind its commit."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            cause = f"the key store {self.path} refused: {error}"
            raise OutboxUnavailable(cause, "see that it is there and writable, and send it again") from error

    def _absent(self) -> bool:
        return self._connection is None and not self.path.exists()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._opened()
            with transaction(connection):
                yield connection

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _writer(self.path)
        return self._connection


def _writer(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # a journal takes the file's mode
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    with closed_if_it_fails(connection):
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute(SQL["any_table"]).fetchone() is None:
            create(connection, metadata)
        connection.execute("COMMIT")
    return connection


metadata: Final = MetaData()
_keys = Table(
    "keys",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kid", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Index("keys_by_owner", "owner"),
)
_index_key = Table(
    "index_key",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
)
