"""The log read again: raw, decoded with its chain checked, folded into states, built into views; and one object AS OF."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from adapters import sqlite_audit, versions_tables
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint
from adapters.sqlite_file import create, writer
from adapters.sqlite_versions_reader import reading
from adapters.view_files import live_path
from bench import flights, history
from bench.figures import Figure, Rounds, Took, percentile
from bench.processes import Apart, apart
from bench.stock import Stock
from events import catalog
from events.decider import Payload
from oms.replaying import Plan, build
from oms.shelves import READ_MODELS
from projectors.decode import Decoder
from projectors.projector import Checkpoint
from queries import objects
from queries.cuts import cut
from queries.moments import AtPosition, Now
from queries.states import states
from queries.upto import UpTo, end_of
from security.chain import genesis

LOOKS = 3_000
NOTHING = Payload()
METADATA = {"versions": versions_tables.metadata, "audit": sqlite_audit.metadata}


async def figures(stock: Stock) -> list[Figure]:
    async with history.served(stock) as endpoint:
        last = await NatsReader(endpoint, "main").last()
        raw = [await apart(partial(_raw, endpoint)) for _ in range(stock.rounds)]
        read = [await apart(partial(_decoded, endpoint)) for _ in range(stock.rounds)]
        folded = await apart(partial(_folded, endpoint, last - last // 20))
        views = stock.folder / "built"
        built = await apart(partial(_built, endpoint, views, ()))
        begun = time.perf_counter()
        alone = await asyncio.gather(
            *(apart(partial(_built, endpoint, stock.folder / f"{name} alone", (name,))) for name in READ_MODELS)
        )
        beside = Took(time.perf_counter() - begun, sum(one.result.cpu for one in alone))
    most = max(one.memory for one in alone)
    bare = _copied(views, stock.folder / "copied")
    raw_rate, read_rate = _rounds(last, raw), _rounds(last, read)
    fold, rebuild, floor = _rounds(last - last // 20, [folded]), _rounds(last, [built]), Rounds(last, [bare])
    parted = Rounds(last, [beside])
    of = f"{last:,} events"
    return [
        Figure(f"read {of}, decoded and chain-checked", read_rate.rate, "events/s", read_rate.cpu,
               "the same read without a look inside", raw_rate.rate, "≥ 150,000/s",
               f"Python: of it SHA-256 and JSON; {read[0].memory:.0f} MB at most"),
        Figure("fold them into all states at a position", fold.rate, "events/s", fold.cpu,
               "the same read without a look inside", raw_rate.rate, "≥ 60,000/s, < 700 MB",
               f"Python: payload models and states; {folded.memory:.0f} MB at most"),
        Figure("pull + project into versions and audit (a rebuild)", rebuild.rate, "events/s", rebuild.cpu,
               "bare sqlite3 copying the rows of both views", floor.rate, "≥ 25,000/s, ≤ 60 s a million",
               f"Python: {rebuild.items / rebuild.rate:.0f} s in all, {built.memory:.0f} MB at most"),
        Figure("the same, each view in a process of its own, as `oms replay --into` builds them", parted.rate, "events/s",
               parted.cpu, "bare sqlite3 copying the rows of both views", floor.rate, "≥ 25,000/s, ≤ 60 s a million",
               f"two cores, nats-server among it; {beside.wall:.0f} s in all, {most:.0f} MB at most in one of them"),
        *_as_of(views, last),
    ]  # fmt: skip


def _rounds(items: int, apart: Iterable[Apart[Took]]) -> Rounds:
    return Rounds(items, [one.result for one in apart])


async def _raw(endpoint: Endpoint) -> Took:
    reader = NatsReader(endpoint, "main")
    last = await reader.last()
    with Took() as took:
        count = sum([len(chunk) async for chunk in reader.read(0, last)])
    assert count == last
    return took


async def _decoded(endpoint: Endpoint) -> Took:
    """Envelopes and chain; payloads stay the bytes they are."""
    reader, decoder = NatsReader(endpoint, "main"), Decoder(Checkpoint(0, genesis("main")), lambda *_: NOTHING)
    with Took() as took:
        async for chunk in reader.read(0, await reader.last()):
            assert decoder.read(chunk).broken is None
    return took


async def _folded(endpoint: Endpoint, until: int) -> Took:
    feed = UpTo(NatsReader(endpoint, "main"), until)
    with Took() as took:
        found = await states("main", feed, catalog.proven, catalog.evolve, lambda _: None)
    assert sum(map(len, found.held.values())) > until // (2 * flights.CREATED)
    return took


async def _built(endpoint: Endpoint, into: Path, names: Sequence[str]) -> Took:
    """The views of these names, all if there are none."""
    log = NatsReader(endpoint, "main")
    with Took() as took:
        reached, parked, _ = await build(Plan("main", await end_of(log, Now()), names), log, into, lambda _: None)
    assert not any(parked.values()), (reached, parked)
    return took


def _copied(views: Path, into: Path) -> Took:
    """Every row of both views again, 2,000 to a transaction, as they are: nothing is decoded or folded."""
    total = Took()
    for name in ("versions", "audit"):
        source, target = live_path(views, name), into / f"{name}.db"
        with closing(writer(target)) as file:
            create(file, METADATA[name])
        with sqlite3.connect(target, isolation_level=None) as file:
            file.execute("PRAGMA synchronous=NORMAL")
            file.execute("ATTACH ? AS old", (str(source),))
            tables = [row[0] for row in file.execute("SELECT name FROM old.sqlite_schema WHERE type='table'")]
            with Took() as took:
                for table in tables:
                    _copy(file, table)
        total = Took(total.wall + took.wall, total.cpu + took.cpu)
    return total


def _copy(file: sqlite3.Connection, table: str) -> None:
    rows = file.execute(f"SELECT * FROM old.{table}").fetchall()
    if not rows:
        return
    marks = ",".join("?" * len(rows[0]))
    for at in range(0, len(rows), 2_000):
        file.execute("BEGIN")
        file.executemany(f"INSERT OR REPLACE INTO main.{table} VALUES({marks})", rows[at : at + 2_000])
        file.execute("COMMIT")


def _as_of(views: Path, last: int) -> list[Figure]:
    """One object of all, at a random position."""
    chance, there = random.Random(3), last // flights.CREATED
    ours, bare = [], []
    with reading(live_path(views, "versions")) as versions:
        connection = sqlite3.connect(live_path(views, "versions"))
        for _ in range(LOOKS):
            number = chance.randrange(there)
            position = chance.randint(min(last, 2 + number * flights.CREATED + flights.PER_COMMIT), last)
            begun = time.perf_counter()
            at = cut(versions, flights.BRANCH, AtPosition(position), now=0)
            shown = objects.show(at, "Flight", str(number))
            ours.append((time.perf_counter() - begun) * 1e3)
            begun = time.perf_counter()
            connection.execute("SELECT state FROM versions WHERE since = ?", (shown.version,)).fetchone()
            bare.append((time.perf_counter() - begun) * 1e3)
        connection.close()
    name = f"AS OF one of {there:,} objects with {last:,} events, in process"
    return [
        Figure(f"{name}, p50", percentile(ours, 0.5), "ms", None, "bare sqlite3, one row by its key", percentile(bare, 0.5),
               "≤ 0.2 ms", "Python and small statements: branch, type, object"),
        Figure(f"{name}, p99", percentile(ours, 0.99), "ms", None, "bare sqlite3, one row by its key", percentile(bare, 0.99),
               "", "page cache"),
    ]  # fmt: skip
