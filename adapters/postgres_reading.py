"""The live builds of views in PostgreSQL, for who reads beside the writers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import bindparam, func, literal_column, select

from adapters.audit_tables import counts, refusals
from adapters.postgres import place, sql
from adapters.postgres_bundles import bundles
from adapters.postgres_session import UNMOVED, PostgresSession
from adapters.postgres_shelf import PostgresShelf, live_build
from adapters.postgres_versions_reader import PostgresVersions
from adapters.spanning_versions import spanning
from adapters.sqlite_metrics import TAMPERED, Metrics
from adapters.view_files import ViewMissing
from queries.gaps import Opens, shut
from queries.versions import Versions


@contextmanager
def reading(shelf: PostgresShelf[Any], opens: Opens = shut) -> Iterator[Versions]:
    """The versions as they are now. Raises `ViewMissing`, `AWAY`."""
    with live(shelf) as session:
        yield spanning(PostgresVersions(session, opens), bundles(session))


def metrics(shelf: PostgresShelf[Any]) -> Metrics:
    """How often what happened, as the audit says. Raises `ViewMissing`, `AWAY`."""
    with live(shelf) as session:
        return Metrics(
            dict(map(tuple, session.rows(_EVENTS))),
            session.value(_REFUSED),
            session.value(_TAMPERED, TAMPERED.decode()),
        )


@contextmanager
def live(shelf: PostgresShelf[Any]) -> Iterator[PostgresSession]:
    """One moment of the live build."""
    with shelf.sessions.lent(mode=UNMOVED) as session:
        build = live_build(session, shelf.ontology, shelf.name)
        if build is None:
            raise ViewMissing(shelf.name, place(shelf.sessions.url))
        session.see(shelf.schema(build))
        yield session


_EVENTS: Final = sql(select(counts.c.type, counts.c.number).order_by(counts.c.type))
_REFUSED: Final = sql(select(func.count()).select_from(refusals))
_TAMPERED: Final = sql(
    select(func.count()).where(
        func.strpos(func.convert_from(refusals.c.findings, literal_column("'UTF8'")), bindparam("code"))
        > literal_column("0")
    )
)
