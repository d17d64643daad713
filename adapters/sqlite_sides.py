"""Views in SQLite files as sides of a comparison, as they were when it began, while they may go on."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import select

from adapters import compared_versions
from adapters.audit_evidence import ROWS
from adapters.audit_tables import departed
from adapters.sqlite_bundles import bundles
from adapters.sqlite_file import SqliteFile, sql
from adapters.sqlite_reader import reader
from adapters.sqlite_versions_reader import owned, packed_states
from adapters.versions_statements import (
    COMMIT_ROWS,
    STRANGE_ENTITIES,
    STRANGE_MESSAGES,
    STRANGE_SLICES,
    STRANGE_VERSIONS,
    VERSION_ROWS,
)
from adapters.versions_tables import metadata as tables
from projectors.audit import Entry
from projectors.entries import row_of
from projectors.projector import Checkpoint
from projectors.ranges import Row
from projectors.row_lines import Sums, line
from security.chain import body_hash

if TYPE_CHECKING:
    from adapters.bundled_versions import BundledVersions


def begun(path: Path) -> SqliteFile:
    """One transaction for all of it, so nothing moves. `close` after use."""

    def opened() -> sqlite3.Connection:
        connection = reader(path)
        connection.execute("BEGIN")
        return connection

    return SqliteFile(opened)


def standing(connection: sqlite3.Connection) -> tuple[str, Checkpoint, frozenset[int]]:
    """Ontology, checkpoint, and what is parked or was discarded."""
    ontology, *checkpoint = connection.execute(_CHECKPOINT).fetchone()
    return ontology, Checkpoint(*checkpoint), frozenset(row[0] for row in connection.execute(_LEFT_OUT))


class StoredVersions:
    """The versions view as a side of a comparison; `at` is what the second opinion asks."""

    def __init__(
        self, connection: sqlite3.Connection, checksums: compared_versions.Checksums = compared_versions.digests
    ) -> None:
        """`checksums`: as the other side makes them, too."""
        self._connection, self._checksums = connection, checksums
        self.packed = packed_states(connection)
        self.at = owned(connection, self.packed)

    @cached_property
    def _old(self) -> "BundledVersions | None":
        return bundles(self._connection, without_broken=True)

    def version_rows(self, first: int, last: int) -> Iterable[Sequence[Any]]:
        rows = self._connection.execute(_VERSION_ROWS, (first, last))
        return compared_versions.with_bundled(self._old, rows, first, last)

    def commit_rows(self, first: int, last: int) -> Iterable[Sequence[Any]]:
        return self._connection.execute(_COMMIT_ROWS, (first, last))

    def strange(self) -> Mapping[str, Sequence[Sequence[Any]]]:
        return {
            kind: self._connection.execute(text).fetchmany(compared_versions.STRANGE) for kind, text in _STRANGE.items()
        }

    def checksums(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        return self._checksums(self, first, last, size)

    def rows(self, first: int, last: int) -> Sequence[Row]:
        return compared_versions.rows(self, first, last)

    def strangers(self) -> Sequence[Row]:
        return compared_versions.strangers(self)


class StoredEntries:
    """The audit as a side of a comparison."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def departed(self) -> tuple[int, str]:
        found: tuple[int, str] = self._connection.execute(_DEPARTED).fetchone() or (0, "")
        return found

    def entries(self, first: int, last: int) -> Iterable[Entry]:
        return (entry(row) for row in self._connection.execute(_ENTRIES, (first, last)))

    def checksums(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        sums = Sums(size)
        for position, *said, commit, cause, trace, subject, digest, body in self._connection.execute(
            _ENTRIES, (first, last)
        ):  # digests that are no bytes must fail here: as text they would read as what they should be
            told = (position, *said, commit.hex(), cause, trace, subject, digest.hex(), body_hash(body))
            sums.add(position, line(told))
        return sums.digests()

    def rows(self, first: int, last: int) -> Sequence[Row]:
        return [row_of(entry) for entry in self.entries(first, last)]

    def strangers(self) -> Sequence[Row]:
        return []


def with_text(row: Entry) -> Entry:
    """As `Entry` has it: digests in hex."""
    commit, digest = cast("tuple[bytes, bytes]", (row.commit, row.hash))
    return row._replace(commit=commit.hex(), hash=digest.hex())


def entry(row: Sequence[Any]) -> Entry:
    """From a row of `events`."""
    return with_text(Entry(*row))


_checkpoint, _parked, _discarded = (tables.tables[name] for name in ("checkpoint", "parked", "discarded"))
_CHECKPOINT: Final = sql(select(_checkpoint.c.ontology, *(_checkpoint.c[name] for name in Checkpoint._fields)))
_LEFT_OUT: Final = sql(select(_parked.c.position).union(select(_discarded.c.position)))
_VERSION_ROWS: Final = sql(VERSION_ROWS)
_COMMIT_ROWS: Final = sql(COMMIT_ROWS)
_STRANGE: Final = {
    "entities": sql(STRANGE_ENTITIES),
    "slices": sql(STRANGE_SLICES),
    "versions": sql(STRANGE_VERSIONS),
    "messages": sql(STRANGE_MESSAGES),
}
_DEPARTED: Final = sql(select(departed))
_ENTRIES: Final = sql(ROWS)
