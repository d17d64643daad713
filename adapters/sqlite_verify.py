"""Verifies a view in its file, as it was when the verification began, while it may go on."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from sqlalchemy import bindparam, select

from adapters.audit_tables import departed
from adapters.audit_tables import events as entries
from adapters.sqlite_file import SqliteFile, sql
from adapters.sqlite_reader import reader
from adapters.sqlite_versions_reader import owned, packed_states
from adapters.stored_version import loaded
from adapters.versions_statements import COUNTS, WRITTEN
from adapters.versions_tables import metadata as tables
from events.names import Key
from projectors.audit import Entry
from projectors.checks import AuditCheck, Counts, VersionsCheck
from projectors.projector import Checkpoint, Feed
from projectors.verify import Agreed, Check, Difference, verify
from projectors.versions import Version


async def verify_view(
    path: Path, name: str, feed: Feed, told: Callable[[int], None] = lambda _: None
) -> Agreed | Difference:
    """Compare view `name` in this file with the log. Raises `KeyError` for a view that is not known, `ChainBroken`, `Gap`."""
    file = SqliteFile(lambda: _begun(path))
    try:
        check = CHECKS[name](file.connection)
        ontology, reached = await file.run(_reached)
        left_out = await file.run(lambda c: frozenset(row[0] for row in c.execute(_LEFT_OUT)))
        return await verify(
            feed, reached, ontology, left_out, check, lambda work: file.run(lambda _connection: work()), told
        )
    finally:
        await file.close()


class StoredVersions:
    """Reads the versions view for `VersionsCheck`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._packed = packed_states(connection)
        self.at = owned(connection, self._packed)

    def written(self, after: int, until: int) -> Sequence[Version]:
        found = self._connection.execute(_WRITTEN_VERSIONS, (after, until))
        return [loaded(branch, Key(entity), row, self._packed) for branch, entity, *row in found]

    def counts(self) -> Counts:
        return Counts(*(self._connection.execute(statement).fetchone()[0] for statement in _COUNTS))


class StoredEntries:
    """Reads the audit for `AuditCheck`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def departed(self) -> tuple[int, str]:
        found: tuple[int, str] = self._connection.execute(_DEPARTED).fetchone() or (0, "")
        return found

    def written(self, after: int, until: int) -> Sequence[Entry]:
        found = self._connection.execute(_WRITTEN_ENTRIES, (after, until))
        return [with_text(Entry(*row)) for row in found]


CHECKS: Final[Mapping[str, Callable[[sqlite3.Connection], Check]]] = {
    "versions": lambda connection: VersionsCheck(StoredVersions(connection)),
    "audit": lambda connection: AuditCheck(StoredEntries(connection)),
}


def with_text(row: Entry) -> Entry:
    """As `Entry` has it: digests in hex."""
    commit, digest = cast("tuple[bytes, bytes]", (row.commit, row.hash))
    return row._replace(commit=commit.hex(), hash=digest.hex())


def _begun(path: Path) -> sqlite3.Connection:
    """One transaction for all of it, so nothing moves."""
    connection = reader(path)
    connection.execute("BEGIN")
    return connection


def _reached(connection: sqlite3.Connection) -> tuple[str, Checkpoint]:
    ontology, *checkpoint = connection.execute(_CHECKPOINT).fetchone()
    return ontology, Checkpoint(*checkpoint)


_checkpoint, _parked, _discarded = (tables.tables[name] for name in ("checkpoint", "parked", "discarded"))
_CHECKPOINT: Final = sql(select(_checkpoint.c.ontology, *(_checkpoint.c[name] for name in Checkpoint._fields)))
_LEFT_OUT: Final = sql(select(_parked.c.position).union(select(_discarded.c.position)))
_WRITTEN_VERSIONS: Final = sql(WRITTEN)
_COUNTS: Final = [sql(count) for count in COUNTS]
_DEPARTED: Final = sql(select(departed))
_WRITTEN_ENTRIES: Final = sql(
    select(entries)
    .where(entries.c.position > bindparam("after"), entries.c.position <= bindparam("until"))
    .order_by(entries.c.position)
)
