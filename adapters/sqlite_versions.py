"""Versions in SQLite: finds the rows an event touches, and appends what became of them."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, func, insert, select, true, update

from adapters.sqlite_file import sql
from adapters.sqlite_view import SqliteView
from adapters.versions_tables import commits, entities, metadata, slices, versions
from events.names import Key
from projectors.lineage import Own, lineage
from projectors.projector import FOREVER, Place
from projectors.versions import VERSION, Marks, Version

_REMEMBERED: Final = 100_000
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict).decode


def sqlite_versions(path: Path, ontology: str) -> SqliteView[Version]:
    """The view in this file, made if it is not there."""
    return SqliteView(path, "versions", VERSION, ontology, VersionRows())


class VersionRows:
    """`_open`: id and beginning of the open slice of each place that was looked for; `None` if it has none."""

    metadata = metadata

    def __init__(self) -> None:
        self._open: dict[Place, tuple[int, int] | None] = {}
        self._next_id = 0

    def forget(self) -> None:
        self._open.clear()
        self._next_id = 0

    def find(self, connection: sqlite3.Connection, places: Iterable[Place]) -> dict[Place, Version]:
        if len(self._open) > _REMEMBERED:
            self._open.clear()
        by_branch: dict[str, set[Key]] = defaultdict(set)
        for branch, entity in places:
            by_branch[branch].add(entity)
        found = {}
        for branch, wanted in by_branch.items():
            for row in _found(connection, branch, wanted, FOREVER):
                entity, ident, since, text, *marks = row
                self._open[branch, entity] = (ident, since)
                found[branch, entity] = _before(branch, entity, since, text, marks)
                wanted.remove(entity)
            self._open |= dict.fromkeys((branch, entity) for entity in wanted)
            found.update(_inherited(connection, branch, wanted))
        return found

    def write(self, connection: sqlite3.Connection, rows: Sequence[Version]) -> None:
        new_entities: list[tuple[int, str, str]] = []
        new_slices: list[tuple[int, int, int]] = []
        closed: list[tuple[int, int, int]] = []
        new_versions = []
        new_commits = {}
        for row in rows:
            place = (row.branch, row.entity)
            before = self._opened(connection, place)
            if before is None:
                entity = self._new_id(connection)
                new_entities.append((entity, row.branch, row.entity))
            else:
                entity, since = before
                closed.append((row.since, entity, since))
            self._open[place] = (entity, row.since)
            new_slices.append((entity, row.since, FOREVER))
            new_versions.append(_stored(entity, row))
            if row.first not in new_commits:
                new_commits[row.first] = _commit(row)
        many = connection.executemany
        many(_ADD_ENTITY, new_entities)
        many(_ADD_SLICE, new_slices)
        many(_CLOSE_SLICE, closed)
        many(_ADD_VERSION, new_versions)
        many(_ADD_COMMIT, list(new_commits.values()))

    def _opened(self, connection: sqlite3.Connection, place: Place) -> tuple[int, int] | None:
        if place not in self._open:
            found: tuple[int, int] | None = connection.execute(_OPENED, place).fetchone()
            self._open[place] = found
        return self._open[place]

    def _new_id(self, connection: sqlite3.Connection) -> int:
        if not self._next_id:
            self._next_id = connection.execute(_LAST_ID).fetchone()[0] or 0
        self._next_id += 1
        return self._next_id


def _inherited(connection: sqlite3.Connection, branch: str, wanted: set[Key]) -> Iterator[tuple[Place, Version]]:
    """What the parents have of these entities; takes them out of `wanted`."""
    if not wanted:
        return
    for parent, base in lineage(owned(connection), branch)[1:]:
        for entity, _, since, text, *marks in _found(connection, parent, wanted, base):
            yield (branch, entity), _before(parent, entity, since, text, marks)
            wanted.remove(entity)


def _found(connection: sqlite3.Connection, branch: str, entities: Iterable[Key], position: int) -> list[Any]:
    names = _encode(sorted(entities)).decode()
    return connection.execute(_FIND, (branch, names, position)).fetchall()


def owned(connection: sqlite3.Connection) -> Own:
    """Reads a branch's own version of an entity that held at a position (`lineage.Own`)."""
    execute = connection.execute

    def own(branch: str, entity: Key, position: int) -> Version | None:
        found = execute(_OWN, (branch, entity, position, 1)).fetchone()
        return None if found is None else loaded(branch, entity, found)

    return own


