"""Views on PostgreSQL: a long log projected in batches, and how far views lag behind 1,000 events a second."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import nullcontext
from typing import Any, Final

from adapters.memory_feed import MemoryFeed
from adapters.postgres_audit import postgres_audit
from adapters.postgres_versions import postgres_versions
from adapters.sqlite_copies import outbox_copy
from bench.figures import Figure, Rounds, Took, percentile
from bench.history import written
from bench.stock import Stock
from events import catalog
from oms import garbage
from projectors.audit import audit
from projectors.lane import Lane
from projectors.projector import Feed, Fetched
from projectors.track import Track
from projectors.versions import versions
from tests.postgres.database import database
from tests.postgres.server import postgres_server
from tests.projectors.story import Story

PROJECTORS: Final[dict[str, tuple[Any, Any]]] = {
    "versions": (versions(catalog.evolve), postgres_versions),
    "audit": (audit, postgres_audit),
}
PER_SECOND: Final = 1_000
SECONDS: Final = 20


async def figures(stock: Stock) -> list[Figure]:
    await written(stock)
    with postgres_server(fsync=True) if not stock.postgres else nullcontext() as server:
        url = stock.postgres or server.url()
        made = [await _batches(stock, url, *names) for names in (("versions",), ("audit",), ("versions", "audit"))]
        return [*made, *await _steady(stock, url)]


async def _batches(stock: Stock, server: str, *names: str) -> Figure:
    took = Rounds(stock.events)
    for _ in range(stock.rounds):
        async with database(server) as url:
            lane = await _lane(url, outbox_copy(stock.outbox), *names)
            last = await lane.feed.last()
            with garbage.calmly(), Took() as round_:
                await lane.read(last)
            took.took.append(round_)
            await _closed(lane)
    title = f"PostgreSQL: a log of {stock.events:,} events projected in batches, {' and '.join(names)}"
    goal = "≥ 15,000/s" if len(names) == 1 else ""
    return Figure(title, took.rate, "events/s", took.cpu, goal=goal, bound="Python beside PostgreSQL, on two cores")


async def _steady(stock: Stock, server: str) -> list[Figure]:
    story = Story()
    for number in range(stock.sized(PER_SECOND * SECONDS)):
        story.created(f"{number * 7_919 % 1_000_003}", name=f"비행기 {number}", note="x" * 60)
    async with database(server) as url:
        feed = Paced(story.messages)
        lane = await _lane(url, feed, "versions", "audit")
        loop, lags = asyncio.get_running_loop(), []
        async for chunk in feed.read(0):
            await lane.step(chunk)
            assert not lane.failed, lane.failed
            lags += [loop.time() - feed.due(message.position) for message in chunk]
        await _closed(lane)
    title = f"PostgreSQL: both views behind {PER_SECOND:,} events a second, each a commit, "
    return [
        Figure(title + "p50", percentile(lags, 0.5) * 1e3, "ms"),
        Figure(title + "p99", percentile(lags, 0.99) * 1e3, "ms", goal="< 250 ms", bound="a transaction in each view"),
    ]


class Paced(MemoryFeed):
    """Gives each message when it is due."""

    def __init__(self, messages: Sequence[Fetched]) -> None:
        super().__init__(messages)
        self._messages, self._start = messages, asyncio.get_running_loop().time() + 1

    def due(self, position: int) -> float:
        return self._start + position / PER_SECOND

    async def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        loop = asyncio.get_running_loop()
        while after < (until or len(self._messages)):
            await asyncio.sleep(max(0.0, self.due(after + 1) - loop.time()))
            ready = min(int((loop.time() - self._start) * PER_SECOND), len(self._messages))
            if ready > after:
                yield self._messages[after:ready]
                after = ready


async def _lane(url: str, feed: Feed, *names: str) -> Lane:
    tracks: list[Track[Any]] = []
    for name in names:
        projector, opened = PROJECTORS[name]
        view = opened(url, f"bench_{name}", "main")
        track = Track(projector, view, await view.checkpoint())
        await track.open()
        tracks.append(track)
    return Lane(feed, catalog.proven, tracks)


async def _closed(lane: Lane) -> None:
    assert not lane.failed, lane.failed
    for track in lane.tracks:
        await track.view.close()
