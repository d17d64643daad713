"""How far each endpoint is and what became of each letter, as tables and statements of any database."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

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

from events.subscriptions.letters import Try, Unsent
from events.subscriptions.outgoing import OURS
from events.subscriptions.tallies import DELIVERED, TOTAL

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
