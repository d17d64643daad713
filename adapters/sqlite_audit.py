"""The audit in SQLite."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import MetaData, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from adapters.audit_evidence import carried, evidence
from adapters.audit_tables import counts, events, incidents, metadata, refusals
from adapters.sqlite_file import NO_TEXT, bound, make, put, sql, writer
from adapters.sqlite_view import SqliteView
from projectors.audit import VERSION, Entry
from projectors.projector import Place

_OLD: Final = MetaData(schema="old")
_TYPE: Final = list(events.c.keys()).index("type")
_ADD: Final = sql(insert(events).values({column.name: bound(column) for column in events.c}))
_counted = upsert(counts)
_COUNT: Final = sql(
    _counted.on_conflict_do_update(
        index_elements=[counts.c.type], set_={"number": counts.c.number + _counted.excluded.number}
    )
)
_COPIES: Final = {
    table.name: sql(
        insert(table).prefix_with("OR IGNORE").from_select(list(table.c.keys()), select(table.to_metadata(_OLD)))
    )
    for table in (refusals, incidents)
}


def sqlite_audit(path: Path, ontology: str) -> SqliteView[Entry]:
    """The view in this file, made if it is not there."""
    return SqliteView(path, "audit", VERSION, ontology, EntryRows())


class EntryRows:
    """Rows are only ever appended, so none is looked for."""

    metadata = metadata
    added = ()

    def forget(self) -> None:
        """Nothing is remembered."""

    def find(self, connection: sqlite3.Connection, places: Iterable[Place]) -> dict[Place, Entry]:  # noqa: ARG002 the port's shape
        return {}

    def write(self, connection: sqlite3.Connection, rows: Iterable[Entry]) -> None:
        added = self.add(connection, rows)
        connection.executemany(_COUNT, Counter(row[_TYPE] for row in added).items())

    def add(self, connection: sqlite3.Connection, rows: Iterable[Entry]) -> list[tuple[object, ...]]:
        """Without counting them; as they are stored."""
        added = [_stored(row) for row in rows]
        put(connection, _ADD, added)
        return added


def copy_unplaced(old: Path, new: Path) -> None:
    """What has no position is in no log: a new build of the audit takes it from the old one."""
    with closing(writer(new)) as connection:
        connection.execute("ATTACH ? AS old", (str(old),))
        there = {name for (name,) in connection.execute("SELECT name FROM old.sqlite_schema")}
        for name in _COPIES.keys() & there:  # an older program had fewer
            connection.execute(_COPIES[name])
        if evidence.name in there:
            make(connection, [evidence])
            connection.execute(sql(carried("old")))


def _stored(row: Entry) -> tuple[object, ...]:
    position, time, author, on_behalf_of, type_, branch, entity, commit, cause, trace, subject, digest, body = row
    return (position, time, author, on_behalf_of or NO_TEXT, type_, branch, entity, bytearray.fromhex(commit), cause,
            trace or NO_TEXT, subject, bytearray.fromhex(digest), bytearray(body))  # fmt: skip
