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

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
)

from adapters.sqlite_file import create, sql, transaction
from adapters.sqlite_reader import BUSY_SECONDS, closed_if_it_fails, reader
from producers.keys import DataKey, owner_of
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
            found = connection.execute(_INDEX_KEY).fetchone()
            if found is not None:
                return bytes(found[0])
            made = secrets.token_bytes(KEY_BYTES)
            connection.execute(_ADD_INDEX_KEY, (1, made))
            return made

    def of(self, owner: str) -> Sequence[DataKey]:
        if self._absent():
            return []
        with self._deciding(), self._lock:
            return _of(self._opened(), owner)

    def keep(self, keys: Sequence[DataKey]) -> None:
        rows = [(key.kid, key.owner, key.secret) for key in keys]
        with self._deciding(), self._transaction() as connection:
            connection.executemany(_ADD, rows)

    def destroy(self, kids: Collection[str]) -> int:
        if self._absent() or not kids:
            return 0
        with self._transaction() as connection:
            return connection.executemany(_DELETE, [(kid,) for kid in kids]).rowcount

    def count(self) -> int:
        if self._absent():
            return 0
        with self._lock:
            return int(self._opened().execute(_COUNT).fetchone()[0])

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


class ReadKeys:
    """The same store for those who only read it, e.g. beside a running OMS: nothing is made, nothing is written.

    For one thread at a time, not always the same.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def of(self, owner: str) -> Sequence[DataKey]:
        """Raises `sqlite3.Error`."""
        return _of(self._opened(), owner)

    def holds(self, kid: str) -> bool:
        """Raises `sqlite3.Error`."""
        return any(key.kid == kid for key in self.of(owner_of(kid)))

    def index_key(self) -> bytes | None:
        """`None` where nobody asked for one yet. Raises `sqlite3.Error`."""
        found = self._opened().execute(_INDEX_KEY).fetchone()
        return None if found is None else bytes(found[0])

    def count(self) -> int:
        """Raises `sqlite3.Error`."""
        return int(self._opened().execute(_COUNT).fetchone()[0])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = reader(self.path, one_thread=False)
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
        if connection.execute(_ANY_TABLE).fetchone() is None:
            create(connection, metadata)
        connection.execute("COMMIT")
    return connection


def _of(connection: sqlite3.Connection, owner: str) -> list[DataKey]:
    return [DataKey(kid, bytes(secret)) for kid, secret in connection.execute(_OF, (owner,))]


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
_ANY_TABLE: Final = "SELECT name FROM sqlite_schema LIMIT 1"
_ADD: Final = sql(
    insert(_keys).prefix_with("OR IGNORE").values({name: bindparam(name) for name in ("kid", "owner", "secret")})
)
_OF: Final = sql(
    select(_keys.c.kid, _keys.c.secret).where(_keys.c.owner == bindparam("owner")).order_by(_keys.c.number)
)
_DELETE: Final = sql(delete(_keys).where(_keys.c.kid == bindparam("kid")))
_COUNT: Final = sql(select(func.count()).select_from(_keys))
_INDEX_KEY: Final = sql(select(_index_key.c.secret).where(_index_key.c.number == literal_column("1")))
_ADD_INDEX_KEY: Final = sql(insert(_index_key))
