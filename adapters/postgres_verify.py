"""Verifies a view in its PostgreSQL schema, as it was when the verification began, while it may go on; mends what differs."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from adapters.compared_versions import checksums
from adapters.own_thread import OwnThread
from adapters.postgres import AWAY
from adapters.postgres_mending import drop_strangers, mend_entries, mend_versions
from adapters.postgres_session import PostgresSession, unmoved
from adapters.postgres_sides import StoredEntries, StoredVersions, standing
from adapters.postgres_view import unavailable
from adapters.replayed import replayed_versions
from projectors.entries import LogEntries
from projectors.mending import By, incident
from projectors.projector import Feed
from projectors.ranges import Aside, judged
from projectors.verify import Agreed, Difference

Told = Callable[[int], None]


async def verify_view(
    url: str, schema: str, name: str, feed: Feed, told: Told = lambda _: None, by: By | None = None
) -> Agreed | Difference:
    """Compare view `name` in this schema with a replay; where `by` says who mends, ranges that differ are written again.

    Raises `KeyError` for a view that is not known, `ViewUnavailable`, `ChainBroken`, `Gap`.
    """
    verified = {"versions": _versions, "audit": _audit}[name]
    thread = OwnThread("verify")
    try:
        return await verified(thread, url, schema, feed, told, by)
    except AWAY as error:
        raise unavailable(name, error) from error
    finally:
        thread.close()


async def _versions(
    thread: OwnThread, url: str, schema: str, feed: Feed, told: Told, by: By | None
) -> Agreed | Difference:
    async with _unmoved(thread, url, schema) as session:
        ontology, reached, left_out = await thread.run(lambda: standing(session))
        async with replayed_versions(None, ontology, feed, reached, left_out, told, checksums) as replayed:
            side = Aside(StoredVersions(session), thread.run)
            found = await judged(replayed.side, side, reached.position, left_out, lambda: replayed.wrong, told)
            if by and isinstance(found, Difference):
                for each in found.ranges:
                    await thread.run(partial(mend_versions, url, schema, await replayed.right(each)))
                await thread.run(partial(drop_strangers, url, schema))
    return found


async def _audit(
    thread: OwnThread, url: str, schema: str, feed: Feed, told: Told, by: By | None
) -> Agreed | Difference:
    async with _unmoved(thread, url, schema) as session:
        ontology, reached, _ = await thread.run(lambda: standing(session))
        stored = StoredEntries(session)
        log = LogEntries(feed, ontology, await thread.run(stored.departed))
        found = await judged(log, Aside(stored, thread.run), reached.position, (), lambda: log.differs(reached), told)
    if by and isinstance(found, Difference) and found.ranges:  # nobody reads any more: a mending waits for who does
        right = [(each, await log.entries(*each)) for each in found.ranges]
        await thread.run(partial(mend_entries, url, schema, right, partial(incident, by, found)))
    return found


@asynccontextmanager
async def _unmoved(thread: OwnThread, url: str, schema: str) -> AsyncIterator[PostgresSession]:
    session = await thread.run(partial(unmoved, url, schema))
    try:
        yield session
    finally:
        await thread.run(session.close)
