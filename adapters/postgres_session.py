"""One PostgreSQL connection for who may block, statement by statement.

A fold asks for rows while it makes others, and a question reads what the answer before it named: both are plain code,
which waits here for the loop that the connection has in a thread of its own.
"""

from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from adapters.own_loop import OwnLoop
from adapters.postgres import BY_INDEX, POOL, POOL_SECONDS, connected

Row = Sequence[Any]
Result = TypeVar("Result")
PAGE: Final = 500  # rows of a stream that are fetched at once


class PostgresSession:
    """`close` after use. Raises `adapters.postgres.AWAY`. For one thread at a time, whether or not that has a loop."""

    def __init__(self, url: str, schema: str = "", **settings: str) -> None:
        """Names without a schema are those of `schema`."""
        self._loop, self._ended = OwnLoop("postgres-session"), False
        path = {"search_path": quoted(schema)} if schema else {}
        try:
            self._connection = self._wait(connected(url, **{**BY_INDEX, **path, **settings}))
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def in_transaction(self) -> bool:
        return bool(self._connection.is_in_transaction())

    @property
    def closed(self) -> bool:
        return self._ended or bool(self._connection.is_closed())

    def see(self, *schemas: str) -> None:
        """Names without a schema are those of these, until the transaction ends."""
        self.value("SELECT set_config('search_path', $1, true)", ", ".join(map(quoted, schemas)))

    def run(self, script: str) -> None:
        """One or more statements without parameters."""
        self._wait(self._connection.execute(script))

    def rows(self, statement: str, *parameters: object) -> Sequence[Row]:
        return self._wait(self._connection.fetch(statement, *parameters))

    def row(self, statement: str, *parameters: object) -> Row | None:
        found: Row | None = self._wait(self._connection.fetchrow(statement, *parameters))
        return found

    def value(self, statement: str, *parameters: object) -> Any:
        return self._wait(self._connection.fetchval(statement, *parameters))

    def stream(self, statement: str, *parameters: object) -> Iterator[Row]:
        """A page at a time; only within a transaction."""
        cursor = self._wait(_cursor(self._connection, statement, parameters))
        while page := self._wait(cursor.fetch(PAGE)):
            yield from page

    def each(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """The statement once for each row, in one go."""
        if rows:
            self._wait(self._connection.executemany(statement, rows))

    def all(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """One statement for all rows: each of its parameters is a column, as an array."""
        if rows:
            self._wait(self._connection.execute(statement, *map(list, zip(*rows, strict=True))))

    def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Append many rows, as fast as PostgreSQL takes them."""
        if rows:
            self._wait(self._connection.copy_records_to_table(table, columns=columns, records=rows))

    def close(self) -> None:
        """Idempotent; what was not committed is lost."""
        if not self._ended:
            self._wait(_terminated(self._connection))
            self._end()

    def _end(self) -> None:
        self._loop.close()
        self._ended = True

    def _wait(self, asked: Coroutine[Any, Any, Result]) -> Result:
        return self._loop.wait(lambda: asked)


class PostgresSessions:
    """Sessions that are lent, each for one transaction, fifty at most, and kept for who comes next. `close` after use."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._idle: list[PostgresSession] = []
        self._free = BoundedSemaphore(POOL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def lent(self, schema: str = "", mode: str = "") -> Iterator[PostgresSession]:
        """Its transaction has begun, in this mode; what is not committed in the block is lost."""
        if not self._free.acquire(timeout=POOL_SECONDS):
            raise TimeoutError(f"{POOL} sessions are lent, and none came back within {POOL_SECONDS:g} s")
        try:
            with self._kept() as session:
                session.run(f"BEGIN {mode}")
                if schema:
                    session.see(schema)
                yield session
                if session.in_transaction:
                    session.run("ROLLBACK")
        finally:
            self._free.release()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _kept(self) -> Iterator[PostgresSession]:
        """One that failed in the block is not lent again."""
        session = self._taken() or PostgresSession(self.url)
        try:
            yield session
        except BaseException:
            session.close()
            raise
        self._idle.append(session)

    def _taken(self) -> PostgresSession | None:
        """One that is idle, and was not cut off meanwhile."""
        while self._idle:
            session = self._idle.pop()
            if not session.closed:
                return session
            session.close()
        return None


UNMOVED: Final = "ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""The mode of a transaction that sees everything as it was at its first statement."""


def unmoved(url: str, schema: str, role: str = "none") -> PostgresSession:
    """A session whose one transaction sees the schema as it is now. `close` after use."""
    session = PostgresSession(url, schema, role=role, idle_in_transaction_session_timeout="10min")
    try:
        session.run(f"BEGIN {UNMOVED}")
    except BaseException:
        session.close()
        raise
    return session


def quoted(name: str) -> str:
    """An identifier as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'


async def _terminated(connection: Any) -> None:
    connection.terminate()


async def _cursor(connection: Any, statement: str, parameters: Sequence[object]) -> Any:
    return await connection.cursor(statement, *parameters)
