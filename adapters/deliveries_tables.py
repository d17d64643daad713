"""How far each endpoint is and what became of each letter, as tables and statements of any database."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
    cast,
    delete,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)  # fmt: skip

from events.subscriptions.consent import Consent
from events.subscriptions.letters import Deferred, Discarded, Sought, Standing, Try, Unsent, Waiting
from events.subscriptions.outgoing import OURS
from events.subscriptions.pacing import Paced
from events.subscriptions.retrying import Failing
from events.subscriptions.tallies import DELIVERED, TOTAL, Counted, Tallied

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
    Column("replaying", Integer, nullable=False, server_default="0"),
    Column("replay_at", BigInteger, nullable=False, server_default="0"),
    Column("batch", Text, nullable=False, server_default="[]"),  # positions
    Column("expunged", BigInteger, nullable=False, server_default="0"),
    Column("paced", Text),
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
    Column("address", Text),
    Index("tries_of", "subscription", "number"),
    Index("tries_at", "time"),
    sqlite_autoincrement=True,  # a number is never given again
)
tallies: Final = Table(
    "tallies",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("slot", BigInteger, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("took", Integer, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Index("tallies_of", "slot"),
    sqlite_with_rowid=False,
)
DEFERRED: Final = "deferred"
"""Stands where a kind of failure does."""
failures: Final = Table(  # what failed, or is not due yet, and did not arrive since
    "failures",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("since", BigInteger, nullable=False),  # µs
    Column("time", BigInteger, nullable=False),  # µs, of the last try
    Column("next", BigInteger),  # µs
    Column("kind", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)
discarded: Final = Table(  # what was parked, and given up
    "discarded",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("since", BigInteger, nullable=False),  # µs
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("time", BigInteger, nullable=False),  # µs
    sqlite_with_rowid=False,
)
consents: Final = Table(
    "consents",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("sink", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("time", BigInteger, nullable=False),  # µs
    Column("tries", Integer, nullable=False),
    Column("next", BigInteger),  # µs
    Column("rate", Integer),  # requests a minute
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("digest", Text, nullable=False),
    sqlite_with_rowid=False,
)
ADD: Final = insert(tries).values({name: bindparam(name) for name in Try._fields})
ALL: Final = select(standings)
LAST: Final = (  # `sought` gives what is between the first and the last parameter
    select(tries)
    .where(
        tries.c.subscription == bindparam("of"),
        tries.c.number < bindparam("before"),
        tries.c.position == func.coalesce(bindparam("at", type_=BigInteger), tries.c.position),
        tries.c.kind == func.coalesce(bindparam("ended", type_=Text), tries.c.kind),
        tries.c.kind != bindparam("otherwise"),
        tries.c.time >= bindparam("since"),
        tries.c.time < bindparam("until"),
    )
    .order_by(tries.c.number.desc())
    .limit(bindparam("most"))
)
_OF: Final = bindparam("of", type_=Text)
_THEIRS: Final = _OF.is_(None) | (tries.c.subscription == _OF)
AFTER: Final = (
    select(tries).where(tries.c.number > bindparam("after"), _THEIRS).order_by(tries.c.number).limit(bindparam("most"))
)
NEWEST: Final = select(func.max(tries.c.number))
FAILED: Final = (
    select(failures.c.position, failures.c.kind)
    .where(
        failures.c.subscription == bindparam("of"),
        failures.c.time >= bindparam("since"),
        failures.c.time < bindparam("until"),
        failures.c.next.is_(None) | (failures.c.next < bindparam("overdue")),
    )
    .order_by(failures.c.position)
)


def _between(table: Table) -> Any:
    at = table.c.position
    return table.c.subscription == bindparam("of"), at > bindparam("after"), at <= bindparam("until")


DELIVERED_THERE: Final = select(tries.c.position).where(
    *_between(tries), tries.c.kind == literal_column(f"'{DELIVERED}'")
)
COMING_THERE: Final = select(failures.c.position).where(*_between(failures), failures.c.next >= bindparam("overdue"))
ARRIVED: Final = delete(failures).where(
    failures.c.subscription == bindparam("of"), failures.c.position == bindparam("at")
)
COUNTED: Final = (
    select(tallies.c.subscription, tallies.c.kind, tallies.c.took, func.sum(tallies.c.count))
    .where(tallies.c.slot >= bindparam("first"), tallies.c.slot <= bindparam("last"))
    .group_by(tallies.c.subscription, tallies.c.kind, tallies.c.took)
)
_COMES: Final = failures.c.next >= bindparam("overdue")
_PARKED: Final = failures.c.kind.in_([literal_column(f"'{kind}'") for kind in sorted(OURS)])
_DEFERRED: Final = failures.c.kind == literal_column(f"'{DEFERRED}'")
WAITING: Final = select(
    failures.c.subscription,
    func.count().filter(_COMES & ~_DEFERRED),
    func.min(failures.c.since).filter(_COMES & ~_DEFERRED),
    func.count().filter(_COMES & _DEFERRED),
    func.count(),
    func.count().filter(_PARKED),
    func.min(failures.c.since).filter(_PARKED),
).group_by(failures.c.subscription)
UNSENT: Final = (
    select(*(failures.c[name] for name in Unsent._fields))
    .where(_PARKED)
    .order_by(failures.c.subscription, failures.c.position)
)
DISCARDS: Final = select(discarded).order_by(discarded.c.time, discarded.c.subscription, discarded.c.position)
CONSENTS: Final = select(consents)
GRANT: Final = (
    update(consents)
    .where(consents.c.digest == bindparam("told"))
    .values(
        status=literal_column("'granted'"), time=bindparam("at"), rate=bindparam("permitted"), next=null(),
        kind=literal_column("''"), detail=literal_column("''"),
    )
    .returning(consents.c.subscription)
)  # fmt: skip
UNASKED: Final = delete(consents).where(consents.c.subscription == bindparam("of"))
_EMPTY: Final[Mapping[str, Any]] = {
    "request": literal_column("'{}'"),
    "response": literal_column("'{}'"),
    "detail": literal_column("''"),
}
_HOLDS: Final = or_(
    *(tries.c[name] != value for name, value in _EMPTY.items()), func.length(tries.c.answer) > literal_column("0")
)
EXPUNGE: Final = (
    update(tries)
    .where(tries.c.subscription == bindparam("of"), tries.c.time < bindparam("before"), _HOLDS)
    .values(**_EMPTY, answer=cast(literal_column("''"), LargeBinary))
)
_THERE: Final = tries.alias()
EXPUNGE_ONE: Final = EXPUNGE.where(  # a batch's tries began at the same time, and what was sent stands at one of them
    tries.c.time.in_(
        select(_THERE.c.time)
        .where(_THERE.c.subscription == tries.c.subscription, _THERE.c.position == bindparam("at"))
        .correlate(tries)
    )
)
EXPUNGE_DETAILS: Final = (
    update(failures)
    .where(
        failures.c.subscription == bindparam("of"), failures.c.time < bindparam("before"),
        failures.c.position == func.coalesce(bindparam("at", type_=BigInteger), failures.c.position),
    )
    .values(detail=literal_column("''"))
)  # fmt: skip
OLD: Final = delete(tries).where(tries.c.time < bindparam("before"))

OLD_FAILURES: Final = delete(failures).where(
    failures.c.time < bindparam("before"), ~_PARKED, ~_DEFERRED | (failures.c.next < bindparam("before"))
)
OLD_TALLIES: Final = delete(tallies).where(
    tallies.c.slot != literal_column(str(TOTAL)), tallies.c.slot < bindparam("before")
)

_JSON: Final = frozenset({"secrets", "request", "response"})
_decode: Final = msgspec.json.Decoder().decode
_decode_paced: Final = msgspec.json.Decoder(Paced).decode


def added(there: Mapping[str, Collection[str]]) -> Iterator[tuple[Table, Column[Any]]]:
    """The columns that tables lack which are older than they; `there`: what is there, by table."""
    for table in metadata.sorted_tables:
        for column in table.columns if table.name in there else ():
            if column.name not in there[table.name]:
                yield table, column


def tally(insert_into: Callable[[Table], Any]) -> Any:
    """Counts on; `insert_into` is the dialect's."""
    statement = insert_into(tallies)
    return statement.on_conflict_do_update(
        index_elements=list(tallies.primary_key), set_={"count": tallies.c.count + statement.excluded.count}
    )


