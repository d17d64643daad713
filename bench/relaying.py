"""The relay from a backlog, beside raw atomic batches of the same bytes on the same server, each synced before its answer."""

import asyncio
import shutil
from collections import deque

from adapters.nats_config import log_stream
from adapters.nats_connection import connection
from adapters.nats_publish import batch
from adapters.nats_server import Endpoint, nats_server
from adapters.nats_streams import ensure_streams
from adapters.sqlite_outbox import SqliteOutbox
from bench import flights, history, peers
from bench.figures import Figure, Rounds, Took
from bench.processes import cpu_seconds, pid_of
from bench.raw import RawWire
from bench.stock import Stock
from bench.writing import committer, write
from producers.outbox import Row
from producers.relay import BATCH, IN_FLIGHT


async def figures(stock: Stock) -> list[Figure]:
    events = stock.sized(100_000)
    outbox = SqliteOutbox(stock.folder / "backlog.db", "main")
    async with committer(outbox) as working:
        await write(working, flights.commits(map(flights.created, range(events))))
    rows = await outbox.after(0, events + 2, 1 << 40)
    ours, raw, server = Rounds(len(rows)), Rounds(len(rows)), Rounds(len(rows))
    for _ in range(stock.rounds):
        folder = stock.folder / "relay"
        async with nats_server(folder) as running:
            before = cpu_seconds(pid_of(folder))
            ours.took.append(await history.relayed(running.endpoint, outbox))
            server.took.append(Took(1, cpu_seconds(pid_of(folder)) - before))
        shutil.rmtree(folder)
        async with nats_server(folder) as running:
            raw.took.append(await _raw(running.endpoint, rows))
        shutil.rmtree(folder)
    outbox.close()
    peer = await peers.nats_outbox(stock.postgres, stock.folder / "peer", stock.sized(5_000))
    beside = [Figure("the same", ours.rate, "events/s", None, "nats-outbox, PostgreSQL, one relay, batches of 100", peer,
                     "ratio ≥ 15", "one answer awaited for each event there")] if peer else []  # fmt: skip
    return [
        Figure(
            "relay of a backlog", ours.rate, "events/s", ours.cpu,
            "raw atomic batches of the same bytes, made beforehand", raw.rate, "≥ 40,000/s, ratio ≥ 0.7",
            f"nats-server: {server.cpu:.0f} µs of its CPU an event",
        ),
        *beside,
    ]  # fmt: skip


async def _raw(endpoint: Endpoint, rows: list[Row]) -> Took:
    """Batches as large as the relay's and as many in flight; nothing is read, compared or counted."""
    async with connection(endpoint, "admin") as admin:
        await ensure_streams(admin, "main")
    login = endpoint.logins["relay"]
    wire = await RawWire.open(endpoint.url, login)
    cut = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    replies = [f"{wire.inbox}.r.raw{number}" for number in range(len(cut))]
    sent = [batch(b, n * BATCH, f"raw{n}", reply) for n, (b, reply) in enumerate(zip(cut, replies, strict=True))]
    flying: deque[asyncio.Future[bytes]] = deque()
    with Took() as took:
        for body, reply in zip(sent, replies, strict=True):
            if len(flying) == IN_FLIGHT:
                _stored(await flying.popleft())
            flying.append(wire.expect(reply))
            wire.write(body)
        for answer in flying:
            _stored(await answer)
    state = (await wire.ask(f"STREAM.INFO.{log_stream('main')}")).get("state", {"messages": len(rows)})
    assert state["messages"] == len(rows), state
    wire.close()
    return took


def _stored(answer: bytes) -> None:
    assert b"error" not in answer, answer
