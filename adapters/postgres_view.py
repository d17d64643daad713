"""A view in a PostgreSQL schema of its own: rows, parked events and checkpoint in one transaction.

The checkpoint's row is locked first, so one writer is at work; it says which build is live, too. What a crash of the
server takes back, it takes back with the checkpoint: nobody waits for the disk.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import resources
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, delete, exists, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.own_thread import OwnThread
from adapters.postgres import AWAY, sql, why
from adapters.postgres_session import PostgresSession, quoted
from adapters.view_tables import view_tables
from projectors.projector import (
    FOREVER,
    NO_PARKING,
    Checkpoint,
    Discarded,
    Folding,
    Overtaken,
    Parked,
    Parking,
    Place,
    Superseded,
    ViewOutdated,
    ViewUnavailable,
    Work,
)
from security.chain import genesis

RowT = TypeVar("RowT")
Result = TypeVar("Result")
live: Final = Table(  # which build of a view readers see
    "live", MetaData(schema="oms_views"),
    Column("ontology", Text, primary_key=True),
    Column("view", Text, primary_key=True),
    Column("build", Integer, nullable=False),
)  # fmt: skip


class Rows(Protocol[RowT]):
    """The tables of one read model, and how its rows are found and written in them. Called in the view's thread."""

    script: str
    """Makes the tables; a file beside this one."""
    role: str
    """As whom they are written; `none`: as who is logged in."""

    def forget(self) -> None:
        """Drop what was remembered of the tables: a transaction was lost."""

    def find(self, session: PostgresSession, places: Iterable[Place]) -> dict[Place, RowT]:
        """See `View.rows`."""

    def write(self, session: PostgresSession, rows: Iterable[RowT]) -> None:
        """Inside the view's transaction."""


class PostgresView(Generic[RowT]):
    """Passes the view conformance suite. `close` after use.

    With `build` it raises `Superseded` where another one is live.
    """

    def __init__(
        self, url: str, schema: str, name: str, version: int, ontology: str, tables: Rows[RowT], build: int = 0
    ) -> None:
        self.schema, self.name, self.version, self.ontology, self.build = schema, name, version, ontology, build
        self.superseded = False
        self._url, self._tables = url, tables
        self._session: PostgresSession | None = None
        self._thread = OwnThread("postgres")

    async def checkpoint(self) -> Checkpoint:
        def read(session: PostgresSession) -> Checkpoint:
            if session.in_transaction:
                session.run("ROLLBACK")
            self._tables.forget()
            return self._checkpoint(session.row(_CHECKPOINT, self.ontology, self.name))

        return await self._run(read)

    async def rows(self, places: Iterable[Place]) -> Mapping[Place, RowT]:
        return await self._run(lambda session: self._tables.find(session, places))

    async def commit(
        self, rows: Sequence[RowT], known: Checkpoint, reached: Checkpoint | None, parking: Parking = NO_PARKING
    ) -> None:
        await self.fold(lambda _find: _given(rows, parking), known, reached)

    async def fold(self, work: Work[RowT], known: Checkpoint, reached: Checkpoint | None) -> None:
        def write(session: PostgresSession) -> None:
            with self._transaction(session, known, reached):
                rows = Folding(work(partial(self._tables.find, session)))
                self._tables.write(session, rows)
                if rows.parking != NO_PARKING:
                    _park(session, rows.parking)

        await self._run(write)

    async def parked(self, after: int = 0, limit: int = FOREVER) -> Sequence[Parked]:
        return await self._run(lambda session: parked_events(session, after, limit))

    async def discarded(self) -> Sequence[Discarded]:
        return await self._run(lambda session: [Discarded(*row) for row in session.rows(_DISCARDED)])

    async def close(self) -> None:
        await self._thread.run(self._drop)
        self._thread.close()

    def _checkpoint(self, found: Sequence[Any] | None) -> Checkpoint:
        if self.build and found is not None and found[-1] not in (None, self.build):
            self.superseded = True
            raise Superseded(self.name)
        wanted = (self.name, self.version, self.ontology)
        if found is None or tuple(found[:3]) != wanted:
            raise ViewOutdated(self.schema, _titled(found), _titled(wanted))
        return Checkpoint(*found[3:-1])

    @contextmanager
    def _transaction(self, session: PostgresSession, known: Checkpoint, reached: Checkpoint | None) -> Iterator[None]:
        try:
            if not session.in_transaction:
                session.run("BEGIN")
            found = self._checkpoint(session.row(_LOCK, self.ontology, self.name))
            if found != known:
                raise Overtaken(self.name, known, found)  # noqa: TRY301 it must roll back too
            yield
            if reached:
                session.row(_MOVE, *reached)
                session.run("COMMIT")
        except BaseException:
            if not session.closed and session.in_transaction:
                session.run("ROLLBACK")
            self._tables.forget()
            raise

    async def _run(self, work: Callable[[PostgresSession], Result]) -> Result:
        return await self._thread.run(partial(self._attempt, work))

    def _attempt(self, work: Callable[[PostgresSession], Result]) -> Result:
        try:
            if self._session is None or self._session.closed:
                self._session = self._opened()
            return work(self._session)
        except AWAY as error:
            self._drop()
            raise unavailable(self.name, error) from error

    def _drop(self) -> None:
        self._tables.forget()
        if self._session is not None:
            self._session.close()
        self._session = None

    def _opened(self) -> PostgresSession:
        with PostgresSession(self._url, self.schema) as maker:
            maker.run("BEGIN")
            maker.run(script("postgres_live.sql"))
            if maker.value("SELECT to_regclass($1::text)", f"{quoted(self.schema)}.checkpoint") is None:
                maker.run(f"CREATE SCHEMA {quoted(self.schema)}")
                maker.run(script("postgres_view.sql"))
                maker.run(script(self._tables.script))
                maker.row(_START, self.name, self.version, self.ontology, 0, genesis(self.ontology), 0, 0)
            maker.run("COMMIT")
        return PostgresSession(self._url, self.schema, synchronous_commit="off", role=self._tables.role)


