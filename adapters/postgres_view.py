"""A view in a PostgreSQL schema of its own: rows, parked events and checkpoint in one transaction.

The checkpoint's row is locked first, so one writer is at work; it says which build is live, too. What a crash of the
server takes back, it takes back with the checkpoint: nobody waits for the disk.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import resources
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.own_thread import OwnThread
from adapters.postgres import AWAY, sql, why
from adapters.postgres_parked import discarded_events, park, parked_events
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
    later: str
    """Makes those of them that an older build may lack; another file, or nothing."""
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
        self._begun = False  # parts of a commit are written that is not whole yet
        self._thread = OwnThread("postgres")

    async def checkpoint(self) -> Checkpoint:
        def read(session: PostgresSession) -> Checkpoint:
            if session.in_transaction:
                session.run("ROLLBACK")
            self._begun = False
            self._tables.forget()
            return self._checkpoint(session.row(CHECKPOINT, self.ontology, self.name))

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
                    park(session, rows.parking)

        await self._run(write)

    async def parked(self, after: int = 0, limit: int = FOREVER) -> Sequence[Parked]:
        return await self._run(lambda session: parked_events(session, after, limit))

    async def discarded(self) -> Sequence[Discarded]:
        return await self._run(discarded_events)

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
            found = self._checkpoint(session.row(LOCK, self.ontology, self.name))
            if found != known:
                raise Overtaken(self.name, known, found)  # noqa: TRY301 it must roll back too
            yield
            if reached:
                session.row(MOVE, *reached)
                session.run("COMMIT")
            self._begun = reached is None
        except BaseException:
            if not session.closed and session.in_transaction:
                session.run("ROLLBACK")
            self._begun = False
            self._tables.forget()
            raise

    async def _run(self, work: Callable[[PostgresSession], Result]) -> Result:
        return await self._thread.run(partial(self._attempt, work))

    def _attempt(self, work: Callable[[PostgresSession], Result]) -> Result:
        try:
            if self._session is None or self._session.closed:
                self._refuse_to_go_on()
                self._session = self._opened()
            return work(self._session)
        except AWAY as error:
            self._drop()
            raise unavailable(self.name, error) from error

    def _refuse_to_go_on(self) -> None:
        """NOTE parts that went with a lost connection would be missing from the rows that the next part completes."""
        if self._begun:
            self._drop()
            raise ViewUnavailable(self.name, "PostgreSQL cut a commit off", "it is tried again by itself")

    def _drop(self) -> None:
        self._begun = False
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
                maker.row(START, self.name, self.version, self.ontology, 0, genesis(self.ontology), 0, 0)
            if self._tables.later:
                maker.run(script(self._tables.later))
            maker.run("COMMIT")
        return PostgresSession(self._url, self.schema, synchronous_commit="off", role=self._tables.role)


def script(name: str) -> str:
    """One of the files beside this one."""
    return resources.files("adapters").joinpath(name).read_text("utf-8")


def complete(session: PostgresSession) -> None:
    """Tables of the versions view that an older build lacks."""
    if session.value("SELECT to_regclass('moving')") is None:
        session.run(script("postgres_deltas.sql"))


REMEDY: Final = "see that its server runs; an `oms up` that runs tries again by itself"


def unavailable(name: str, error: BaseException) -> ViewUnavailable:
    """What PostgreSQL says when it refuses for now."""
    said = why(error)
    return ViewUnavailable(name, said.cause, REMEDY)


def _given(rows: Sequence[RowT], parking: Parking) -> Generator[RowT, None, Parking]:
    yield from rows
    return parking


def _titled(row: Sequence[Any] | None) -> str:
    return "nothing" if row is None else f"view {row[0]} version {row[1]} of ontology {row[2]}"


_metadata: Final = MetaData()
view_tables(_metadata)
tables: Final = _metadata.tables
_checkpoint = tables["checkpoint"]
_live_build = select(live.c.build).where(live.c.ontology == bindparam("o"), live.c.view == bindparam("v"))
_standing = select(_checkpoint, _live_build.scalar_subquery())
CHECKPOINT: Final = sql(_standing)
LOCK: Final = sql(_standing.with_for_update(of=_checkpoint))
START: Final = sql(insert(_checkpoint))
MOVE: Final = sql(update(_checkpoint).values({name: bindparam(name) for name in Checkpoint._fields}))
