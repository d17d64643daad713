"""An outbox as it is at one moment, in a file or in PostgreSQL: for who asks as a decision does, and writes nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from adapters import postgres_answers, sqlite_answers
from adapters.own_loop import OwnLoop
from adapters.postgres import AWAY, Driver, connected, why
from adapters.sqlite_reader import BUSY_SECONDS
from producers.outbox import Ask, LogHead, OutboxUnavailable, Told

REMEDY = "name the data folder of a running OMS, or its database"


class Snapshot(Protocol):
    """Its answers come from any thread, for one at a time."""

    head: LogHead

    def told(self, ask: Ask) -> Told: ...


@contextmanager
def file_snapshot(path: Path, ontology: str) -> Iterator[Snapshot]:
    """As of the first read. Raises `OutboxUnavailable`."""
    uri = path.resolve().as_uri() + "?mode=ro"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    except sqlite3.OperationalError as error:
        raise OutboxUnavailable(f"{path} cannot be read: {error}", REMEDY) from error
    with closing(connection):
        connection.execute("BEGIN")
        found = connection.execute(sqlite_answers.SQL["read_log_head"], (ontology,)).fetchone()
        if found is None:
            raise OutboxUnavailable(f"{path} holds no ontology {ontology!r}", REMEDY)
        yield _FileSnapshot(connection, LogHead(*found))


class _FileSnapshot:
    def __init__(self, connection: sqlite3.Connection, head: LogHead) -> None:
        self._connection, self.head = connection, head

    def told(self, ask: Ask) -> Told:
        return sqlite_answers.told(self._connection, ask)


@contextmanager
def database_snapshot(url: str, ontology: str, **settings: str) -> Iterator[Snapshot]:
    """`settings` are those of the connection. Raises `OutboxUnavailable`."""
    with closing(OwnLoop("outbox-snapshot")) as loop:
        try:
            connection = loop.wait(lambda: connected(url, **settings))
            try:
                yield _DatabaseSnapshot(loop, connection, loop.wait(lambda: _begun(connection, ontology)))
            finally:
                loop.wait(lambda: connection.close(timeout=1))
        except AWAY as error:
            raise OutboxUnavailable(*why(error)) from error


async def _begun(connection: Driver, ontology: str) -> LogHead:
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    there = await connection.fetchval("SELECT to_regclass('log_head')")
    found = await connection.fetchrow(postgres_answers.SQL["read_log_head"], ontology) if there else None
    if found is None:
        raise OutboxUnavailable(f"the database holds no ontology {ontology!r}", REMEDY)
    return LogHead(*found)


class _DatabaseSnapshot:
    def __init__(self, loop: OwnLoop, connection: Driver, head: LogHead) -> None:
        self._loop, self._connection, self.head = loop, connection, head

    def told(self, ask: Ask) -> Told:
        return self._loop.wait(lambda: postgres_answers.told(self._connection, ask))
