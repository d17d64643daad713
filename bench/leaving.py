"""Rows that leave the outbox for segments, beside the segments alone: written, and nobody compares or prunes."""

import shutil

from adapters.segment_folder import SegmentFolder
from adapters.sqlite_copies import outbox_copy
from adapters.sqlite_outbox import SqliteOutbox
from bench import flights
from bench.figures import Figure, Rounds, Took
from bench.stock import Stock
from bench.writing import committer, write
from oms.sources import Source
from producers.leaving import leave
from producers.outbox import Row
from security.chain import genesis


async def figures(stock: Stock) -> list[Figure]:
    events = stock.sized(100_000)
    whole, folder = stock.folder / "leaving.db", stock.folder / "leaving"
    outbox = SqliteOutbox(whole, "main")
    async with committer(outbox) as working:
        await write(working, flights.commits(map(flights.created, range(events))))
    outbox.close()
    log = Source("log", outbox_copy(whole))
    ours, alone = Rounds(events), Rounds(events)
    for _ in range(stock.rounds):
        folder.mkdir()
        shutil.copy(whole, folder / "outbox.db")
        outbox = SqliteOutbox(folder / "outbox.db", "main")
        with Took() as took:
            await leave(outbox, log, SegmentFolder(folder / "archive", "main"), 1_000)
        ours.took.append(took)
        outbox.close()
        with Took() as took:
            writer = SegmentFolder(folder / "alone", "main").behind(0, genesis("main"))
            async for rows in log.read(0, await log.last()):
                writer.append([Row(*row) for row in rows])
            writer.finish()
        alone.took.append(took)
        shutil.rmtree(folder)
    return [
        Figure(
            "rows that leave the outbox", ours.rate, "events/s", ours.cpu,
            "written into segments, and no more", alone.rate, "", "zstd, and each body hashed and read three times",
        )
    ]  # fmt: skip
