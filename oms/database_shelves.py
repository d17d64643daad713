"""The views in a database of PostgreSQL: each build in a schema of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from adapters import postgres_reading
from adapters.audit_tables import events
from adapters.joined_copy import joined
from adapters.outbox_tables import log_head
from adapters.postgres import AWAY, place, sql
from adapters.postgres_audit import postgres_audit
from adapters.postgres_audit_reader import PostgresEntries
from adapters.postgres_audit_rows import PostgresAuditRows
from adapters.postgres_copies import PostgresCopy
from adapters.postgres_refusals import PostgresRegister
from adapters.postgres_session import PostgresSessions
from adapters.postgres_shelf import Opens as OpensView
from adapters.postgres_shelf import PostgresShelf
from adapters.postgres_similar_store import PostgresSimilarStore
from adapters.postgres_tables import schema_of
from adapters.postgres_versions import postgres_versions
from adapters.postgres_view import unavailable
from adapters.segments import SegmentFeed
from adapters.sqlite_metrics import Metrics
from adapters.view_files import ViewMissing
from oms.settings import Settings
from oms.shelves import ARCHIVE, Leaving, Registering, fingerprint
from producers.outbox import LogHead
from projectors.projector import Feed
from queries.gaps import Opens, shut
from queries.versions import Versions

if TYPE_CHECKING:
    from oms.similar_store import SimilarStore

OPENED: Final[Mapping[str, OpensView[Any]]] = {"versions": postgres_versions, "audit": postgres_audit}


@contextmanager
def database_shelves(settings: Settings) -> Iterator["DatabaseShelves"]:
    """Open as long as the block runs."""
    with PostgresSessions(settings.postgres_url) as sessions, PostgresSessions(settings.postgres_url) as searching:
        yield DatabaseShelves(settings, sessions, searching)


class DatabaseShelves:
    """See `oms.shelves.Shelves`."""

    def __init__(self, settings: Settings, sessions: PostgresSessions, searching: PostgresSessions) -> None:
        self._settings, self._ontology = settings, settings.ontology
        self._sessions, self._searching = sessions, searching
        self._archive = SegmentFeed(settings.folder / ARCHIVE, settings.ontology)
        self.where = place(sessions.url)

    def shelf(self, name: str) -> PostgresShelf[Any]:
        return PostgresShelf(self._sessions, name, self._ontology, OPENED[name], self._settings.folder)

    @contextmanager
    def versions(self, opens: Opens = shut) -> Iterator[Versions]:
        try:
            with postgres_reading.reading(self.shelf("versions"), opens) as found:
                yield found
        except AWAY as error:
            raise unavailable("versions", error) from error

    def log_head(self) -> LogHead | None:
        try:
            with self._sessions.lent(schema_of(self._ontology)) as session:
                if session.value("SELECT to_regclass('log_head')") is None:
                    return None
                found = session.row(_HEAD, self._ontology)
        except AWAY as error:
            raise unavailable("outbox", error) from error
        return None if found is None else LogHead(*found)

    def metrics(self) -> Metrics | None:
        try:
            return postgres_reading.metrics(self.shelf("audit"))
        except (ViewMissing, *AWAY):
            return None

    @contextmanager
    def audit(self) -> Iterator[PostgresEntries]:
        try:
            with postgres_reading.live(self.shelf("audit")) as session:
                yield PostgresEntries(session)
        except AWAY as error:
            raise unavailable("audit", error) from error

    def audit_copy(self) -> Feed:
        with self.audit() as audit:
            last, _ = audit.departed()
        rows = PostgresCopy(self._sessions.url, self.shelf("audit").live_schema(), events)
        return joined(self._archive, rows, last)

    def audit_rows(self) -> Leaving:
        return PostgresAuditRows(self._sessions.url, self.shelf("audit").live_schema(), self._ontology)

    def register(self) -> Registering:
        return PostgresRegister(self._sessions.url, self.shelf("audit").live_schema())

    def similar(self) -> "SimilarStore":
        return PostgresSimilarStore(self._searching, self._ontology, lambda: fingerprint(self._settings))


_HEAD: Final = sql(
    select(log_head.c.position, log_head.c.time, log_head.c.hash).where(log_head.c.ontology == bindparam("o"))
)
