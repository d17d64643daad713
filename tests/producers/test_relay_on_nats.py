"""The relay against a real nats-server: crashes, an older store, a second relay, a foreign message."""

import asyncio
import shutil
from hashlib import sha256

import pytest

from adapters.memory_outbox import MemoryOutbox
from adapters.nats_connection import connection
from adapters.nats_log import nats_log
from producers.outbox import LogHead, Row, Writes
from producers.relay import LogAhead, Relay

DEADLINE = 60


def rows(first, last):
    return [
        Row(n, f"oms.evt.main.prod.a.main.object.X.{n % 7}", b'{"n":%d,"pad":"%s"}' % (n, b"x" * 200))
        for n in range(first, last + 1)
    ]


async def commit(outbox, new):
    head = LogHead(new[-1].position, new[-1].position, sha256(new[-1].body).hexdigest())
    await outbox.restore(Writes(head, rows=list(new)))


async def relayed(outbox, log, *, until):
    """Run a relay until the log holds `until`."""
    relay = Relay(outbox, log, asyncio.Event())
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(relay.run())
        await relay.progress.reached(until)
        running.cancel()


async def kept(log, last):
    return [await log.get(n) for n in range(1, last + 1)]


async def test_a_log_that_lost_its_tail_is_told_again_byte_by_byte(nats_server, tmp_path):
    outbox, store = MemoryOutbox("main"), nats_server.folder / "jetstream"
    await commit(outbox, rows(1, 700))
    async with nats_log(nats_server.endpoint, "main") as log:
        await relayed(outbox, log, until=700)
        await nats_server.kill()
        shutil.copytree(store, tmp_path / "older")
        await nats_server.start()
        await commit(outbox, rows(701, 3000))
        await relayed(outbox, log, until=3000)
        before = await kept(log, 3000)
        await nats_server.kill()
        shutil.rmtree(store)
        shutil.move(tmp_path / "older", store)
        await nats_server.start()
        await relayed(outbox, log, until=3000)
        assert await kept(log, 3000) == before == rows(1, 3000)


async def test_the_server_may_die_again_and_again_while_the_relay_appends(nats_server):
    outbox, wake = MemoryOutbox("main"), asyncio.Event()
    async with asyncio.timeout(DEADLINE), nats_log(nats_server.endpoint, "main") as log:
        relay = Relay(outbox, log, wake)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(relay.run())
            committed = 0
            for size in (3, 2500, 1, 4000, 40):
                await commit(outbox, rows(committed + 1, committed + size))
                wake.set()
                await relay.progress.reached(committed + 1)
                await nats_server.kill()
                await nats_server.start()
                committed += size
            await relay.progress.reached(committed)
            running.cancel()
        assert await kept(log, committed) == rows(1, committed)


async def test_a_second_relay_does_no_harm(nats_server):
    outbox = MemoryOutbox("main")
    await commit(outbox, rows(1, 6000))
    async with (
        asyncio.timeout(DEADLINE),
        nats_log(nats_server.endpoint, "main") as one,
        nats_log(nats_server.endpoint, "main") as two,
    ):
        relays = [Relay(outbox, one, asyncio.Event()), Relay(outbox, two, asyncio.Event())]
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(relay.run()) for relay in relays]
            for relay in relays:
                await relay.progress.reached(6000)
            for task in running:
                task.cancel()
        assert await kept(one, 6000) == rows(1, 6000)


async def test_a_foreign_message_stops_the_relay(nats_server):
    outbox = MemoryOutbox("main")
    await commit(outbox, rows(1, 10))
    async with nats_log(nats_server.endpoint, "main") as log:
        await relayed(outbox, log, until=10)
        async with connection(nats_server.endpoint, "relay") as intruder:
            await intruder.request("oms.evt.main.prod.a.main.object.X.11", b"hello")
        await commit(outbox, rows(11, 12))
        async with asyncio.timeout(DEADLINE):
            with pytest.raises(LogAhead, match="position 11"):
                await Relay(outbox, log, asyncio.Event()).run()
        assert (await log.last()).body == b"hello"


async def test_an_outbox_older_than_the_log_stops_the_relay(nats_server):
    outbox, restored = MemoryOutbox("main"), MemoryOutbox("main")
    await commit(outbox, rows(1, 100))
    await commit(restored, rows(1, 50))
    async with nats_log(nats_server.endpoint, "main") as log:
        await relayed(outbox, log, until=100)
        with pytest.raises(LogAhead, match="outbox ends at position 50"):
            await Relay(restored, log, asyncio.Event()).check()
