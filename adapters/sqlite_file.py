"""One SQLite file, one connection, one thread: statements run there in the order they were asked for, off the loop."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Column, ColumnElement, MetaData, String, Table, bindparam, func, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement

from adapters.own_thread import OwnThread
from adapters.sqlite_reader import BUSY_SECONDS, closed_if_it_fails

Result = TypeVar("Result")

WRITER_CACHE_KIB: Final = 8 * 1024
WAL_PAGES: Final = 8_000  # 32 MB: pages that are written again and again reach the file once
ROWS_AT_ONCE: Final = (64, 16, 4, 1)  # more gain nothing
NO_TEXT: Final = ""
NO_NUMBER: Final = 2**63 - 1
_DIALECT: Final = sqlite.dialect(paramstyle="qmark")


class SqliteFile:
    """A connection that lives in a thread of its own. `close` after use."""

    def __init__(self, open_connection: Callable[[], sqlite3.Connection]) -> None:
        self._thread = OwnThread("sqlite")
        try:
            self.connection = self._thread.wait(open_connection)
        except BaseException:
            self._thread.close()
            raise

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """What `work` makes of the connection, in its thread."""
        return await self._thread.run(lambda: work(self.connection))

    async def close(self) -> None:
        """Idempotent; waits for what was asked before."""
        await self.run(sqlite3.Connection.close)
        self._thread.close()


def writer(path: Path) -> sqlite3.Connection:
    """A connection for the one writer: WAL, NORMAL (a view's checkpoint travels with its rows), no implicit transactions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    with closed_if_it_fails(connection):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
        connection.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KIB}")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; the file's write lock is taken at once."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def copied(source: Path, target: Path) -> None:
    """Make `target` what `source` is at one moment, also while it is written. Raises `FileNotFoundError`."""
    if not source.exists():
        raise FileNotFoundError(f"{source} does not exist")
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as old,
        closing(writer(target)) as new,
    ):
        old.backup(new)


def sql(statement: ClauseElement) -> str:
    """The statement's text, compiled once; parameters are positional, in the order in which they stand in it."""
    text = str(statement.compile(dialect=_DIALECT))
    return text.removesuffix(" OFFSET ?")  # the dialect adds one to each LIMIT


def bound(column: Column[Any]) -> ColumnElement[Any]:
    """A column's parameter. NOTE sqlite3 looks for an adapter at each `None` and each `bytes`: half the time of a row.

    So `NO_TEXT` or `NO_NUMBER` is given instead of `None`, a `bytearray` instead of `bytes`.
    """
    parameter: ColumnElement[Any] = bindparam(column.name)
    if not column.nullable:
        return parameter
    nothing = f"'{NO_TEXT}'" if isinstance(column.type, String) else str(NO_NUMBER)
    return func.nullif(parameter, literal_column(nothing))


def put(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows, many to a statement: for so long SQLite works without the interpreter's lock. Order is kept.

    `statement` inserts one row and says nothing behind its values.
    """
    done = 0
    for several in ROWS_AT_ONCE:
        whole = len(rows) - (len(rows) - done) % several
        for at in range(done, whole, several):
            connection.execute(_repeated(statement, several), list(chain.from_iterable(rows[at : at + several])))
        done = whole


@lru_cache
def _repeated(statement: str, times: int) -> str:
    head, values, row = statement.partition(" VALUES ")
    return head + values + ", ".join([row] * times)


def create(connection: sqlite3.Connection, metadata: MetaData) -> None:
    """Make all tables and indexes."""
    make(connection, metadata.sorted_tables)


@contextmanager
def completed(path: Path, tables: Iterable[Table]) -> Iterator[sqlite3.Connection]:
    """As `writer`, to a file that may be older than these tables."""
    with closing(writer(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        make(connection, tables)
        connection.execute("COMMIT")
        yield connection


def make(connection: sqlite3.Connection, tables: Iterable[Table]) -> None:
    """Those that are there already stay as they are."""
    for table in tables:
        if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table.name,)).fetchone():
            continue
        connection.execute(sql(CreateTable(table)))
        for index in sorted(table.indexes, key=_name):
            connection.execute(sql(CreateIndex(index)))


def _name(index: Any) -> str:
    return str(index.name)
