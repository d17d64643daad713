"""The write path in this process: receive, decide, draw, commit to SQLite; and the same rows written by bare sqlite3."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from itertools import groupby
from pathlib import Path
from secrets import token_bytes

from adapters import system_clock as clock
from adapters.memory_keys import MemoryKeys
from adapters.sqlite_outbox import SqliteOutbox
from bench import flights
from bench.figures import Figure, Rounds, Took
from bench.flights import Message
from bench.stock import Stock
from oms import garbage
from producers.committer import Committer
from producers.decide import Planner
from producers.genesis import genesis
from producers.keys import KeyRing, KeyStore
from producers.outbox import Outbox, Writes
from producers.receive import address, receive
from security.wrapped import Wraps

IN_FLIGHT = 8
GROUP = 1_000  # rows a transaction of the floor


@asynccontextmanager
async def committer(
    outbox: Outbox,
    committed: Callable[[Writes], None] = lambda _: None,
    wraps: Wraps | None = None,
    keys: KeyStore | None = None,
) -> AsyncIterator[Committer]:
    """At work inside the block, as in `oms up`; the ontology has begun and knows the flights' type."""
    garbage.calm()
    await outbox.commit(genesis(outbox.ontology, flights.BRANCH, clock.now()))
    planner = Planner(outbox.ontology, clock.new_id, ring=KeyRing(keys or MemoryKeys(), token_bytes), wraps=wraps)
    working = Committer(outbox, planner, clock.now, committed)
    task = asyncio.create_task(working.run())
    await write(working, [flights.single(flights.declaration(), "type")])
    try:
        yield working
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def write(
    committer: Committer, messages: Iterable[Message], told: Callable[[int], None] = lambda _: None
) -> None:
    """All of them, a few in flight; each must be accepted."""
    waiting: deque[tuple[asyncio.Future[bytes], int]] = deque()
    for message in messages:
        if len(waiting) == IN_FLIGHT:
            await _accepted(*waiting.popleft(), told)
        waiting.append((committer.enqueue(receive(address(message.subject), message.body)), message.events))
        await asyncio.sleep(0)
    while waiting:
        await _accepted(*waiting.popleft(), told)


async def _accepted(outcome: asyncio.Future[bytes], events: int, told: Callable[[int], None]) -> None:
    answer = await outcome
    assert b'"status":"accepted"' in answer, answer
    told(events)


def floor(of: Path, into: Path) -> Took:
    """The rows of one outbox written to another by bare sqlite3, 1,000 events a transaction."""
    SqliteOutbox(into, "main").close()
    with sqlite3.connect(of) as source:
        rows = source.execute("SELECT position, subject, body FROM outbox ORDER BY position").fetchall()
        heads = source.execute("SELECT since, branch, key, state FROM heads ORDER BY since").fetchall()
        commits = source.execute("SELECT last, first, branch, id FROM commits ORDER BY last").fetchall()
    grouped = {
        name: {key: list(several) for key, several in groupby(items, lambda item: item[0] // GROUP)}
        for name, items in (("rows", rows), ("heads", heads), ("commits", commits))
    }
    with sqlite3.connect(into, isolation_level=None) as file, Took() as took:
        file.execute("PRAGMA synchronous=FULL")
        for group, several in grouped["rows"].items():
            file.execute("BEGIN IMMEDIATE")
            file.executemany("INSERT INTO outbox(position, subject, body) VALUES(?,?,?)", several)
            add_head = "INSERT INTO heads(since, branch, key, state) VALUES(?,?,?,?)"
            file.executemany(add_head, grouped["heads"].get(group, []))
            add_commit = "INSERT INTO commits(last, first, branch, id) VALUES(?,?,?,?)"
            file.executemany(add_commit, grouped["commits"].get(group, []))
            file.execute("COMMIT")
    return took


async def figures(stock: Stock) -> list[Figure]:
    events = stock.sized(50_000)
    ours, bare = Rounds(events), Rounds(events)
    for number in range(stock.rounds):
        messages = list(flights.commits(map(flights.created, range(events))))
        path = stock.folder / f"bulk-{number}.db"
        outbox = SqliteOutbox(path, "main")
        async with committer(outbox) as working:
            with Took() as took:
                await write(working, messages)
        outbox.close()
        ours.took.append(took)
        bare.took.append(floor(path, stock.folder / f"bulk-floor-{number}.db"))
    return [
        Figure(
            "bulk, 500 new objects a commit, into the outbox", ours.rate, "events/s", ours.cpu,
            "bare sqlite3, the same rows in groups of 1,000", bare.rate, "≥ 18,000/s, ratio ≥ 0.5",
            f"Python, one thread at a time: the floor needs {bare.cpu:.0f} µs of CPU an event",
        )
    ]  # fmt: skip
