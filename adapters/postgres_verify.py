"""Verifies a view in its PostgreSQL schema, as it was when the verification began, while it may go on."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from sqlalchemy import select

from adapters.own_thread import OwnThread
from adapters.postgres import AWAY, sql
from adapters.postgres_audit import StoredEntries
from adapters.postgres_session import PostgresSession, unmoved
from adapters.postgres_versions_reader import PostgresVersions
from adapters.postgres_view import unavailable
from adapters.versions_tables import metadata as tables
from projectors.checks import AuditCheck, VersionsCheck
from projectors.projector import Checkpoint, Feed
from projectors.verify import Agreed, Check, Difference, verify


async def verify_view(
    url: str, schema: str, name: str, feed: Feed, told: Callable[[int], None] = lambda _: None
) -> Agreed | Difference:
    """Compare view `name` in this schema with the log. Raises `KeyError` for a view that is not known,
    `ViewUnavailable`, `ChainBroken`, `Gap`.
    """
    thread = OwnThread("verify")
    try:
        return await _verified(thread, url, schema, name, feed, told)
    except AWAY as error:
        raise unavailable(name, error) from error
    finally:
        thread.close()


async def _verified(
    thread: OwnThread, url: str, schema: str, name: str, feed: Feed, told: Callable[[int], None]
) -> Agreed | Difference:
    session = await thread.run(partial(unmoved, url, schema))
    try:
        ontology, *checkpoint = await thread.run(lambda: session.row(_CHECKPOINT) or ())
        left_out = frozenset([row[0] for row in await thread.run(lambda: session.rows(_LEFT_OUT))])
        return await verify(feed, Checkpoint(*checkpoint), ontology, left_out, CHECKS[name](session), thread.run, told)
    finally:
        session.close()


CHECKS: Final[Mapping[str, Callable[[PostgresSession], Check]]] = {
    "versions": lambda session: VersionsCheck(PostgresVersions(session)),
    "audit": lambda session: AuditCheck(StoredEntries(session)),
}


_checkpoint, _parked, _discarded = (tables.tables[name] for name in ("checkpoint", "parked", "discarded"))
_CHECKPOINT: Final = sql(select(_checkpoint.c.ontology, *(_checkpoint.c[name] for name in Checkpoint._fields)))
_LEFT_OUT: Final = sql(select(_parked.c.position).union(select(_discarded.c.position)))
