"""Views in PostgreSQL as sides of a comparison: the database computes the checksums, so that no row has to travel."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, LargeBinary, Select, String, Text, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from adapters import compared_versions
from adapters.audit_evidence import ROWS
from adapters.audit_tables import departed
from adapters.postgres import sql
from adapters.postgres_audit import with_text
from adapters.postgres_bundles import bundles
from adapters.postgres_session import PostgresSession
from adapters.postgres_versions import packed_states
from adapters.versions_statements import (
    COMMIT_ROWS,
    STRANGE_ENTITIES,
    STRANGE_MESSAGES,
    STRANGE_SLICES,
    STRANGE_VERSIONS,
    VERSION_LINES,
    VERSION_ROWS,
)
from adapters.versions_tables import metadata as tables
from events.wire.commit_message import from_attribute
from projectors.audit import Entry
from projectors.entries import row_of
from projectors.projector import Checkpoint
from projectors.ranges import Row

if TYPE_CHECKING:
    from adapters.bundled_versions import BundledVersions


def standing(session: PostgresSession) -> tuple[str, Checkpoint, frozenset[int]]:
    """Ontology, checkpoint, and what is parked or was discarded."""
    ontology, *checkpoint = session.row(_CHECKPOINT) or ()
    return ontology, Checkpoint(*checkpoint), frozenset(row[0] for row in session.rows(_LEFT_OUT))


class StoredVersions:
    """The versions view as a side of a comparison, over a session whose transaction has begun."""

    def __init__(self, session: PostgresSession) -> None:
        self._session = session
        self.packed = packed_states(session)

    @cached_property
    def _old(self) -> "BundledVersions | None":
        return bundles(self._session, without_broken=True)

    def version_rows(self, first: int, last: int) -> Iterable[Sequence[Any]]:
        return compared_versions.with_bundled(self._old, self._session.rows(_VERSION_ROWS, first, last), first, last)

    def commit_rows(self, first: int, last: int) -> Iterator[Sequence[Any]]:
        for *row, message in self._session.rows(_COMMIT_ROWS, first, last):
            yield *row, message and from_attribute(message)

    def strange(self) -> Mapping[str, Sequence[Sequence[Any]]]:
        return {kind: self._session.rows(text) for kind, text in _STRANGE.items()}

    def checksums(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        """Ranges with states that are kept as deltas, or in bundles, are read: these can only be unpacked here."""
        versions, commits = (self._session.rows(text, size, first, last) for text in (_VERSION_SUMS, _COMMIT_SUMS))
        found = compared_versions.together({row[0]: row[1] for row in versions}, {row[0]: row[1] for row in commits})
        apart = {number for number, _, deltas in versions if deltas}
        if self._old and first <= self._old.last:
            apart.update(range(first // size, min(last, self._old.last) // size + 1))
        for number in sorted(apart):
            ends = max(number * size, first), min((number + 1) * size - 1, last)
            found |= compared_versions.checksums(self, *ends, size)
        return found

    def rows(self, first: int, last: int) -> Sequence[Row]:
        return compared_versions.rows(self, first, last)

    def strangers(self) -> Sequence[Row]:
        return compared_versions.strangers(self)


class StoredEntries:
    """The audit as a side of a comparison."""

    def __init__(self, session: PostgresSession) -> None:
        self._session = session

    def departed(self) -> tuple[int, str]:
        found = self._session.row(_DEPARTED)
        return (0, "") if found is None else (found[0], found[1])

    def entries(self, first: int, last: int) -> list[Entry]:
        return [with_text(row) for row in self._session.rows(_ENTRIES, first, last)]

    def checksums(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        return {number: digest for number, digest, _ in self._session.rows(_ENTRY_SUMS, size, first, last)}

    def rows(self, first: int, last: int) -> Sequence[Row]:
        return [row_of(entry) for entry in self.entries(first, last)]

    def strangers(self) -> Sequence[Row]:
        return []


def _summed(rows: Select[Any], hashed: str = "", empty: str = "") -> str:
    """See `projectors.row_lines`; `hashed` is a column that stands in the line by its hash. Asked with size, first, last.

    Also whether a column is `empty` in any of the rows.
    """
    told = rows.order_by(None).subquery("told")
    position = next(iter(told.c))
    digest = func.sha256(func.convert_to(_line([(each, each.name == hashed) for each in told.c]), _said("'UTF8'")))
    number = position // bindparam("size", type_=position.type)
    lines = func.string_agg(digest, aggregate_order_by(_said("''::bytea"), position))
    any_empty = func.bool_or(told.c[empty] == _said("''")) if empty else _said("false")
    return sql(select(number.label("number"), func.sha256(lines), any_empty).group_by(_said("1")))


def _line(columns: Iterable[tuple[ColumnElement[Any], bool]]) -> ColumnElement[Any]:
    line: ColumnElement[Any] | None = None
    for column, hashed in columns:
        text = _text(func.sha256(column, type_=LargeBinary()) if hashed else column)
        value = func.coalesce(cast(func.length(text), Text).op("||")(_said("':'")).op("||")(text), _said("'-'"))
        line = value if line is None else line.op("||")(_said("','")).op("||")(value)
    assert line is not None
    return line


def _text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(value.type, LargeBinary):
        return func.encode(value, _said("'hex'"))
    return value if isinstance(value.type, String) else cast(value, Text)


def _said(text: str) -> ColumnElement[Any]:
    return literal_column(text)


_checkpoint, _parked, _discarded = (tables.tables[name] for name in ("checkpoint", "parked", "discarded"))
_CHECKPOINT: Final = sql(select(_checkpoint.c.ontology, *(_checkpoint.c[name] for name in Checkpoint._fields)))
_LEFT_OUT: Final = sql(select(_parked.c.position).union(select(_discarded.c.position)))
_VERSION_ROWS: Final = sql(VERSION_ROWS)
_COMMIT_ROWS: Final = sql(COMMIT_ROWS)
_VERSION_SUMS: Final = _summed(VERSION_LINES, empty="state")
_COMMIT_SUMS: Final = _summed(COMMIT_ROWS)
_ENTRIES: Final = sql(ROWS)
_ENTRY_SUMS: Final = _summed(ROWS, "body")
_STRANGE: Final = {
    kind: sql(statement.limit(literal_column(str(compared_versions.STRANGE))))
    for kind, statement in {
        "entities": STRANGE_ENTITIES,
        "slices": STRANGE_SLICES,
        "versions": STRANGE_VERSIONS,
        "messages": STRANGE_MESSAGES,
    }.items()
}
_DEPARTED: Final = sql(select(departed))
