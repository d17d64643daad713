"""Holds the similar view against one that is made anew, in a file aside, of the same versions."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.sqlite_similar import SqliteSimilar
from adapters.sqlite_similar_reader import Indexes, similar_reading
from oms.rendering import rendering
from oms.settings import Settings
from oms.shelves import Shelves
from projectors.similar_check import difference
from projectors.verify import Agreed, Difference
from workers.embedding import Texts


async def verified(settings: Settings, shelves: Shelves, build: int = 0) -> Agreed | Difference:
    """Of this build, else the live one, text by text. Raises `ViewMissing`, `ViewUnavailable`."""
    return await asyncio.to_thread(_verified, settings, shelves, build)


def _verified(settings: Settings, shelves: Shelves, build: int) -> Agreed | Difference:
    """In a thread, with a loop of its own: so it blocks nobody, and ends in one moment of the view that it looks at."""
    store = shelves.similar()
    settings.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="verify-", dir=settings.folder) as aside:
        path = Path(aside) / "similar.db"
        with store.reading(build) as found:
            until = found.position()
        asyncio.run(_made(settings, shelves, path, until))  # most of it: PostgreSQL holds no moment for minutes
        with store.reading(build) as found:
            left_out = asyncio.run(_made(settings, shelves, path, found.position()))
            with similar_reading(path, Indexes()) as right:
                position = right.position()
                return difference(found, right) or Agreed(position, position - len(left_out), left_out)


async def _made(settings: Settings, shelves: Shelves, path: Path, until: int) -> list[int]:
    """The texts up to a position; what was parked there."""
    made = rendering(settings)
    view = SqliteSimilar(path, settings.ontology, made.fingerprint)
    try:
        work = Texts(shelves.versions, view, made, until)
        while await work.step():
            pass
        return sorted({position for position, _, _ in await view.left_out()})
    finally:
        await view.close()
