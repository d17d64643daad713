"""A long history of objects that come and change, through the real write path and the real relay, made once a run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice

from adapters.nats_connection import connection
from adapters.nats_log import nats_log
from adapters.nats_server import Endpoint, nats_server
from adapters.nats_streams import ensure_streams
from adapters.sqlite_outbox import SqliteOutbox
from bench import flights
from bench.figures import Took
from bench.stock import Stock
from bench.writing import committer, write
from producers.log import Doubt
from producers.relay import Relay


async def written(stock: Stock) -> None:
    """The outbox, and how long each tenth of it took."""
    if stock.tenths:
        return
    outbox = SqliteOutbox(stock.outbox, "main")
    parts = flights.mixed(stock.events)
    async with committer(outbox) as working:
        for tenth in range(10):
            messages = flights.commits(islice(parts, stock.events // 10), tenth * stock.events)
            with Took() as took:
                await write(working, messages)
            stock.tenths.append(took)
    outbox.close()


@asynccontextmanager
async def served(stock: Stock) -> AsyncIterator[Endpoint]:
    """A server of its own that has the long history in its log."""
    await written(stock)
    async with nats_server(stock.nats) as server:
        if stock.relayed is None:
            outbox = SqliteOutbox(stock.outbox, "main")
            stock.relayed = await relayed(server.endpoint, outbox)
            outbox.close()
        yield server.endpoint


async def relayed(endpoint: Endpoint, outbox: SqliteOutbox) -> Took:
    """Tell an empty log all that the outbox holds."""
    async with connection(endpoint, "admin") as admin:
        await ensure_streams(admin, outbox.ontology)
    async with nats_log(endpoint, outbox.ontology) as log:
        relay = Relay(outbox, log, asyncio.Event())
        await relay.check()
        with Took() as took:
            told = await relay.step()
        assert not isinstance(told, Doubt), told
    return took
