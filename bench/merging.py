"""Two branches that both changed much become one, while others keep writing: how long it takes, and what the others feel."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from adapters.sqlite_outbox import SqliteOutbox
from bench import flights
from bench.figures import Figure, percentile
from bench.flights import BRANCH, Message, Part
from bench.processes import apart
from bench.stock import Stock
from bench.writing import committer, write
from events.names import command_subject
from producers.committer import Committer

SIZES: Final = (1_000, 10_000, 40_000)  # changed objects on each side
SOURCE: Final = "dev/main/gates"
MIGRATING: Final = ", and what a migration of the source makes text"
NEW: Final = {"name": "legs", "type": "integer"}
Others = Callable[[int, int], Part]
"""What others write, of the size of the merge and the number of their command."""
PAUSE: Final = 0.01  # seconds between two commands of the others


async def figures(stock: Stock) -> list[Figure]:
    found: list[Figure] = []
    largest = stock.sized(SIZES[-1])
    cases = [*((stock.sized(size), "elsewhere", "") for size in SIZES), (largest, "there", "")]
    for size, others, more in [*cases, (largest, "there", MIGRATING)]:
        path = stock.folder / f"merging-{size}-{others}{bool(more):d}.db"
        measured = await apart(partial(_merged, path, size, others, migrating=bool(more)))
        took, latencies = measured.result
        goal = "≤ 10 s" if size == largest else ""
        found.append(
            Figure(f"merge {size:,} changed objects on each side, others write {others}{more}", took, "s", goal=goal)
        )
        of = f"other commands meanwhile ({len(latencies):,})"
        found += [
            Figure(f"{of}, p50", percentile(latencies, 0.5) * 1e3, "ms"),
            Figure(f"{of}, p99", percentile(latencies, 0.99) * 1e3, "ms", goal="≤ 500 ms"),
            Figure(f"{of}, longest", max(latencies) * 1e3, "ms"),
        ]
        if size == largest:
            found.append(Figure("memory of the process at its most, all of it", measured.memory, "MB", goal="≤ 500 MB"))
    return found


def _elsewhere(size: int, change: int) -> Part:
    """Of an object that the merge leaves alone."""
    return flights.changed(2 * size, change)


def _there(size: int, change: int) -> Part:
    """Of the objects that are merged, another member than the merge brings; and new ones of their type."""
    if change % 2:
        return flights.created(2 * size + change)
    patch = {"tailnum": f"X{change}"}
    return {"type": "UpdateObject", "data": {"type": "Flight", "key": str(change * 7 % size), "patch": patch}}


OTHERS: Final = {"elsewhere": _elsewhere, "there": _there}


async def _merged(path: Path, size: int, named: str, *, migrating: bool) -> tuple[float, list[float]]:
    outbox = SqliteOutbox(path, "main")
    async with committer(outbox) as working:
        if migrating:
            await write(working, [_message(BRANCH, "AddProperty", {"type": "Flight", "property": NEW}, "legs")])
        await write(working, flights.commits(_created(n, legs=migrating and n < size) for n in range(2 * size + 1)))
        await write(working, [_message(BRANCH, "CreateBranch", {"name": SOURCE}, "branch")])
        await write(working, _commits(SOURCE, (flights.changed(n, n) for n in range(size))))
        if migrating:
            await _migrate(working, outbox)
        await write(working, _commits(BRANCH, (flights.changed(n, n) for n in range(size, 2 * size))))
        done = asyncio.Event()
        writing = asyncio.create_task(_others(working, partial(OTHERS[named], size), done))
        began = time.perf_counter()
        await write(working, [_message(BRANCH, "MergeBranch", {"source": SOURCE}, "merge", by="ann")])
        took = time.perf_counter() - began
        done.set()
        latencies = await writing
    outbox.close()
    return took, latencies


def _created(number: int, *, legs: bool) -> Part:
    part = flights.created(number)
    if legs:
        part["data"]["properties"][NEW["name"]] = number
    return part


async def _migrate(working: Committer, outbox: SqliteOutbox) -> None:
    """On the source, to its end."""
    change = {"type": "ChangePropertyType", "data": {"type": "Flight", "property": NEW["name"], "to": "string"}}
    plan = {"change": change, "fix": {"kind": "cast"}}
    steps = [("PlanMigration", plan), ("ApproveMigration", {"migration": 1}), ("RunMigration", {"migration": 1})]
    await write(working, [_message(SOURCE, name, data, name) for name, data in steps])
    for step in itertools.count():
        last = await outbox.row((await outbox.head()).position)
        if last is not None and b"io.oms.migration.completed." in last.body:
            return
        batch = {"migration": 1, "step": step}
        await write(working, [_message(SOURCE, "ApplyMigrationBatch", batch, f"batch-{step}")])


async def _others(working: Committer, write_next: Callable[[int], Part], done: asyncio.Event) -> list[float]:
    """Seconds from each command to its outcome, one every 10 ms whether the one before is answered or not."""
    sent: list[asyncio.Task[float]] = []
    for change in itertools.count():
        if done.is_set() and sent:
            return list(await asyncio.gather(*sent))
        part = write_next(change)
        sent.append(
            asyncio.create_task(_timed(working, _message(BRANCH, part["type"], part["data"], f"other-{change}")))
        )
        await asyncio.sleep(PAUSE)
    raise AssertionError


async def _timed(working: Committer, message: Message) -> float:
    began = time.perf_counter()
    await write(working, [message])
    return time.perf_counter() - began


def _commits(branch: str, parts: Iterable[Part]) -> Iterable[Message]:
    rest = iter(parts)
    for number, several in enumerate(iter(lambda: list(itertools.islice(rest, flights.PER_COMMIT)), [])):
        yield _message(branch, "Commit", {"commands": several}, f"{branch}-{number}")


def _message(branch: str, command: str, data: object, identity: str, by: str = "local") -> Message:
    body = {"id": identity, "type": command, "branch": branch, "data": data}
    return Message(command_subject("main", by, branch, command), msgspec.json.encode(body), 1)
