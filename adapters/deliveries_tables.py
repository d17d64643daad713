"""How far each endpoint is and what became of each letter, as tables and statements of any database."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
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
)  # fmt: skip

from events.subscriptions.letters import Standing, Try
from events.subscriptions.retrying import Failing

metadata: Final = MetaData()
standings: Final = Table(
    "standings",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
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
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("subscription", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("time", BigInteger, nullable=False),  # µs
    Column("taken", BigInteger, nullable=False),  # µs
    Column("kind", Text, nullable=False),
    Column("status", Integer),
    Column("secrets", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("response", Text, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("detail", Text, nullable=False),
    Column("next", BigInteger),  # µs
    Index("tries_of", "subscription", "number"),
    Index("tries_at", "time"),
)
ADD: Final = insert(tries).values({name: bindparam(name) for name in Try._fields})
ALL: Final = select(standings)
LAST: Final = (
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
FAILED: Final = (
    select(tries.c.position)
    .join(_NEWEST, tries.c.number == _NEWEST.c.number)
    .where(
        tries.c.kind != literal_column("'delivered'"), tries.c.next.is_(None) | (tries.c.next < bindparam("overdue"))
    )
    .order_by(tries.c.position)
)
OLD: Final = delete(tries).where(tries.c.time < bindparam("before"))

_JSON: Final = frozenset({"secrets", "request", "response"})
_decode: Final = msgspec.json.Decoder().decode


def as_standings(rows: Sequence[Any]) -> dict[str, Standing]:
    """Of rows of `ALL`."""
    return {
        identity: Standing(position, None if since is None else Failing(since, attempts, told), attempt, replayed)
        for identity, position, attempt, replayed, since, attempts, told in rows
    }


def standing_row(identity: str, standing: Standing) -> tuple[Any, ...]:
    failing = standing.failing
    told = (None, None, None) if failing is None else (failing.since, failing.attempts, failing.told)
    return identity, standing.position, standing.attempt, standing.replayed, *told


def try_row(tried: Try) -> tuple[Any, ...]:
    return tuple(_text(value) if isinstance(value, (Mapping, list, tuple)) else value for value in tried)


def as_try(row: Sequence[Any]) -> Try:
    return Try(*(_decode(value) if name in _JSON else value for name, value in zip(Try._fields, row, strict=True)))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
