"""The log into segments, and an empty data folder from segments."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from adapters.nats_repair import repairable
from adapters.nats_server import Endpoint, nats_server
from adapters.segment_writer import SegmentWriter
from adapters.segments import Segment, SegmentFeed
from events import catalog
from oms.alone import alone
from oms.outboxes import outboxes
from oms.settings import Settings
from oms.sources import NoSource, Source, running_server
from producers.adopt import adopt
from producers.log import Doubt, LogUnavailable
from producers.outbox import LogHead, Outbox, Row
from producers.relay import Relay
from security.chain import body_hash, genesis

RESTORING: Final = "restoring"


class NotEmpty(Exception):
    """The data folder holds something already."""


async def export(
    ontology: str, log: Source, first: int, until: int | None, into: Path, events: int, told: Callable[[int], None]
) -> list[Segment]:
    """Positions `first`…`until` (`None` = the last). Raises `NoSource` for positions the log does not reach."""
    last = await log.last()
    end = last if until is None else until
    if first > end or end > last:
        raise NoSource(f"{log.name} ends at position {last}, so there is no {first} to {end} in it")
    writer = SegmentWriter(into, ontology, first - 1, await _hash_at(ontology, log, first - 1), events)
    try:
        async for rows in log.read(first - 1, end):
            writer.append([Row(*row) for row in rows])
            told(writer.last - first + 1)
        return writer.finish()
    finally:
        writer.abandon()


async def restore(settings: Settings, path: Path, told: Callable[[int], None]) -> LogHead:
    """Outbox, heads and log from segments; the folder appears when it is whole.

    Raises `NotEmpty`, `NoSource`, `Gap`, `ChainBroken`.
    """
    feed = SegmentFeed(path, settings.ontology)
    if not feed.segments:
        raise NoSource(f"{path} holds no segments (oms-….ndjson.zst) of the ontology {settings.ontology}")
    part = _part(settings.folder)
    here = replace(settings, folder=part)
    async with alone(here):
        there = outboxes(here)
        old = await there.head()
        if old is not None and old.position:
            raise NotEmpty(f"{there.name} is not empty; name another database, or another folder with --folder")
        async with there.beside(RESTORING) as outbox:
            last = await feed.last()
            head = await adopt(outbox, feed, last, catalog.fold, catalog.proven, lambda position, _: told(position))
            async with _server(here) as endpoint:
                await _fill(endpoint, settings.ontology, outbox)
        await there.flip(RESTORING)
    part.rename(settings.folder)
    return head


@asynccontextmanager
async def _server(settings: Settings) -> AsyncIterator[Endpoint]:
    """That of the settings, else a new one in the folder."""
    if settings.nats_url:
        yield running_server(settings)
        return
    async with nats_server(settings.folder / "nats", ontologies=[settings.ontology]) as server:
        yield server.endpoint


def _part(folder: Path) -> Path:
    if folder.exists():
        if any(folder.iterdir()):
            raise NotEmpty(f"{folder} is not empty; name a new folder with --folder")
        folder.rmdir()
    part = folder.with_name(folder.name + ".restoring")
    shutil.rmtree(part, ignore_errors=True)
    return part


async def _fill(endpoint: Endpoint, ontology: str, outbox: Outbox) -> None:
    async with repairable(endpoint, ontology) as (stream, _):
        await stream.create()
        relay = Relay(outbox, stream, asyncio.Event())
        await relay.check()
        relayed = await relay.step()
        if isinstance(relayed, Doubt):
            raise LogUnavailable(f"the log does not take it: {relayed.reason}; run the restore again")


async def _hash_at(ontology: str, log: Source, position: int) -> str:
    """The hash that the event behind `position` must name."""
    if position == 0:
        return genesis(ontology)
    async for rows in log.read(position - 1, position):
        return body_hash(rows[0].body)
    raise NoSource(f"{log.name} holds nothing at position {position}")
