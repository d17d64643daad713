"""Reads the versions view from its SQLite file: one transaction, so nothing moves while a question is answered."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, literal_column, select

from adapters.sqlite_file import reader, sql
from adapters.sqlite_versions import owned
from adapters.version_rows import loaded
from adapters.versions_statements import BY_ID, BY_POSITION, BY_TIME, VERSIONS
from adapters.versions_tables import commits, entities, messages, metadata, slices, versions
from events.names import Key
from projectors.projector import Parked, Place
from projectors.versions import Version
from queries.gaps import Opens, shut
from queries.versions import Commit

_ID_DIGITS: Final = 64
_INDEXED: Final = 8  # bytes of a commit's id


@contextmanager
def reading(path: Path, opens: Opens = shut) -> Iterator["SqliteVersions"]:
    """The view as it is now, beside whoever writes it. The file is not changed. `opens`: see `Versions`."""
    connection = reader(path)
    try:
        connection.execute("BEGIN")
        yield SqliteVersions(connection, opens)
    finally:
        connection.close()


class SqliteVersions:
    """The versions port over a connection whose transaction has begun."""

    def __init__(self, connection: sqlite3.Connection, opens: Opens = shut) -> None:
        self.opens = opens
        self._execute = connection.execute
        self.at = owned(connection)

    def position(self) -> int:
        return int(self._execute(_POSITION).fetchone()[0])

    def of(self, branch: str, entity: Key, position: int) -> Sequence[Version]:
        return [loaded(branch, entity, row) for row in self._execute(_OF, (branch, entity, position))]

    def valid(self, branch: str, prefix: str, position: int) -> Iterator[Version]:
        for entity, *row in self._execute(_VALID, (branch, prefix, _behind(prefix), position, position)):
            yield loaded(branch, Key(entity), row)

    def changed(self, branch: str, prefix: str, after: int, until: int) -> Iterator[Key]:
        for (entity,) in self._execute(_CHANGED, (after, until, branch, prefix, _behind(prefix))):
            yield Key(entity)

    def commit_by_position(self, position: int) -> Commit | None:
        return next(self._commits(_BY_POSITION, (position, 1)), None)

    def commit_by_time(self, time: int) -> Commit | None:
        return next(self._commits(_BY_TIME, (time, 1)), None)

    def commits_by_id(self, prefix: str, limit: int) -> Sequence[Commit]:
        low, high = (bytes.fromhex(prefix.ljust(_ID_DIGITS, fill)) for fill in "0f")
        return list(self._commits(_BY_ID, (low[:_INDEXED], high[:_INDEXED], low, high, limit)))

    def parked(self, places: Iterable[Place]) -> Sequence[Parked]:
        if self._execute(_ANY_PARKED).fetchone() is None:
            return []
        positions = {row[0] for place in places for row in self._execute(_PARKED_AT, place)}
        return [self._parked(position) for position in sorted(positions)]

    def _parked(self, position: int) -> Parked:
        places = tuple((branch, Key(key)) for branch, key in self._execute(_PLACES, (position,)))
        _, *rest = self._execute(_PARKED, (position,)).fetchone()
        return Parked(position, places, *rest)

    def _commits(self, statement: str, parameters: Sequence[object]) -> Iterator[Commit]:
        for name, *rest in self._execute(statement, parameters):
            yield Commit(name.hex(), *rest)


def _behind(prefix: str) -> str:
    """The first text behind all that start with `prefix`."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


_checkpoint, _parked_table, _places_table = (
    metadata.tables[name] for name in ("checkpoint", "parked", "parked_places")
)
_in_range = (
    entities.c.branch == bindparam("b"),
    entities.c.entity >= bindparam("p"),
    entities.c.entity < bindparam("q"),
)

_POSITION: Final = sql(select(_checkpoint.c.position))
_OF: Final = sql(
    VERSIONS.where(
        entities.c.branch == bindparam("b"),
        entities.c.entity == bindparam("e"),
        slices.c.since <= bindparam("position"),
    ).order_by(slices.c.since)
)
_VALID: Final = sql(
    select(entities.c.entity, *VERSIONS.selected_columns)
    .join_from(entities, slices, slices.c.entity == entities.c.id)
    .join(versions, versions.c.since == slices.c.since)
    .join(commits, commits.c.first == versions.c.first)
    .outerjoin(messages, messages.c.first == versions.c.first)
    .where(*_in_range, slices.c.since <= bindparam("at"), slices.c.until > bindparam("also_at"))
    .order_by(entities.c.entity)
)
_CHANGED: Final = sql(
    select(entities.c.entity)
    .distinct()
    .join_from(versions, entities, entities.c.id == versions.c.entity)
    .where(
        versions.c.since > bindparam("after"),
        versions.c.since <= bindparam("until"),
        literal_column("+entities.branch") == bindparam("b"),  # the plus keeps the plan from going through all entities
        literal_column("+entities.entity") >= bindparam("p"),
        literal_column("+entities.entity") < bindparam("q"),
    )
    .order_by(entities.c.entity)
)
_BY_POSITION: Final = sql(BY_POSITION)
_BY_TIME: Final = sql(BY_TIME)
_BY_ID: Final = sql(BY_ID)
_ANY_PARKED: Final = sql(select(_parked_table.c.position))
_PARKED_AT: Final = sql(
    select(_places_table.c.position).where(
        _places_table.c.branch == bindparam("b"), _places_table.c.key == bindparam("k")
    )
)
_PLACES: Final = sql(
    select(_places_table.c.branch, _places_table.c.key)
    .where(_places_table.c.position == bindparam("p"))
    .order_by(_places_table.c.branch, _places_table.c.key)
)
_PARKED: Final = sql(select(_parked_table).where(_parked_table.c.position == bindparam("p")))