def fail(insert_into: Callable[[Table], Any]) -> Any:
    """Since when it fails stays."""
    statement = insert_into(failures)
    return statement.on_conflict_do_update(
        index_elements=list(failures.primary_key),
        set_={name: statement.excluded[name] for name in ("time", "next", "kind", "detail")},
    )


def discard(insert_into: Callable[[Table], Any]) -> Any:
    """The last word about a letter counts."""
    statement = insert_into(discarded)
    return statement.on_conflict_do_update(
        index_elements=list(discarded.primary_key),
        set_={each.name: each for each in statement.excluded if each.name not in ("subscription", "position")},
    )


def ask(insert_into: Callable[[Table], Any]) -> Any:
    """What the same sink granted the same origin stays."""
    statement = insert_into(consents)
    said = statement.excluded
    held = (consents.c.status == literal_column("'granted'")) & (consents.c.sink == said.sink)
    return statement.on_conflict_do_update(
        index_elements=list(consents.primary_key),
        set_={each.name: each for each in said if each.name != "subscription"},
        where=~(held & (consents.c.origin == said.origin)),
    )


def sought(asked: Sought) -> tuple[int, int | None, str | None, str, int, int]:
    return asked.before, asked.position, asked.kind, DELIVERED if asked.failed else "", asked.since, asked.until


