"""Verifies a view in its file, as it was when the verification began, while it may go on; mends what differs."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from adapters.replayed import replayed_versions
from adapters.sqlite_file import SqliteFile
from adapters.sqlite_mending import drop_strangers, mend_entries, mend_versions
from adapters.sqlite_sides import StoredEntries, StoredVersions, begun, standing
from projectors.entries import LogEntries
from projectors.mending import By, incident
from projectors.projector import Feed
from projectors.ranges import Aside, judged
from projectors.verify import Agreed, Difference

Told = Callable[[int], None]


async def verify_view(
    path: Path, name: str, feed: Feed, told: Told = lambda _: None, by: By | None = None
) -> Agreed | Difference:
    """Compare view `name` in this file with a replay; where `by` says who mends, ranges that differ are written again.

    Raises `KeyError` for a view that is not known, `ChainBroken`, `Gap`.
    """
    verified = {"versions": _versions, "audit": _audit}[name]
    file = begun(path)
    try:
        return await verified(path, file, feed, told, by)
    finally:
        await file.close()


async def _versions(path: Path, file: SqliteFile, feed: Feed, told: Told, by: By | None) -> Agreed | Difference:
    ontology, reached, left_out = await file.run(standing)
    async with replayed_versions(path.parent, ontology, feed, reached, left_out, told) as replayed:
        side = Aside(StoredVersions(file.connection), _in(file))
        found = await judged(replayed.side, side, reached.position, left_out, lambda: replayed.wrong, told)
        if by and isinstance(found, Difference):
            for each in found.ranges:
                await asyncio.to_thread(mend_versions, path, await replayed.right(each))
            await asyncio.to_thread(drop_strangers, path)
    return found


async def _audit(path: Path, file: SqliteFile, feed: Feed, told: Told, by: By | None) -> Agreed | Difference:
    ontology, reached, _ = await file.run(standing)
    stored = StoredEntries(file.connection)
    log = LogEntries(feed, ontology, await file.run(lambda _: stored.departed()))
    found = await judged(log, Aside(stored, _in(file)), reached.position, (), lambda: log.differs(reached), told)
    if by and isinstance(found, Difference) and found.ranges:
        right = [(each, await log.entries(*each)) for each in found.ranges]
        await asyncio.to_thread(mend_entries, path, right, partial(incident, by, found))
    return found


def _in(file: SqliteFile) -> Callable[[Callable[[], Any]], Awaitable[Any]]:
    return lambda work: file.run(lambda _: work())
