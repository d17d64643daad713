"""Reads the audit in PostgreSQL, beside whoever writes it."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import LargeBinary, bindparam
from sqlalchemy import func as function

from adapters.audit_evidence import OF
from adapters.audit_statements import entries, refused, unplaced
from adapters.postgres import sql, with_values
from adapters.postgres_audit import with_text
from adapters.postgres_session import PostgresSession
from adapters.postgres_sides import StoredEntries
from adapters.postgres_versions import start
from producers.outbox import Refusal
from projectors.audit import Entry
from projectors.incidents import Incident
from queries.audit import Refusals, Search

_EVIDENCE: Final = sql(OF)


class PostgresEntries:
    """See `oms.shelves.Entries`; over a session whose transaction has begun."""

    def __init__(self, session: PostgresSession) -> None:
        self._session = session

    def departed(self) -> tuple[int, str]:
        return StoredEntries(self._session).departed()

    def search(self, search: Search) -> Sequence[Entry]:
        return [with_text(row) for row in self._rows(entries(search, Looks()))]

    def refused(self, search: Refusals) -> Sequence[tuple[int, Refusal]]:
        return [(number, Refusal(*rest)) for number, *rest in self._rows(refused(search, Looks()))]

    def evidence(self, incident: str) -> Sequence[Entry]:
        if self._session.value("SELECT to_regclass('evidence')") is None:  # nothing was ever mended here
            return []
        return [with_text(row[1:]) for row in self._session.rows(_EVIDENCE, incident)]

    def incidents(self, search: Refusals) -> Sequence[Incident]:
        return [Incident(*row) for row in self._rows(unplaced(search, Looks()))]

    def _rows(self, statement: Any) -> Sequence[Any]:
        text, values = with_values(statement)
        return self._session.rows(text, *values)


class Looks:
    """See `audit_statements.Looks`."""

    def hold(self, column: Any, found: bytes) -> Any:
        return function.position(bindparam(None, found, LargeBinary).op("IN")(column)) > 0

    def named(self, column: Any, name: str) -> Any:
        return (start(column) == start(bindparam(None, name, column.type))) & (column == name)

    def under(self, column: Any, prefix: str) -> Any:
        behind = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        low, high = bindparam(None, prefix, column.type), bindparam(None, behind, column.type)
        return (start(column) >= start(low)) & (start(column) <= start(high)) & (column >= prefix) & (column < behind)