def tally_rows(tallied: Mapping[Tallied, int]) -> list[tuple[Any, ...]]:
    """In the order of their key: who writes the same ones waits for another, and never in a circle."""
    return sorted((*each, count) for each, count in tallied.items())


def arrived(tries: Sequence[Try]) -> list[tuple[str, int]]:
    """Of those that may have failed before."""
    last = {(each.subscription, each.position): each for each in tries}
    return [
        key for key, each in last.items()
        if each.kind == DELIVERED and (each.attempt > 1 or each.trigger != "event")
    ]  # fmt: skip


def failure_rows(tries: Sequence[Try]) -> list[tuple[Any, ...]]:
    """The last word about each letter, where that is no delivery."""
    last = {(each.subscription, each.position): each for each in tries}
    return [
        (*key, each.time, each.time, each.next, each.kind, each.detail)
        for key, each in last.items() if each.kind != DELIVERED
    ]  # fmt: skip


def deferred_rows(waits: Sequence[Deferred]) -> list[tuple[Any, ...]]:
    """As those of failures."""
    return [(each.subscription, each.position, each.since, each.since, each.next, DEFERRED, "") for each in waits]


def positions(rows: Sequence[Any], kinds: Collection[str] | None) -> list[int]:
    """Of rows of `FAILED`, those of some kinds; all where `None`."""
    return [position for position, kind in rows if kinds is None or kind in kinds]


def as_discarded(
    parked: Sequence[Any], letters: Collection[tuple[str, int]], author: str, why: str, time: int
) -> list[Discarded]:
    """Of rows of `UNSENT`, those of these letters."""
    return [Discarded._make((*row, author, why, time)) for row in parked if (row[0], row[1]) in letters]


def as_standings(rows: Sequence[Any]) -> dict[str, Standing]:
    """Of rows of `ALL`."""
    return {
        identity: Standing(
            position,
            None if since is None else Failing(since, attempts, told),
            attempt,
            replayed,
            number,
            at,
            tuple(_decode(batch)),
            expunged,
            None if paced is None else _decode_paced(paced),
        )
        for identity, position, attempt, replayed, since, attempts, told, number, at, batch, expunged, paced in rows
    }


def as_consents(rows: Sequence[Any]) -> dict[str, Consent]:
    """Of rows of `CONSENTS`."""
    return {row[0]: Consent(*row) for row in rows}


def as_counted(rows: Sequence[Any]) -> dict[str, list[Counted]]:
    """Of rows of `COUNTED`."""
    found: dict[str, list[Counted]] = {}
    for subscription, kind, took, count in rows:
        found.setdefault(subscription, []).append(Counted(kind, took, int(count)))
    return found


def as_waiting(rows: Sequence[Any]) -> dict[str, Waiting]:
    """Of rows of `WAITING`."""
    return {
        subscription: Waiting(again, oldest, every - again - deferred, parked, since, deferred)
        for subscription, again, oldest, deferred, every, parked, since in rows
    }


def standing_row(identity: str, standing: Standing) -> tuple[Any, ...]:
    failing = standing.failing
    told = (None, None, None) if failing is None else (failing.since, failing.attempts, failing.told)
    under_way = standing.replaying, standing.replay_at, _text(standing.batch), standing.expunged
    paced = None if standing.paced is None else _text(standing.paced)
    return identity, standing.position, standing.attempt, standing.replayed, *told, *under_way, paced


def try_row(tried: Try) -> tuple[Any, ...]:
    return tuple(_text(value) if isinstance(value, (Mapping, list, tuple)) else value for value in tried)


def as_try(row: Sequence[Any]) -> Try:
    return Try(*(_decode(value) if name in _JSON else value for name, value in zip(Try._fields, row, strict=True)))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
