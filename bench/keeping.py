"""A view of objects with ten versions each, as it was written, packed, and with closed versions in Parquet."""

import random
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from adapters.sqlite_bundles import move
from adapters.sqlite_packing import pack, stats
from adapters.sqlite_reader import reader
from adapters.sqlite_versions_reader import reading
from bench.as_of import BRANCH, START, build
from bench.figures import Figure, Took, percentile
from bench.stock import Stock
from projectors.projector import FOREVER
from queries.cuts import cut
from queries.moments import AtPosition
from queries.objects import show

OBJECTS: Final = 20_000
EACH: Final = 10
LOOKS: Final = 2_000


async def figures(stock: Stock) -> list[Figure]:
    objects = stock.sized(OBJECTS)
    path = stock.folder / "keeping.db"
    await build(path, objects, EACH)
    whole, sizes = _looks(path, objects), {"not packed": _used(path)}
    packing = _taken(lambda: pack(path, FOREVER))
    kept = next(each for each in stats(path) if each.prefix == "object/Flight/")
    packed, sizes["packed"] = _looks(path, objects), _used(path)
    moving = _taken(lambda: move(path, FOREVER))
    moved = next(each for each in stats(path) if each.prefix == "object/Flight/")
    left, sizes["in Parquet"] = _looks(path, objects), _used(path)
    closed = objects * (EACH - 1)
    of = f"AS OF one of {objects:,} objects with {EACH} versions, p50"
    return [
        Figure("closed versions packed in a view", closed / packing.wall, "versions/s", packing.cpu / closed * 1e6,
               "", None, "", "comparing, in Python; zstd"),
        Figure("of their bytes saved", 100 * (1 - kept.told / kept.full), "%"),
        Figure("closed versions moved into Parquet", closed / moving.wall, "versions/s", moving.cpu / closed * 1e6,
               "", None, "", "Arrow; each is written again few times"),
        Figure("of their bytes saved, all that is known of them counted", 100 * (1 - moved.moved_told / moved.moved_full), "%"),
        *(Figure(f"storage of a view, {how}", size / objects / EACH, "B a version") for how, size in sizes.items()),
        Figure(f"{of}: packed", packed, "ms", None, "not packed", whole, "≤ 0.2 ms", "a chain of deltas"),
        Figure(f"{of}: in Parquet", left, "ms", None, "not packed", whole, "", "a file of 2,000 versions"),
    ]  # fmt: skip


def _taken(step: Callable[[], int | None]) -> Took:
    with Took() as took:
        while step() is not None:
            pass
    return took


def _used(path: Path) -> int:
    """Bytes of its pages that are in use; what is free is filled by what comes next."""
    with closing(reader(path)) as connection:
        pages, free, size = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


def _looks(path: Path, objects: int) -> float:
    """Milliseconds."""
    chance, took = random.Random(3), []
    with reading(path) as versions:
        last = versions.position()
        for _ in range(LOOKS):
            position, key = chance.randrange(2 + objects, last - objects), f"K{chance.randrange(objects)}"
            begun = time.perf_counter()
            show(cut(versions, BRANCH, AtPosition(position), now=START * 2), "Flight", key)
            took.append((time.perf_counter() - begun) * 1e3)
    return percentile(took, 0.5)
