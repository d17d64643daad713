"""Other people's libraries doing the same work. One that is not installed is left out, and the run says so."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID

from nats import connect
from nats.aio.client import Client

from adapters.nats_server import binary
from bench import flights
from bench.figures import Took

missing: list[str] = []


def eventsourcing(path: Path, commands: int, threads: int) -> float | None:
    """Aggregates created and saved one by one from several threads, on SQLite: how many a second."""
    if not there("eventsourcing"):
        return None
    from eventsourcing.application import Application

    made = flight()
    env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path), "SQLITE_LOCK_TIMEOUT": "60"}
    app: Application[UUID] = Application(env=env)
    each = commands // threads

    def work(thread: int) -> None:
        for number in range(each):
            app.save(made(flights.created(thread * each + number)["data"]["properties"]))

    with Took() as took, ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))  # raises what a thread raised
    app.close()
    return each * threads / took.wall


@cache
def flight() -> Any:
    """One class for all rounds: the library refuses a second one of the same name."""
    from eventsourcing.domain import Aggregate, event

    class Flight(Aggregate):
        @event("Created")
        def __init__(self, properties: dict[str, object]) -> None:
            self.properties = properties

    return Flight


async def nats_outbox(postgres: str, folder: Path, events: int) -> float | None:
    """Its polling relay from a backlog in PostgreSQL to a stream that syncs as OMS's does: events a second.

    It makes its table in the database named, and leaves it empty.
    """
    if not postgres or not there("nats_outbox"):
        return None
    from nats_outbox.core.models import OutboxEvent, create_tables
    from nats_outbox.core.outbox import outbox_transaction
    from nats_outbox.publishers.nats_publisher import NatsPublisher
    from nats_outbox.relay.polling import PollingRelay
    from nats_outbox.settings import OutboxSettings
    from sqlalchemy import delete
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    url = postgres.replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url)
    await create_tables(engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions() as session, session.begin():
        await session.execute(delete(OutboxEvent))
    for start in range(0, events, 100):
        async with sessions() as session, outbox_transaction(session) as outbox:
            for number in range(start, start + 100):
                outbox.publish_event(f"peer.{number}", flights.created(number)["data"], aggregate_id=str(number))
    settings = OutboxSettings(database_url=url, batch_size=100)
    async with _plain_server(folder) as nats:
        relay = PollingRelay(sessions, await NatsPublisher.from_nats_client(nats), settings)
        done = 0
        with Took() as took:
            while done < events:
                done += await relay._tick()
    async with sessions() as session, session.begin():
        await session.execute(delete(OutboxEvent))
    await engine.dispose()
    return done / took.wall


@asynccontextmanager
async def _plain_server(folder: Path) -> AsyncIterator[Client]:
    """A nats-server without users whose stream `peer.>` is synced before each answer."""
    folder.mkdir(parents=True)
    store = {"store_dir": str(folder / "store"), "sync_interval": "always"}
    (folder / "server.json").write_text(json.dumps({"listen": "127.0.0.1:-1", "jetstream": store}))
    arguments = ["-c", str(folder / "server.json"), "--ports_file_dir", str(folder), "-l", str(folder / "log")]
    process = await asyncio.create_subprocess_exec(binary(), *arguments)
    try:
        while not (ports := list(folder.glob("*.ports"))) or not ports[0].read_text().strip():
            await asyncio.sleep(0.01)
        client = await connect(json.loads(ports[0].read_text())["nats"][0])
        await client.jetstream().add_stream(name="PEER", subjects=["peer.>"])
        yield client
        await client.close()
    finally:
        process.terminate()
        await process.wait()


def there(name: str) -> bool:
    if find_spec(name):
        return True
    if name not in missing:
        missing.append(name)
    return False
