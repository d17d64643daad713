"""The durable queue drained into the outbox, beside nats-py that only takes each message and acknowledges it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import nats.errors

from adapters.faststream_queue import command_queue
from adapters.nats_config import inbox, queue_stream
from adapters.nats_connection import connection
from adapters.nats_server import Endpoint, nats_server
from adapters.nats_streams import QUEUE_CONSUMER, ensure_streams
from adapters.nats_wire import Wire
from adapters.sqlite_outbox import SqliteOutbox
from bench import flights
from bench.figures import Figure, Rounds, Took
from bench.stock import Stock
from bench.writing import committer
from producers.receive import address, receive
from workers.queue import QueueWorker


async def figures(stock: Stock) -> list[Figure]:
    commands = stock.sized(10_000)
    ours, raw = Rounds(commands), Rounds(commands)
    bodies = [flights.single(flights.created(n), f"q{n}").body for n in range(commands)]
    async with nats_server(stock.folder / "queue") as running:
        async with connection(running.endpoint, "admin") as admin:
            await ensure_streams(admin, "main")
        for number in range(stock.rounds):
            await _fill(running.endpoint, bodies)
            ours.took.append(await _decided(running.endpoint, stock.folder / f"queue-{number}.db", commands))
            await _fill(running.endpoint, bodies)
            raw.took.append(await _taken(running.endpoint, commands))
    return [
        Figure(
            "queued command → outcome told", ours.rate, "/s", ours.cpu,
            "nats-py: pull one, acknowledge", raw.rate, "",
            f"deciding, and one fsync for all that wait; beside it {raw.cpu:.0f} µs of CPU a message",
        )
    ]  # fmt: skip


async def _fill(endpoint: Endpoint, bodies: Sequence[bytes]) -> None:
    wire = await Wire.open(endpoint.url, endpoint.logins["local"])
    subject = f"oms.queue.main.local.{flights.BRANCH.replace('/', '.')}.CreateObject"
    for start in range(0, len(bodies), 256):
        await asyncio.gather(*(wire.request(subject, body) for body in bodies[start : start + 256]))
    wire.close()


async def _decided(endpoint: Endpoint, path: Path, commands: int) -> Took:
    outbox = SqliteOutbox(path, "main")
    try:
        async with committer(outbox) as working, command_queue(endpoint, "main") as queue:
            worker = QueueWorker(queue, lambda subject, body: working.enqueue(receive(address(subject), body)))
            answered = 0
            with Took() as took:
                while answered < commands:
                    answered += await worker.step()
        return took
    finally:
        outbox.close()


async def _taken(endpoint: Endpoint, commands: int) -> Took:
    async with connection(endpoint, "service") as client:
        stream = queue_stream("main")
        pulling = await client.jetstream().pull_subscribe(
            "oms.queue.main.>", QUEUE_CONSUMER, stream, inbox_prefix=inbox("service").encode() + b"."
        )
        taken = 0
        with Took() as took:
            while taken < commands:
                try:
                    (message,) = await pulling.fetch(1, timeout=1)
                except nats.errors.TimeoutError:
                    continue
                await message.ack()
                taken += 1
            await client.flush()
        return took
