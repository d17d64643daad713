"""Ranges of views in PostgreSQL, written again. The audit, which is only added to, gets new partitions beside the old ones.

months with wrong rows ─► tables beside them: what is right of them + the log's rows ─► proved ─► they take their place
                      └─► what is not right ─► evidence, and an incident          all in one transaction, as the owner
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.sql import ClauseElement

from adapters import postgres_bundles as bundles
from adapters.audit_evidence import Right, Told
from adapters.audit_tables import events, incidents
from adapters.mending import Right as RightVersions
from adapters.mending import Say, mend_range, moved, without_strangers
from adapters.postgres import sql, with_values
from adapters.postgres_audit import OWNER, stored
from adapters.postgres_session import PostgresSession
from adapters.postgres_view import script
from events.wire.commit_message import to_attribute
from projectors.projector import FOREVER


def mend_versions(url: str, schema: str, right: RightVersions) -> None:
    """A range; a projector at work reads the view again afterwards."""
    with _mending(url, schema) as (session, say):
        session.run(script("postgres_deltas.sql"))
        session.run(script("postgres_mended.sql"))
        bundles.mend(session, mend_range(say, right, lambda text: to_attribute(text) or ""))


def drop_strangers(url: str, schema: str) -> None:
    with _mending(url, schema) as (session, say):
        session.run(script("postgres_mended.sql"))
        without_strangers(say)


def mend_entries(url: str, schema: str, right: Sequence[Right], told: Told) -> None:
    """All ranges at once. A range of a month takes copying the month: rows are never changed where they are.

    NOTE counts of events by type stay: they were counted when the event came.
    """
    with _mending(url, schema, OWNER) as (session, _):
        session.run(script("postgres_audit_evidence.sql"))
        session.run(script("postgres_audit_mending.sql"))
        reached = session.value(_REACHED)
        ranges = [(max(first, reached + 1) if last == FOREVER else first, last) for (first, last), _ in right]
        session.copy("ranges", ("first", "last"), ranges)
        session.copy("right_rows", events.c.keys(), [stored(entry) for _, entries in right for entry in entries])
        taken = session.value("SELECT mend($1)", told(0).id)
        session.row(_TELL, *told(taken))


@contextmanager
def _mending(url: str, schema: str, role: str = "none") -> Iterator[tuple[PostgresSession, Say]]:
    """A transaction that nobody else writes beside: who locks the view's checkpoint waits."""
    with PostgresSession(url, schema, role=role, statement_timeout="0s", **_ALL_OF_IT) as session:
        session.run("BEGIN")

        def say(statement: ClauseElement) -> Sequence[Any]:
            text, values = with_values(statement)
            return session.rows(text, *values)

        moved(say)
        yield session, say
        session.run("COMMIT")


_ALL_OF_IT: Final = {"enable_seqscan": "on", "enable_hashjoin": "on"}
_REACHED: Final = "SELECT position FROM checkpoint"
_TELL: Final = sql(insert(incidents))
