"""Holds the similar view against one that is made anew, in a file aside, of the same versions; mends what differs."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.sqlite_similar import SqliteSimilar
from adapters.sqlite_similar_reader import Indexes, similar_reading
from oms.rendering import rendering
from oms.settings import Settings
from oms.shelves import Shelves
from projectors.mending import Mended, mend
from projectors.projector import Place
from projectors.ranges import Aside, judged
from projectors.similar_check import SimilarSide, places
from projectors.verify import Agreed, Difference
from workers.embedding import Texts

Told = Callable[[int], None]


def untold(_position: int) -> None:
    """For who watches nothing."""


async def verified(settings: Settings, shelves: Shelves, build: int = 0, told: Told = untold) -> Agreed | Difference:
    """Of this build, else the live one, by checksums of ranges. Raises `ViewMissing`, `ViewUnavailable`."""
    found, _ = await asyncio.to_thread(_verified, settings, shelves, build, told)
    return found


async def mended(settings: Settings, shelves: Shelves, told: Told) -> Mended:
    """The live one, and all texts of the objects in ranges that differ are made again; their vectors stay."""

    async def once(again: bool) -> Agreed | Difference:
        found, anew = await asyncio.to_thread(_verified, settings, shelves, 0, told)
        if again and anew:
            await _rewritten(settings, shelves, anew)
        return found

    return await mend(once)


def _verified(
    settings: Settings, shelves: Shelves, build: int, told: Told
) -> tuple[Agreed | Difference, frozenset[Place]]:
    """In a thread, with a loop of its own: so it blocks nobody, and ends in one moment of the view that it looks at.

    With the objects of ranges that differ.
    """
    store = shelves.similar()
    with store.reading(build) as found:
        until = found.position()
    settings.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="verify-", dir=settings.folder) as aside:
        path = Path(aside) / "similar.db"
        asyncio.run(_made(settings, shelves, path, until, told))  # most of it: PostgreSQL holds no moment for minutes
        with store.reading(build) as found:
            left_out = asyncio.run(_made(settings, shelves, path, found.position(), told))
            with similar_reading(path, Indexes()) as right:
                expected, side = Aside(SimilarSide(right), _at_once), Aside(SimilarSide(found), _at_once)
                judgement = asyncio.run(judged(expected, side, right.position(), left_out, lambda: None, told))
                ranges = judgement.ranges if isinstance(judgement, Difference) else ()
                return judgement, places(ranges, found, right)


async def _at_once(work: Callable[[], Any]) -> Any:
    return work()


async def _rewritten(settings: Settings, shelves: Shelves, anew: frozenset[Place]) -> None:
    shelf = shelves.similar().shelf
    live = await asyncio.to_thread(shelf.live)
    assert live is not None
    view = await asyncio.to_thread(shelf.open, live)
    try:
        await Texts(shelves.versions, view, rendering(settings)).rewrite(anew)
    finally:
        await view.close()


async def _made(settings: Settings, shelves: Shelves, path: Path, until: int, told: Told) -> list[int]:
    """The texts up to a position; what was parked there."""
    made = rendering(settings)
    view = SqliteSimilar(path, settings.ontology, made.fingerprint)
    try:
        work = Texts(shelves.versions, view, made, until)
        while await work.step():
            told((await view.checkpoint()).position)
        return sorted({position for position, _, _ in await view.left_out()})
    finally:
        await view.close()
