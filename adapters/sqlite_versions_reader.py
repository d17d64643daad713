"""Reads the versions view from its SQLite file: one transaction, so nothing moves while a question is answered."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from adapters.key_ranges import begun, behind
from adapters.packed_states import PackedStates
from adapters.spanning_versions import spanning
from adapters.sqlite_bundles import bundles
from adapters.sqlite_reader import reader
from adapters.statements import statements
from adapters.stored_version import loaded
from events.names import Key
from projectors.lineage import Own
from projectors.projector import Parked, Place
from projectors.versions import Version
from queries.gaps import Opens, shut
from queries.versions import Commit, Versions

_ID_DIGITS: Final = 64
_INDEXED: Final = 8  # bytes of a commit's id
_ALL: Final = -1
SQL: Final = statements("sqlite_versions.sql")


@contextmanager
def reading(path: Path, opens: Opens = shut) -> Iterator[Versions]:
    """The view as it is now, beside whoever writes it. The file is not changed. `opens`: see `Versions`."""
    connection = reader(path)
    try:
        connection.execute("BEGIN")
        yield spanning(SqliteVersions(connection, opens), bundles(connection))
    finally:
        connection.close()


class SqliteVersions:
    """The versions port over a connection whose transaction has begun."""

    def __init__(self, connection: sqlite3.Connection, opens: Opens = shut) -> None:
        self.opens = opens
        self._execute = connection.execute
        self._packed = packed_states(connection)
        self.at = owned(connection, self._packed)

    def position(self) -> int:
        return int(self._execute(SQL["position"]).fetchone()[0])

    def several(self, branch: str, entities: Sequence[Key], position: int) -> Mapping[Key, Version]:
        rows = self._execute(SQL["several"], (json.dumps(entities), branch, position))
        return {Key(entity): loaded(branch, Key(entity), row, self._packed) for entity, *row in rows}

    def of(self, branch: str, entity: Key, position: int) -> Sequence[Version]:
        rows = self._execute(SQL["own"], (branch, entity, position, _ALL)).fetchall()
        return [loaded(branch, entity, row, self._packed) for row in reversed(rows)]

    def purged(self, branch: str, entity: Key) -> int:
        return int(self._execute(SQL["purged"], (branch, entity)).fetchone()[0])

    def purges(self, branch: str, prefix: str, after: int = 0) -> Mapping[Key, int]:
        return dict(self._execute(SQL["purges"], (after, branch, prefix, behind(prefix))))

    def valid(self, branch: str, prefix: str, position: int, after: str = "") -> Iterator[Version]:
        return self.spanning(branch, prefix, position, position, after)

    def spanning(self, branch: str, prefix: str, first: int, last: int, after: str = "") -> Iterator[Version]:
        for entity, *row in self._execute(SQL["spanning"], (branch, begun(prefix, after), behind(prefix), last, first)):
            yield loaded(branch, Key(entity), row, self._packed)

    def changed(self, branch: str, prefix: str, after: int, until: int) -> Iterator[Key]:
        for (entity,) in self._execute(SQL["changed"], (after, until, branch, prefix, behind(prefix))):
            yield Key(entity)

    def written(self, after: int, until: int) -> Sequence[Version]:
        found = self._execute(SQL["written"], (after, until))
        return [loaded(branch, Key(entity), row, self._packed) for branch, entity, *row in found]

    def commit_by_position(self, position: int) -> Commit | None:
        return next(self._commits(SQL["commit_by_position"], (position,)), None)

    def commit_by_time(self, time: int) -> Commit | None:
        return next(self._commits(SQL["commit_by_time"], (time,)), None)

    def commits_by_id(self, prefix: str, limit: int) -> Sequence[Commit]:
        low, high = (bytes.fromhex(prefix.ljust(_ID_DIGITS, fill)) for fill in "0f")
        return list(self._commits(SQL["commits_by_id"], (low[:_INDEXED], high[:_INDEXED], low, high, limit)))

    def parked(self, places: Iterable[Place]) -> Sequence[Parked]:
        if self._execute(SQL["any_parked"]).fetchone() is None:
            return []
        positions = {row[0] for place in places for row in self._execute(SQL["parked_at"], place)}
        return [self._parked(position) for position in sorted(positions)]

    def left_out(self) -> Sequence[tuple[int, Place]]:
        return [(position, (branch, Key(key))) for position, branch, key in self._execute(SQL["left_out"])]

    def _parked(self, position: int) -> Parked:
        places = tuple((branch, Key(key)) for branch, key in self._execute(SQL["places"], (position,)))
        rest = self._execute(SQL["parked"], (position,)).fetchone()
        return Parked(position, places, *rest)

    def _commits(self, statement: str, parameters: Sequence[object]) -> Iterator[Commit]:
        for name, *rest in self._execute(statement, parameters):
            yield Commit(name.hex(), *rest)


def packed_states(connection: sqlite3.Connection) -> PackedStates:
    """Of the file, as it is in the connection's transaction."""

    def only(statement: str, number: int) -> bytes:
        found = connection.execute(SQL[statement], (number,)).fetchone()
        if found is None or not found[0]:
            raise ValueError(f"what it is told against is gone ({statement} {number})")
        text: bytes = found[0]
        return text

    return PackedStates(
        lambda entity, since: connection.execute(SQL["chain"], (entity, since)).fetchall(),
        lambda number: only("samples", number),
        lambda since: only("whole", since),
    )


def owned(connection: sqlite3.Connection, packed: PackedStates | None = None) -> Own:
    """Reads a branch's own version of an entity that held at a position (`lineage.Own`)."""
    packed = packed or packed_states(connection)
    execute, statement = connection.execute, SQL["own"]

    def own(branch: str, entity: Key, position: int) -> Version | None:
        found = execute(statement, (branch, entity, position, 1)).fetchone()
        return None if found is None else loaded(branch, entity, found, packed)

    return own
