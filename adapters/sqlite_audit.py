"""The audit in SQLite: one row per event with its stored bytes, and a second table for what was refused."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table, insert

from adapters.sqlite_file import sql
from adapters.sqlite_view import SqliteView
from adapters.view_tables import Position, view_tables
from projectors.audit import VERSION, Entry
from projectors.projector import Place

metadata = MetaData()
view_tables(metadata)

events = Table(
    "events", metadata,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),  # µs since the epoch
    Column("author", String, nullable=False),
    Column("on_behalf_of", String),
    Column("type", String, nullable=False),
    Column("branch", String, nullable=False),
    Column("entity", String, nullable=False),
    Column("commit", LargeBinary, nullable=False),  # 32 bytes
    Column("subject", String, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the body
    Column("body", LargeBinary, nullable=False),  # the stored bytes
    Index("events_by_time", "time"),
    Index("events_by_author", "author", "position"),
)  # fmt: skip

refusals = Table(
    "refusals", metadata,
    Column("number", Position, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("principal", String, nullable=False),
    Column("branch", String, nullable=False),
    Column("command_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("findings", LargeBinary, nullable=False),  # JSON
)  # fmt: skip

_ADD: Final = sql(insert(events))


def sqlite_audit(path: Path, ontology: str) -> SqliteView[Entry]:
    """The view in this file, made if it is not there."""
    return SqliteView(path, "audit", VERSION, ontology, EntryRows())


class EntryRows:
    """Rows are only ever appended, so none is looked for."""

    metadata = metadata

    def forget(self) -> None:
        """Nothing is remembered."""

    def find(self, connection: sqlite3.Connection, places: Iterable[Place]) -> dict[Place, Entry]:  # noqa: ARG002 the port's shape
        return {}

    def write(self, connection: sqlite3.Connection, rows: Sequence[Entry]) -> None:
        connection.executemany(_ADD, [_stored(row) for row in rows])


def _stored(row: Entry) -> tuple[object, ...]:
    *front, commit, subject, digest, body = row
    return *front, bytes.fromhex(commit), subject, bytes.fromhex(digest), body
