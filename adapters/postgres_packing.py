"""Packs closed versions in a PostgreSQL schema (`version_packing`), beside whoever writes to it."""

from typing import Final

from sqlalchemy import ColumnElement, func, literal_column

from adapters import version_stats
from adapters.postgres_bundles import bundles
from adapters.postgres_saying import PostgresSaying
from adapters.postgres_session import PostgresSession
from adapters.postgres_versions import packed_states
from adapters.postgres_view import complete
from adapters.version_packing import plan, write
from adapters.versions_tables import entities
from queries.versions import Kept


def stats(session: PostgresSession) -> list[Kept]:
    """See `oms.shelves.Kept.stats`."""
    complete(session)
    old = bundles(session)
    return version_stats.stats(PostgresSaying(session), _STATS, old.kept() if old else {})


def pack(session: PostgresSession, before: int) -> int | None:
    """See `oms.shelves.Kept.pack`; ends the session's transaction."""
    complete(session)
    say = PostgresSaying(session)
    made = plan(say, packed_states(session), before)
    if made is None:
        return None
    written = write(say, made)
    session.run("COMMIT")
    return len(made.deltas) if written else 0


_PREFIX: Final[ColumnElement[str]] = literal_column("'^(?:(?:object|link)/[^/]*/|[^/]*/)'")
_STATS: Final = version_stats.statement(func.substring(entities.c.entity, _PREFIX), func.octet_length)
