"""Versions in SQLite: finds the rows an event touches, and appends what became of them."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import LargeBinary, Text, bindparam, cast, func, insert, select, true

from adapters.newest_versions import NOBODY, Newest, NewestVersions
from adapters.sqlite_file import NO_NUMBER, NO_TEXT, bound, put, sql
from adapters.sqlite_view import SqliteView
from adapters.versions_tables import commits, entities, messages, metadata, slices, versions
from events.branches.lineage import Lineage
from events.decider import State
from events.names import ONTOLOGY_SCOPE, Key
from projectors.lineage import Own, lineage
from projectors.projector import FOREVER, Place
from projectors.versions import VERSION, Marks, Version

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict).decode


def sqlite_versions(path: Path, ontology: str) -> SqliteView[Version]:
    """The view in this file, made if it is not there."""
    return SqliteView(path, "versions", VERSION, ontology, VersionRows())


class VersionRows:
    """`_absent`: places that were looked for last and have no version of their own."""

    metadata = metadata

    def __init__(self) -> None:
        self._newest = NewestVersions()
        self._absent: set[Place] = set()
        self._lineages: dict[str, Lineage] = {}
        self._next_id = 0

    def forget(self) -> None:
        self._newest.clear()
        self._absent.clear()
        self._lineages.clear()
        self._next_id = 0

    def find(self, connection: sqlite3.Connection, places: Iterable[Place]) -> dict[Place, Version]:
        self._newest.age()
        found: dict[Place, Version] = {}
        by_branch: defaultdict[str, set[Key]] = defaultdict(set)
        for place in places:
            newest = self._newest.get(place)
            if newest is None or newest.state is None:
                by_branch[place[0]].add(place[1])
            else:
                found[place] = _before(*place, newest.since, newest.state, newest.marks)
        self._absent = set()
        for branch, wanted in by_branch.items():
            found.update(self._own(connection, branch, wanted))
            if wanted:
                found.update(self._inherited(connection, branch, wanted))
        return found

    def write(self, connection: sqlite3.Connection, rows: Iterable[Version]) -> None:
        newest = self._newest.get
        new_entities: list[tuple[int, str, str]] = []
        until: dict[tuple[int, int], int] = {}
        new_versions = []
        new_commits = {}
        new_messages = {}
        for row in rows:
            (
                branch,
                name,
                since,
                _,
                time,
                effective,
                change,
                author,
                on_behalf_of,
                _,
                first,
                _,
                state,
                marks,
                message,
            ) = row
            place = (branch, name)
            before = newest(place) or self._opened(connection, place)
            if before is None:
                entity = self._new_id(connection)
                new_entities.append((entity, branch, name))
            else:
                entity = before.entity
                until[entity, before.since] = since
            until[entity, since] = FOREVER
            stored = _encode(state)
            self._newest.put(place, entity, since, stored, marks)
            new_versions.append((since, entity, time, effective, change, author, on_behalf_of or NO_TEXT, first,
                                 bytearray(stored), *_bound(*marks)))  # fmt: skip
            if first not in new_commits:
                new_commits[first] = _commit(row)
            if message:
                new_messages[first] = (first, message)
            if branch == ONTOLOGY_SCOPE:
                self._moved(state)
        put(connection, _ADD_ENTITY, new_entities)
        put(connection, _SET_SLICE, sorted([(entity, since, end) for (entity, since), end in until.items()]))
        put(connection, _ADD_VERSION, new_versions)
        put(connection, _ADD_COMMIT, list(new_commits.values()))
        put(connection, _ADD_MESSAGE, list(new_messages.values()))

    def _moved(self, branch: State) -> None:
        """A branch came or changed; of one that was rebased, what it wrote before is no longer its newest."""
        self._lineages.clear()
        if "floor" in branch:
            self._newest.clear()

    def _lineage(self, connection: sqlite3.Connection, branch: str) -> Lineage:
        if branch not in self._lineages:
            self._lineages[branch] = lineage(owned(connection), branch)
        return self._lineages[branch]

    def _own(self, connection: sqlite3.Connection, branch: str, wanted: set[Key]) -> Iterator[tuple[Place, Version]]:
        """What the branch itself has of these entities; takes them out of `wanted`."""
        floor = self._lineage(connection, branch)[0].floor
        absent = set(wanted)
        for name, entity, since, stored, *marks in _found(connection, branch, wanted, FOREVER):
            absent.remove(name)
            if since > floor:
                place, stamps = (branch, name), Marks._make(marks)
                self._newest.put(place, entity, since, stored, stamps)
                yield place, _before(branch, name, since, stored, stamps)
                wanted.remove(name)
        self._absent.update([(branch, entity) for entity in absent])

    def _inherited(
        self, connection: sqlite3.Connection, branch: str, wanted: set[Key]
    ) -> Iterator[tuple[Place, Version]]:
        """What its parents have of them; takes them out of `wanted`."""
        for parent, floor, base in self._lineage(connection, branch)[1:]:
            for name, _, since, stored, *marks in _found(connection, parent, wanted, base):
                if since > floor:
                    yield (branch, name), _before(parent, name, since, stored, Marks._make(marks))
                    wanted.remove(name)

    def _opened(self, connection: sqlite3.Connection, place: Place) -> Newest | None:
        if place not in self._absent:
            found: tuple[int, int] | None = connection.execute(_OPENED, place).fetchone()
            return None if found is None else Newest(found[0], found[1], None, NOBODY)
        return None

    def _new_id(self, connection: sqlite3.Connection) -> int:
        if not self._next_id:
            self._next_id = connection.execute(_LAST_ID).fetchone()[0] or 0
        self._next_id += 1
        return self._next_id


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
    _, since, until, time, effective, change, author, on_behalf_of, first, last, commit, text, message, *marks = row
    return Version(
        branch, entity, since, until, time, effective, change, author, on_behalf_of, commit.hex(), first, last,
        _decode(text), Marks(*marks), message or "",
    )  # fmt: skip


def _before(branch: str, entity: Key, since: int, stored: bytes, marks: Marks) -> Version:
    """A version to fold on: its state, its audit fields and where it began; the rest is not read and stays blank."""
    return Version(branch, entity, since, FOREVER, 0, 0, "", "", None, "", 0, 0, _decode(stored), marks)


def _bound(
    created_by: str, created_at: int, updated_by: str, updated_at: int, deleted_by: str | None, deleted_at: int | None
) -> tuple[object, ...]:
    if deleted_at is None:
        return created_by, created_at, updated_by, updated_at, NO_TEXT, NO_NUMBER
    return created_by, created_at, updated_by, updated_at, deleted_by, deleted_at


def _commit(row: Version) -> tuple[object, ...]:
    time = row.time - (row.since - row.first)
    return row.first, row.last, time, bytearray.fromhex(row.commit)


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
    messages.c.message,
    *_marks,
)
VERSIONS: Final = (
    select(*VERSION_COLUMNS)
    .join_from(entities, slices, slices.c.entity == entities.c.id)
    .join(versions, versions.c.since == slices.c.since)
    .join(commits, commits.c.first == versions.c.first)
    .outerjoin(messages, messages.c.first == versions.c.first)
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
    select(entities.c.entity, entities.c.id, versions.c.since, cast(versions.c.state, LargeBinary), *_marks)
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
_SET_SLICE: Final = sql(insert(slices).prefix_with("OR REPLACE"))
_ADD_VERSION: Final = sql(
    # text in UTF-8 as it is made: neither side turns it into a string and back
    insert(versions).values(
        {column.name: bound(column) for column in versions.c} | {"state": cast(bindparam("state"), Text)}
    )
)
_ADD_MESSAGE: Final = sql(insert(messages).prefix_with("OR IGNORE"))
_ADD_COMMIT: Final = sql(insert(commits).prefix_with("OR IGNORE"))
