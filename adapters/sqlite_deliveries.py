"""How far each endpoint is and what became of each letter, in one file: both or neither is written."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    Float,
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

from adapters.sqlite_file import SqliteFile, create, sql, writer
from events.subscriptions.letters import Standing, Try
from events.subscriptions.retrying import Failing

metadata: Final = MetaData()
standings: Final = Table(
    "standings",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("replayed", Integer, nullable=False),
    Column("failing_since", Float),
    Column("failing_attempts", Integer),
    Column("failing_told", Integer),
    sqlite_with_rowid=False,
)
tries: Final = Table(
    "tries",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("subscription", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("time", Integer, nullable=False),  # µs
    Column("taken", Integer, nullable=False),  # µs
    Column("kind", Text, nullable=False),
    Column("status", Integer),
    Column("secrets", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("response", Text, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("detail", Text, nullable=False),
    Column("next", Integer),  # µs
    Index("tries_of", "subscription", "number"),
    Index("tries_at", "time"),
)
_PUT: Final = sql(insert(standings).prefix_with("OR REPLACE"))
_ADD: Final = sql(insert(tries).values({name: bindparam(name) for name in Try._fields}))
_ALL: Final = sql(select(standings))
_LAST: Final = sql(
    select(tries)
    .where(tries.c.subscription == bindparam("of"))
    .order_by(tries.c.number.desc())
    .limit(bindparam("most"))
)
_NEWEST: Final = (
    select(func.max(tries.c.number).label("number"))
    .where(tries.c.subscription == bindparam("of"), tries.c.time >= bindparam("since"))
    .group_by(tries.c.position)
    .subquery()
)
_FAILED: Final = sql(
    select(tries.c.position)
    .join(_NEWEST, tries.c.number == _NEWEST.c.number)
    .where(tries.c.kind != literal_column("'delivered'"), tries.c.next.is_(None))
    .order_by(tries.c.position)
)
_OLD: Final = sql(delete(tries).where(tries.c.time < bindparam("before")))

_JSON: Final = frozenset({"secrets", "request", "response"})
_decode: Final = msgspec.json.Decoder().decode


class SqliteDeliveries:
    """Passes the conformance suite. `close` after use."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(lambda: _opened(path))

    async def standings(self) -> Mapping[str, Standing]:
        rows = await self._file.run(lambda connection: connection.execute(_ALL).fetchall())
        return {
            identity: Standing(position, None if since is None else Failing(since, attempts, told), attempt, replayed)
            for identity, position, attempt, replayed, since, attempts, told in rows
        }

    async def note(self, tries: Sequence[Try], standings: Mapping[str, Standing]) -> None:
        await self._file.run(lambda connection: _note(connection, tries, standings))

    async def last(self, subscription: str, most: int) -> list[tuple[int, Try]]:
        """Numbered tries of a subscription, the last first."""
        rows = await self._file.run(lambda connection: connection.execute(_LAST, (subscription, most)).fetchall())
        return [(row[0], _try(row[1:])) for row in rows]

    async def undelivered(self, subscription: str, since: int) -> list[int]:
        """Positions whose last try since a time (µs) failed, and that are not tried again by themselves; in order."""
        rows = await self._file.run(lambda connection: connection.execute(_FAILED, (subscription, since)).fetchall())
        return [position for (position,) in rows]

    async def forget(self, before: int) -> int:
        """Tries before a time (µs) go; how many."""
        return await self._file.run(lambda connection: connection.execute(_OLD, (before,)).rowcount)

    async def close(self) -> None:
        await self._file.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = writer(path)
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'tries'").fetchone():
        connection.execute("BEGIN IMMEDIATE")
        create(connection, metadata)
        connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _note(connection: sqlite3.Connection, tried: Sequence[Try], standing: Mapping[str, Standing]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(_ADD, [_row(each) for each in tried])
        connection.executemany(_PUT, [_standing(identity, each) for identity, each in standing.items()])
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _standing(identity: str, standing: Standing) -> tuple[Any, ...]:
    failing = standing.failing
    told = (None, None, None) if failing is None else (failing.since, failing.attempts, failing.told)
    return identity, standing.position, standing.attempt, standing.replayed, *told


def _row(tried: Try) -> tuple[Any, ...]:
    return tuple(_text(value) if isinstance(value, (Mapping, list, tuple)) else value for value in tried)


def _try(row: Sequence[Any]) -> Try:
    return Try(*(_decode(value) if name in _JSON else value for name, value in zip(Try._fields, row, strict=True)))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
