"""A view in a SQLite file of its own: rows, parked events and checkpoint in one transaction."""

import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import MetaData, Table, bindparam, delete, insert, select, update

from adapters.sqlite_file import SqliteFile, create, make, sql, writer
from adapters.sqlite_reader import closed_if_it_fails
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
    ViewOutdated,
    ViewUnavailable,
    Work,
)
from security.chain import genesis

RowT = TypeVar("RowT")
Result = TypeVar("Result")


class Rows(Protocol[RowT]):
    """The tables of one read model, and how its rows are found and written in them. Called in the view's thread."""

    metadata: MetaData

    @property
    def added(self) -> Sequence[Table]:
        """Those of its tables that an older file may lack."""

    def forget(self) -> None:
        """Drop what was remembered of the file: a transaction was lost."""

    def find(self, connection: sqlite3.Connection, places: Iterable[Place]) -> dict[Place, RowT]:
        """See `View.rows`."""

    def write(self, connection: sqlite3.Connection, rows: Iterable[RowT]) -> None:
        """Inside the view's transaction."""


class SqliteView(Generic[RowT]):
    """Passes the view conformance suite. `close` after use."""

    def __init__(self, path: Path, name: str, version: int, ontology: str, tables: Rows[RowT]) -> None:
        self.path, self.name, self.version, self.ontology = path, name, version, ontology
        self._tables = tables
        self._file = SqliteFile(self._open)

    async def checkpoint(self) -> Checkpoint:
        def read(connection: sqlite3.Connection) -> Checkpoint:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._tables.forget()
            return self._checkpoint(connection)

        return await self._run(read)

    async def rows(self, places: Iterable[Place]) -> Mapping[Place, RowT]:
        return await self._run(lambda connection: self._tables.find(connection, places))

    async def commit(
        self, rows: Sequence[RowT], known: Checkpoint, reached: Checkpoint | None, parking: Parking = NO_PARKING
    ) -> None:
        await self.fold(lambda _find: _given(rows, parking), known, reached)

    async def fold(self, work: Work[RowT], known: Checkpoint, reached: Checkpoint | None) -> None:
        def write(connection: sqlite3.Connection) -> None:
            with self._transaction(connection, known, reached):
                rows = Folding(work(partial(self._tables.find, connection)))
                self._tables.write(connection, rows)
                if rows.parking != NO_PARKING:
                    _park(connection, rows.parking)

        await self._run(write)

    async def parked(self, after: int = 0, limit: int = FOREVER) -> Sequence[Parked]:
        return await self._run(lambda connection: parked_events(connection, after, limit))

    async def discarded(self) -> Sequence[Discarded]:
        return await self._run(lambda connection: [Discarded(*row) for row in connection.execute(_DISCARDED)])

    async def close(self) -> None:
        await self._file.close()

    def _open(self) -> sqlite3.Connection:
        connection = writer(self.path)
        with closed_if_it_fails(connection):
            if not connection.execute("PRAGMA schema_version").fetchone()[0]:
                connection.execute("BEGIN IMMEDIATE")
                create(connection, self._tables.metadata)
                start = (self.name, self.version, self.ontology, 0, genesis(self.ontology), 0, 0)
                connection.execute(_START, start)
                connection.execute("COMMIT")
            elif self._tables.added:
                connection.execute("BEGIN IMMEDIATE")
                make(connection, self._tables.added)
                connection.execute("COMMIT")
        return connection

    def _checkpoint(self, connection: sqlite3.Connection) -> Checkpoint:
        found = connection.execute(_CHECKPOINT).fetchone()
        if found is None or found[:3] != (self.name, self.version, self.ontology):
            raise ViewOutdated(str(self.path), _titled(found), _titled((self.name, self.version, self.ontology)))
        return Checkpoint(*found[3:])

    @contextmanager
    def _transaction(
        self, connection: sqlite3.Connection, known: Checkpoint, reached: Checkpoint | None
    ) -> Iterator[None]:
        try:
            if not connection.in_transaction:
                connection.execute("BEGIN IMMEDIATE")
            found = self._checkpoint(connection)
            if found != known:
                raise Overtaken(self.name, known, found)  # noqa: TRY301 it must roll back too
            yield
            if reached:
                connection.execute(_MOVE, (*reached, self.name))
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._tables.forget()
            raise

    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            return await self._file.run(work)
        except sqlite3.OperationalError as error:
            raise unavailable(self.name, error) from error


def _given(rows: Sequence[RowT], parking: Parking) -> Generator[RowT, None, Parking]:
    yield from rows
    return parking


def _titled(row: Sequence[Any] | None) -> str:
    return "nothing" if row is None else f"view {row[0]} version {row[1]} of ontology {row[2]}"


def _park(connection: sqlite3.Connection, parking: Parking) -> None:
    for position in [*parking.released, *(event.position for event in parking.discarded)]:
        connection.execute(_RELEASE, (position,))
        connection.execute(_RELEASE_PLACES, (position,))
    connection.executemany(_DISCARD, parking.discarded)
    for event in parking.parked:
        row = (event.position, event.code, event.reason, event.subject, event.body, event.behind)
        connection.execute(_PARK, row)
        connection.executemany(_PARK_PLACE, [(event.position, *place) for place in event.places])
    connection.executemany(_PARK_PLACE, [(position, *place) for position, place in parking.also])


def parked_events(connection: sqlite3.Connection, after: int = 0, limit: int = FOREVER) -> list[Parked]:
    """Parked events behind position `after`, in position order."""
    found = connection.execute(_PARKED, (after, limit)).fetchall()
    return [
        Parked(position, tuple(connection.execute(_PLACES, (position,)).fetchall()), *rest) for position, *rest in found
    ]


def unavailable(name: str, error: sqlite3.OperationalError) -> ViewUnavailable:
    """What a store of a view says when it refuses for now."""
    text = str(error)
    if "full" in text:
        return ViewUnavailable(name, "the disk is full", "free some space; it goes on by itself")
    if "locked" in text or "busy" in text:
        return ViewUnavailable(name, "its file is locked by another process", "it is tried again by itself")
    return ViewUnavailable(name, f"its file refused: {text}", "see that the data folder is there and writable")


_tables: Final = MetaData()
view_tables(_tables)
_checkpoint, _parked_table, _places, _discarded = (
    _tables.tables[name] for name in ("checkpoint", "parked", "parked_places", "discarded")
)
_START: Final = sql(insert(_checkpoint))
_CHECKPOINT: Final = sql(select(_checkpoint))
_MOVE: Final = sql(
    update(_checkpoint)
    .where(_checkpoint.c.view == bindparam("v"))
    .values({name: bindparam(name) for name in Checkpoint._fields})
)
_PARK: Final = sql(insert(_parked_table).prefix_with("OR REPLACE"))
_PARK_PLACE: Final = sql(insert(_places).prefix_with("OR IGNORE"))
_RELEASE: Final = sql(delete(_parked_table).where(_parked_table.c.position == bindparam("p")))
_RELEASE_PLACES: Final = sql(delete(_places).where(_places.c.position == bindparam("p")))
_DISCARD: Final = sql(insert(_discarded).prefix_with("OR REPLACE"))
_PARKED: Final = sql(
    select(_parked_table)
    .where(_parked_table.c.position > bindparam("after"))
    .order_by(_parked_table.c.position)
    .limit(bindparam("most"))
)
_PLACES: Final = sql(
    select(_places.c.branch, _places.c.key)
    .where(_places.c.position == bindparam("p"))
    .order_by(_places.c.branch, _places.c.key)
)
_DISCARDED: Final = sql(select(_discarded).order_by(_discarded.c.position))
