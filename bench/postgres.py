"""The write side on PostgreSQL: commands from eight processes through one committer, and large commits; peers beside it."""

import asyncio
import json
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from adapters.postgres import connected
from adapters.postgres_outbox import postgres_outbox
from bench import flights, peers
from bench.figures import Figure, Rounds, Took, percentile
from bench.processes import ROOT, Program, up
from bench.stock import Stock
from bench.writing import GROUP, committer, write
from tests.postgres.database import database
from tests.postgres.server import postgres_server

PROCESSES = 8
PARTS = {
    "write side only": ("--without", "relay", "--without", "projectors", "--without", "queue"),
    "with the relay": ("--without", "projectors", "--without", "queue"),
}


class Load(NamedTuple):
    """A rate and latencies (s) of one run; CPU µs a command of `oms up`."""

    rate: float
    latencies: list[float]
    program: float


async def figures(stock: Stock) -> list[Figure]:
    with postgres_server(fsync=True, connections=400) if not stock.postgres else nullcontext() as server:
        url = stock.postgres or server.url()
        return [*await _commands(stock, url), await _bulk(stock, url)]


async def _commands(stock: Stock, server: str) -> list[Figure]:
    loads: dict[str, list[Load]] = {name: [] for name in PARTS}
    rivals: list[Load] = []
    for number in range(stock.rounds):
        for name, options in PARTS.items():
            async with database(server) as url, _up(stock.folder / f"{number} {name}", url, options) as program:
                endpoint = (program.folder / "nats" / "url").read_text(), str(program.folder / "nats" / "logins.json")
                loads[name].append(await _loaded("oms", *endpoint, stock.sized(16_000), program))
        if peers.there("eventsourcing") and peers.there("psycopg"):
            async with database(server) as url:
                rivals.append(await _loaded("eventsourcing", url, "-", stock.sized(3_200), None))
    rival = statistics.median(load.rate for load in rivals) if rivals else None
    made = []
    for name, several in loads.items():
        title = f"PostgreSQL: command → outcome, {PROCESSES} processes of 32 in flight, {name}"
        rate = statistics.median(load.rate for load in several)
        cpu = statistics.median(load.program for load in several)
        beside = "eventsourcing on PostgreSQL, 8 processes of 32 threads" if rivals else ""
        made.append(
            Figure(
                title,
                rate,
                "/s",
                cpu,
                beside,
                rival,
                "ratio ≥ 10",
                "two cores: PostgreSQL, nats-server and the 8 clients among it",
            )
        )
        for share in (0.5, 0.99):
            value = statistics.median(percentile(load.latencies, share) for load in several) * 1e3
            other = statistics.median(percentile(load.latencies, share) for load in rivals) * 1e3 if rivals else None
            made.append(Figure(f"its p{share * 100:.0f}", value, "ms", None, beside, other, "", "256 wait in line"))
    return made


@asynccontextmanager
async def _up(folder: Path, url: str, options: tuple[str, ...]) -> AsyncIterator[Program]:
    """It knows the flights' type."""
    folder.mkdir()
    (folder / "oms.toml").write_text(f'postgres_url = "{url}"\n')
    async with up(folder, *options) as program:
        from oms.client import connect

        async with await connect(folder) as client:
            declared = flights.declaration()
            assert (await client.send(declared["type"], declared["data"])).status == "accepted"
        yield program


async def _loaded(who: str, url: str, logins: str, commands: int, program: Program | None) -> Load:
    each = commands // PROCESSES
    processes = []
    for n in range(PROCESSES):  # one after the other: the peer's make their tables
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.loading", who, url, logins, str(n * each), str(each),
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24,
        )  # fmt: skip
        assert await _line(process) == b"ready\n"
        processes.append(process)
    before = program.cpu()[0] if program else 0.0
    with Took() as took:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(b"\n")
        said = await asyncio.gather(*(_line(process) for process in processes))
    cpu = (program.cpu()[0] - before) / commands * 1e6 if program else 0.0
    for process in processes:
        await process.wait()
    return Load(commands / took.wall, [latency for each in said for latency in json.loads(each)], cpu)


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    return await process.stdout.readline()


async def _bulk(stock: Stock, server: str) -> Figure:
    events = stock.sized(50_000)
    ours, bare = Rounds(events), Rounds(events)
    for _ in range(stock.rounds):
        messages = list(flights.commits(map(flights.created, range(events))))
        async with database(server) as url:
            async with postgres_outbox(url, "main") as outbox:
                async with committer(outbox) as working:
                    with Took() as took:
                        await write(working, messages)
                ours.took.append(took)
            bare.took.append(await _floor(url))
    return Figure(
        "PostgreSQL: bulk, 500 new objects a commit, into the outbox", ours.rate, "events/s", ours.cpu,
        "COPY by bare asyncpg, the same rows in groups of 1,000", bare.rate, "",
        f"Python, one thread at a time: the floor needs {bare.cpu:.0f} µs of CPU an event",
    )  # fmt: skip


async def _floor(url: str) -> Took:
    """Rows and heads of the outbox, copied to tables of the same shape."""
    db = await connected(url, search_path='"oms_main"')
    names = {"outbox": ("position", "subject", "body"), "heads": ("branch", "key", "since", "state")}
    rows: dict[str, list[Any]] = {}
    for name, columns in names.items():
        rows[name] = [tuple(row) for row in await db.fetch(f"SELECT {', '.join(columns)} FROM {name} ORDER BY 1, 2")]
        await db.execute(f"CREATE TABLE bare_{name} (LIKE {name} INCLUDING ALL)")
    with Took() as took:
        for start in range(0, len(rows["outbox"]), GROUP):
            async with db.transaction():
                for name, columns in names.items():
                    group = rows[name][start : start + GROUP]
                    await db.copy_records_to_table(f"bare_{name}", records=group, columns=columns)
    await db.close()
    return took
