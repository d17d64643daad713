"""Views held against a replay by checksums of ranges, in files and on PostgreSQL; one range written again."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from adapters import postgres_verify, sqlite_verify
from adapters.postgres import connected
from adapters.postgres_audit import postgres_audit
from adapters.postgres_versions import postgres_versions
from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_copies import outbox_copy
from adapters.sqlite_file import writer
from adapters.sqlite_versions import sqlite_versions
from bench.figures import Figure, Rounds, Took
from bench.history import written
from bench.stock import Stock
from events import catalog
from oms import garbage
from projectors.audit import audit
from projectors.lane import Lane
from projectors.mending import By
from projectors.projector import Feed
from projectors.track import Track
from projectors.verify import Agreed, Difference
from projectors.versions import versions
from tests.postgres.database import database
from tests.postgres.server import postgres_server

PROJECTORS: Final[dict[str, Any]] = {"versions": versions(catalog.evolve), "audit": audit}
IN_FILES: Final[dict[str, Any]] = {"versions": sqlite_versions, "audit": sqlite_audit}
IN_POSTGRES: Final[dict[str, Any]] = {"versions": postgres_versions, "audit": postgres_audit}
BY: Final = By("01890000-0000-7000-8000-000000000001", 0, "bench@oms")
TAMPER: Final = "UPDATE versions SET author = 'eve@desk' WHERE since = {}"
Verify = Callable[[By | None], Awaitable[Agreed | Difference]]


async def figures(stock: Stock) -> list[Figure]:
    await written(stock)
    feed = outbox_copy(stock.outbox)
    found = [figure for name in PROJECTORS for figure in await _in_files(stock, feed, name)]
    with postgres_server() if not stock.postgres else nullcontext() as server:
        async with database(stock.postgres or server.url()) as url:
            return found + [figure for name in PROJECTORS for figure in await _in_postgres(stock, feed, name, url)]


async def _in_files(stock: Stock, feed: Feed, name: str) -> list[Figure]:
    path = stock.folder / "verifying" / f"{name}.db"
    folded = await _folded(IN_FILES[name](path, "main"), name, feed)

    async def verify(by: By | None) -> Agreed | Difference:
        return await sqlite_verify.verify_view(path, name, feed, by=by)

    async def tamper() -> None:
        _tamper(path, stock.events // 2)

    return await _figures(stock, f"files, {name}", folded, verify, tamper if name == "versions" else None)


async def _in_postgres(stock: Stock, feed: Feed, name: str, url: str) -> list[Figure]:
    schema = f"verify_{name}"
    folded = await _folded(IN_POSTGRES[name](url, schema, "main"), name, feed)

    async def verify(by: By | None) -> Agreed | Difference:
        return await postgres_verify.verify_view(url, schema, name, feed, by=by)

    async def tamper() -> None:
        connection = await connected(url, search_path=schema)
        await connection.execute(TAMPER.format(stock.events // 2))
        await connection.close()

    return await _figures(stock, f"PostgreSQL, {name}", folded, verify, tamper if name == "versions" else None)


async def _figures(
    stock: Stock, where: str, folded: Took, verify: Verify, tamper: Callable[[], Awaitable[None]] | None
) -> list[Figure]:
    with garbage.calmly(), Took() as took:
        agreed = await verify(None)
    assert isinstance(agreed, Agreed), agreed
    rate, peer = Rounds(stock.events, [took]), Rounds(stock.events, [folded])
    title = f"verify {stock.events:,} events in {agreed.ranges:,} ranges: {where}"
    figures = [Figure(title, rate.rate, "events/s", rate.cpu, "folding them into that view", peer.rate,
                      bound="Python: a replay, held against a second opinion")]  # fmt: skip
    if tamper is not None:
        await tamper()
        with garbage.calmly(), Took() as mending:
            found = await verify(BY)
        assert isinstance(found, Difference), found
        assert len(found.ranges) == 1, found
        seconds = stock.events / Rounds(stock.events, [mending]).rate
        figures.append(Figure(f"the same, and the one range that differs written again: {where}", seconds, "s"))
    return figures


async def _folded(view: Any, name: str, feed: Feed) -> Took:
    track = Track(PROJECTORS[name], view, await view.checkpoint())
    await track.open()
    with garbage.calmly(), Took() as took:
        lane = Lane(feed, catalog.proven, [track])
        await lane.read(await feed.last())
    assert not lane.failed, lane.failed
    await view.close()
    return took


def _tamper(path: Path, position: int) -> None:
    connection = writer(path)
    connection.execute(TAMPER.format(position))
    connection.close()
