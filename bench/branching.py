"""A branch costs the same whatever its parent's size: to create it, and to change on it what it inherits; and to merge, however
many were merged before."""

import random
import time
from pathlib import Path
from typing import Final

import msgspec

from adapters.sqlite_outbox import SqliteOutbox
from bench import flights
from bench.figures import Figure, percentile
from bench.flights import BRANCH, Message
from bench.stock import Stock
from bench.writing import committer, write
from producers.committer import Committer

PARENTS: Final = (1_000, 100_000)  # objects
BRANCHES: Final = 100
MERGES: Final = 1_000


async def figures(stock: Stock) -> list[Figure]:
    found: list[Figure] = []
    for size in map(stock.sized, PARENTS):
        created, changed = await _measured(stock.folder / f"branching-{size}.db", size)
        small = found[:2] or [None, None]
        for name, took, at_first in zip(
            ("create a branch", "first change on it"), (created, changed), small, strict=True
        ):
            found.append(
                Figure(
                    f"{name}, of a parent with {size:,} objects, p50", took, "ms",
                    beside=f"with {stock.sized(PARENTS[0]):,}" if at_first else "",
                    other=at_first.value if at_first else None,
                    goal="ratio ≤ 1.3" if at_first else "", bound="one fsync",
                )
            )  # fmt: skip
    merges = stock.sized(MERGES)
    first, last = await _merged(stock.folder / "branching-merges.db", merges)
    found.append(
        Figure(
            f"merge a branch, when {merges:,} were merged before, p50", last, "ms", beside="when few were", other=first,
            goal="ratio ≤ 2", bound="one fsync; the names of all that were merged are gone through",
        )
    )  # fmt: skip
    return found


async def _measured(path: Path, size: int) -> tuple[float, float]:
    """Milliseconds."""
    chance = random.Random(3)
    outbox = SqliteOutbox(path, "main")
    created, changed = [], []
    async with committer(outbox) as working:
        await write(working, flights.commits(map(flights.created, range(size))))
        for number in range(BRANCHES):
            name = f"dev/main/b{number}"
            created.append(await _timed(working, BRANCH, "CreateBranch", {"name": name}))
            patched = flights.changed(chance.randrange(size), number)
            changed.append(await _timed(working, name, patched["type"], patched["data"]))
    outbox.close()
    return percentile(created, 0.5) * 1e3, percentile(changed, 0.5) * 1e3


async def _merged(path: Path, merges: int) -> tuple[float, float]:
    """Milliseconds: of the first tenth, and of the last."""
    outbox = SqliteOutbox(path, "main")
    took = []
    async with committer(outbox) as working:
        await write(working, flights.commits(map(flights.created, range(1_000))))
        for number in range(merges):
            name = f"dev/main/b{number}"
            await _timed(working, BRANCH, "CreateBranch", {"name": name})
            for branch, flight in ((name, number % 500), (BRANCH, 500 + number % 500)):
                patched = flights.changed(flight, number)
                await _timed(working, branch, patched["type"], patched["data"])
            took.append(await _timed(working, BRANCH, "MergeBranch", {"source": name}))
    outbox.close()
    tenth = merges // 10
    return percentile(took[:tenth], 0.5) * 1e3, percentile(took[-tenth:], 0.5) * 1e3


async def _timed(working: Committer, branch: str, command: str, data: object) -> float:
    subject = f"oms.cmd.main.local.{branch.replace('/', '.')}.{command}"
    body = {"id": f"{branch}-{command}-{msgspec.json.encode(data).decode()}"[:200], "type": command, "branch": branch}
    began = time.perf_counter()
    await write(working, [Message(subject, msgspec.json.encode({**body, "data": data}), 1)])
    return time.perf_counter() - began
