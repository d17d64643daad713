"""Versions in SQLite."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import LargeBinary, Text, bindparam, cast, func, insert, select, true

from adapters.sqlite_bundles import bundles
from adapters.sqlite_file import NO_NUMBER, NO_TEXT, bound, put, sql
from adapters.sqlite_versions_reader import owned, packed_states
from adapters.sqlite_view import SqliteView
from adapters.version_rows import NewRows, Row, VersionRows
from adapters.versions_statements import LAST_ID, MARKS
from adapters.versions_tables import commits, entities, messages, slices, versions
from events.names import Key
from projectors.lineage import Own
from projectors.projector import Place
from projectors.versions import VERSION, Version

_encode: Final = msgspec.json.Encoder().encode


def sqlite_versions(path: Path, ontology: str) -> SqliteView[Version]:
    """The view in this file, made if it is not there."""
    return SqliteView(path, "versions", VERSION, ontology, VersionRows(SqliteVersionStore()))


class SqliteVersionStore:
    """See `VersionStore`."""

    def found(self, connection: sqlite3.Connection, branch: str, names: Iterable[Key], position: int) -> Iterable[Any]:
        return connection.execute(_FIND, (branch, _encode(sorted(names)).decode(), position)).fetchall()

    def unpacked(self, connection: sqlite3.Connection, branch: str, name: Key, entity: int, since: int) -> bytes:
        return packed_states(connection).of(branch, name, entity, since)

    def bundled(self, connection: sqlite3.Connection) -> Own | None:
        found = bundles(connection)
        return found.at if found else None

    def owned(self, connection: sqlite3.Connection) -> Own:
        return owned(connection)

    def opened(self, connection: sqlite3.Connection, place: Place) -> tuple[int, int] | None:
        found: tuple[int, int] | None = connection.execute(_OPENED, place).fetchone()
        return found

    def last_id(self, connection: sqlite3.Connection) -> int:
        return connection.execute(_LAST_ID).fetchone()[0] or 0

    def stored(self, version: Version, entity: int, state: bytes) -> Row:
        _, _, since, _, time, effective, change, author, on_behalf_of, _, first, _, _, marks, _ = version
        created_by, created_at, updated_by, updated_at, deleted_by, deleted_at = marks
        return (since, entity, time, effective, change, author, on_behalf_of or NO_TEXT, first, bytearray(state),
                created_by, created_at, updated_by, updated_at,
                NO_TEXT if deleted_by is None else deleted_by,
                NO_NUMBER if deleted_at is None else deleted_at)  # fmt: skip

    def put(self, connection: sqlite3.Connection, rows: NewRows) -> None:
        put(connection, _ADD_ENTITY, rows.entities)
        put(connection, _SET_SLICE, rows.slices)
        put(connection, _ADD_VERSION, rows.versions)
        put(connection, _ADD_COMMIT, rows.commits)
        put(connection, _ADD_MESSAGE, rows.messages)


_names: Final = func.json_each(bindparam("names")).table_valued("value")
_newest: Final = slices.alias()
_FIND: Final = sql(
    select(entities.c.entity, entities.c.id, versions.c.since, cast(versions.c.state, LargeBinary), *MARKS)
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
_LAST_ID: Final = sql(LAST_ID)
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