def script(name: str) -> str:
    """One of the files beside this one."""
    return resources.files("adapters").joinpath(name).read_text("utf-8")


def parked_events(session: PostgresSession, after: int = 0, limit: int = FOREVER) -> list[Parked]:
    """Parked events behind position `after`, in position order."""
    return [
        Parked(position, tuple((branch, key) for branch, key in session.rows(_PLACES, position)), *rest)
        for position, *rest in session.rows(_PARKED, after, limit)
    ]


def parked_at(session: PostgresSession, places: Iterable[Place]) -> list[Parked]:
    """What is parked at any of these places, in position order, each once."""
    if session.row(_ANY_PARKED) is None:
        return []
    positions = {position for place in places for (position,) in session.rows(_PARKED_AT, *place)}
    return [parked_events(session, position - 1, 1)[0] for position in sorted(positions)]


def unavailable(name: str, error: BaseException) -> ViewUnavailable:
    """What PostgreSQL says when it refuses for now."""
    said = why(error)
    return ViewUnavailable(name, said.cause, "it is tried again by itself")


def _given(rows: Sequence[RowT], parking: Parking) -> Generator[RowT, None, Parking]:
    yield from rows
    return parking


def _titled(row: Sequence[Any] | None) -> str:
    return "nothing" if row is None else f"view {row[0]} version {row[1]} of ontology {row[2]}"


def _park(session: PostgresSession, parking: Parking) -> None:
    gone = [*parking.released, *(event.position for event in parking.discarded)]
    session.each(_RELEASE, [(position,) for position in gone])
    session.each(_RELEASE_PLACES, [(position,) for position in gone])
    session.each(_DISCARD, parking.discarded)
    session.each(_PARK, [(e.position, e.code, _held(e.reason), e.subject, e.body, e.behind) for e in parking.parked])
    places = [(event.position, *place) for event in parking.parked for place in event.places]
    session.each(_PARK_PLACE, [*places, *((position, *place) for position, place in parking.also)])


def _held(text: str) -> str:
    """A reason may quote what a text of PostgreSQL cannot hold."""
    return text.replace("\0", "\\0")


_metadata: Final = MetaData()
view_tables(_metadata)
tables: Final = _metadata.tables
_checkpoint, _parked, _places, _discarded = (
    tables[name] for name in ("checkpoint", "parked", "parked_places", "discarded")
)
_live_build = select(live.c.build).where(live.c.ontology == bindparam("o"), live.c.view == bindparam("v"))
_standing = select(_checkpoint, _live_build.scalar_subquery())
_CHECKPOINT: Final = sql(_standing)
_LOCK: Final = sql(_standing.with_for_update(of=_checkpoint))
_START: Final = sql(insert(_checkpoint))
_MOVE: Final = sql(update(_checkpoint).values({name: bindparam(name) for name in Checkpoint._fields}))
_park_one = insert(_parked)
_PARK: Final = sql(
    _park_one.on_conflict_do_update(
        index_elements=[_parked.c.position],
        set_={name: _park_one.excluded[name] for name in ("code", "reason", "behind")},
    )
)
_held_already = select(_places).where(
    _places.c.position == bindparam("position"),
    _places.c.branch == bindparam("branch"),
    _places.c.key == bindparam("key"),
)
_PARK_PLACE: Final = sql(
    insert(_places).from_select(
        ["position", "branch", "key"],
        select(*(bindparam(column.name, type_=column.type) for column in _places.c)).where(~exists(_held_already)),
    )
)
_RELEASE: Final = sql(delete(_parked).where(_parked.c.position == bindparam("p")))
_RELEASE_PLACES: Final = sql(delete(_places).where(_places.c.position == bindparam("p")))
_DISCARD: Final = sql(insert(_discarded).on_conflict_do_nothing())
_PARKED: Final = sql(
    select(_parked).where(_parked.c.position > bindparam("after")).order_by(_parked.c.position).limit(bindparam("most"))
)
_ANY_PARKED: Final = sql(select(_parked.c.position).limit(literal_column("1")))
_PARKED_AT: Final = sql(
    select(_places.c.position).where(_places.c.branch == bindparam("b"), _places.c.key == bindparam("k"))
)
_PLACES: Final = sql(
    select(_places.c.branch, _places.c.key)
    .where(_places.c.position == bindparam("p"))
    .order_by(_places.c.branch, _places.c.key)
)
_DISCARDED: Final = sql(select(_discarded).order_by(_discarded.c.position))
