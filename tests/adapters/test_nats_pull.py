"""The pull that has asked beforehand, on a real nats-server."""

import asyncio

import nats.errors
import pytest

from adapters.nats_config import queue_stream
from adapters.nats_connection import api, connection
from adapters.nats_pull import AT_ONCE, Pull
from adapters.nats_streams import QUEUE_CONSUMER

SUBJECT = "oms.queue.main.local.a.b.c.D"
DEADLINE = 30


@pytest.fixture
async def sender(nats_server):
    async with connection(nats_server.endpoint, "local") as client:

        async def send(*bodies):
            await asyncio.gather(*(client.request(SUBJECT, body, timeout=DEADLINE) for body in bodies))

        yield send


@pytest.fixture
async def pull(nats_server):
    async with connection(nats_server.endpoint, "service") as client:
        pulling = Pull(client, queue_stream("main"), QUEUE_CONSUMER)
        await pulling.open()
        yield pulling


async def fetched(pull, count):
    """So many messages, acknowledged; the server may be away meanwhile."""
    found = []
    async with asyncio.timeout(DEADLINE):
        while len(found) < count:
            try:
                batch = await pull.fetch(AT_ONCE, 1)
            except nats.errors.TimeoutError:
                continue
            for message in batch:
                await message.ack()
            found += batch
    return found


async def test_all_come_once_and_in_order(pull, sender):
    await sender(*(b"%d" % n for n in range(1_000)))
    found = await fetched(pull, 1_000)
    assert [message.metadata.sequence.stream for message in found] == list(range(1, 1_001))


async def test_a_lone_message_comes_at_once_though_a_batch_was_asked_for(pull, sender):
    waiting = asyncio.create_task(pull.fetch(AT_ONCE, DEADLINE))
    await sender(b"lone")
    assert [message.data for message in await waiting] == [b"lone"]


async def test_the_rest_of_a_batch_is_not_waited_for(pull, sender):
    with pytest.raises(nats.errors.TimeoutError):
        await pull.fetch(AT_ONCE - 1, DEADLINE)


async def test_nothing_in_time_is_nats_own_timeout(pull):
    with pytest.raises(nats.errors.TimeoutError):
        await pull.fetch(AT_ONCE, 0.01)


async def test_no_more_is_asked_for_than_can_be_taken(nats_server, pull, sender):
    await sender(*(b"%d" % n for n in range(2 * AT_ONCE)))
    await pull.fetch(AT_ONCE, DEADLINE)
    async with connection(nats_server.endpoint, "admin") as admin, asyncio.timeout(DEADLINE):
        consumer = f"CONSUMER.INFO.{queue_stream('main')}.{QUEUE_CONSUMER}"
        assert (await api(admin, consumer))["num_ack_pending"] <= AT_ONCE


async def test_messages_too_large_for_one_request_come_all_the_same(pull, sender):
    for _ in range(4):
        await sender(*(b"x" * 900_000 for _ in range(10)))
    assert len(await fetched(pull, 40)) == 40


async def test_it_goes_on_after_a_restart_of_the_server(nats_server, pull, sender):
    await sender(b"before")
    (message,) = await pull.fetch(AT_ONCE, DEADLINE)
    await message.ack_sync()
    await nats_server.kill()
    await nats_server.start()
    await sender(b"after")
    assert [message.data for message in await fetched(pull, 1)] == [b"after"]


async def test_it_goes_on_after_a_rewind(nats_server, pull, sender):
    await sender(b"a", b"b")
    await pull.fetch(AT_ONCE, DEADLINE)
    async with connection(nats_server.endpoint, "service") as client:
        await api(client, f"CONSUMER.RESET.{queue_stream('main')}.{QUEUE_CONSUMER}")
    assert len(await fetched(pull, 2)) == 2