def loaded(branch: str, entity: Key, row: Sequence[Any]) -> Version:
    """A version from a row of `VERSION_COLUMNS`."""
    _, since, until, time, effective, change, author, on_behalf_of, first, last, commit, text, *marks = row
    return Version(
        branch, entity, since, until, time, effective, change, author, on_behalf_of, commit.hex(), first, last,
        _decode(text), Marks(*marks),
    )  # fmt: skip


def _before(branch: str, entity: Key, since: int, text: str, marks: Sequence[Any]) -> Version:
    """A version to fold on: its state, its audit fields and where it began; the rest is not read and stays blank."""
    return Version(branch, entity, since, FOREVER, 0, 0, "", "", None, "", 0, 0, _decode(text), Marks._make(marks))


def _stored(entity: int, row: Version) -> tuple[object, ...]:
    text = _encode(row.state).decode()
    return (
        row.since,
        entity,
        row.time,
        row.effective,
        row.change,
        row.author,
        row.on_behalf_of,
        row.first,
        text,
        *row.marks,
    )


def _commit(row: Version) -> tuple[object, ...]:
    time = row.time - (row.since - row.first)
    return row.first, row.last, time, bytes.fromhex(row.commit)


_marks: Final = [versions.c[name] for name in Marks._fields]
VERSION_COLUMNS: Final = (
    entities.c.id,
    slices.c.since,
    slices.c.until,
    versions.c.time,
    versions.c.effective,
    versions.c.change,
    versions.c.author,
    versions.c.on_behalf_of,
    commits.c.first,
    commits.c.last,
    commits.c.id,
    versions.c.state,
    *_marks,
)
VERSIONS: Final = (
    select(*VERSION_COLUMNS)
    .join_from(entities, slices, slices.c.entity == entities.c.id)
    .join(versions, versions.c.since == slices.c.since)
    .join(commits, commits.c.first == versions.c.first)
)
_OWN: Final = sql(
    VERSIONS.where(
        entities.c.branch == bindparam("branch"),
        entities.c.entity == bindparam("entity"),
        slices.c.since <= bindparam("position"),
    )
    .order_by(slices.c.since.desc())
    .limit(bindparam("most"))
)
_names: Final = func.json_each(bindparam("names")).table_valued("value")
_newest: Final = slices.alias()
_FIND: Final = sql(
    select(entities.c.entity, entities.c.id, versions.c.since, versions.c.state, *_marks)
    .join_from(entities, versions, true())
    .where(
        entities.c.branch == bindparam("branch"),
        entities.c.entity.in_(select(_names.c.value)),
        versions.c.since
        == select(func.max(_newest.c.since))
        .where(_newest.c.entity == entities.c.id, _newest.c.since <= bindparam("position"))
        .scalar_subquery(),
    )
)
_OPENED: Final = sql(
    select(entities.c.id, func.max(slices.c.since))
    .join_from(entities, slices, slices.c.entity == entities.c.id)
    .where(entities.c.branch == bindparam("branch"), entities.c.entity == bindparam("entity"))
    .group_by(entities.c.id)
)
_LAST_ID: Final = sql(select(func.max(entities.c.id)))
_ADD_ENTITY: Final = sql(insert(entities))
_ADD_SLICE: Final = sql(insert(slices))
_CLOSE_SLICE: Final = sql(
    update(slices)
    .where(slices.c.entity == bindparam("e"), slices.c.since == bindparam("s"))
    .values(until=bindparam("u"))
)
_ADD_VERSION: Final = sql(insert(versions))
_ADD_COMMIT: Final = sql(insert(commits).prefix_with("OR IGNORE"))
