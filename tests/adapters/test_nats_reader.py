"""The reader against a real server: in order, whole, across restarts, and never past a hole."""

import asyncio
from contextlib import aclosing

import pytest

from adapters.nats_config import log_stream
from adapters.nats_connection import api, connection
from adapters.nats_log import nats_log
from adapters.nats_reader import CHUNK, NatsReader
from adapters.nats_server import Endpoint
from adapters.nats_streams import log_config
from adapters.nats_wire import WireRefused
from producers.outbox import Row
from security.chain import Gap

DEADLINE = 60


def rows(first, last):
    return [
        Row(n, f"oms.evt.main.prod.a.main.object.{'Even' if n % 2 == 0 else 'Odd'}.키{n}", f"fact {n} 한".encode())
        for n in range(first, last + 1)
    ]


async def append(server, first, last):
    async with nats_log(server.endpoint, "main") as log:
        for at in range(first, last + 1, 1000):
            await log.append(rows(at, min(at + 999, last)), at - 1)


async def read(reader, *arguments, **named):
    async with asyncio.timeout(DEADLINE):
        return [message async for chunk in reader.read(*arguments, **named) for message in chunk]


@pytest.mark.parametrize(("after", "until"), [(0, 5000), (0, 1), (4999, 5000), (1234, 2345), (5000, 5000)])
async def test_it_reads_what_was_asked_and_no_more(nats_server, after, until):
    await append(nats_server, 1, 5000)
    reader = NatsReader(nats_server.endpoint, "main", pull=300)
    assert await read(reader, after, until) == rows(after + 1, until)
    assert await reader.last() == 5000


async def test_an_empty_log_ends_at_zero(nats_server):
    assert await NatsReader(nats_server.endpoint, "main").last() == 0


async def test_some_are_read_by_their_positions(nats_server):
    await append(nats_server, 1, 50)
    found = await NatsReader(nats_server.endpoint, "main").these([3, 7, 50, 51])
    assert found == [rows(1, 50)[position - 1] for position in (3, 7, 50)]


async def test_chunks_are_bounded(nats_server):
    await append(nats_server, 1, 9000)
    async with asyncio.timeout(DEADLINE):
        sizes = [len(chunk) async for chunk in NatsReader(nats_server.endpoint, "main").read(0, 9000)]
    assert max(sizes) <= CHUNK
    assert sum(sizes) == 9000


async def test_only_the_subjects_asked_for(nats_server):
    await append(nats_server, 1, 3000)
    reader = NatsReader(nats_server.endpoint, "main")
    even = ["oms.evt.main.*.*.*.object.Even.*"]
    assert await read(reader, 10, 2001, subjects=even) == rows(1, 2001)[11::2]
    assert await read(reader, 10, 2001, subjects=["oms.evt.main.prod.a.main.link.>"]) == []
    assert await read(reader, 0, 3000, subjects=[*even, "oms.evt.main.*.*.*.object.Odd.*"]) == rows(1, 3000)


async def test_it_follows_and_is_told_at_once(nats_server):
    await append(nats_server, 1, 3)
    seen = []
    async with (
        asyncio.timeout(DEADLINE),
        nats_log(nats_server.endpoint, "main") as log,
        aclosing(NatsReader(nats_server.endpoint, "main").read(0)) as following,
    ):
        async for chunk in following:
            seen += chunk
            if len(seen) == 50:
                break
            if len(seen) >= 3:
                await log.append(rows(len(seen) + 1, len(seen) + 1), len(seen))
    assert seen == rows(1, 50)


async def test_it_goes_on_where_it_was_when_the_server_comes_back(nats_server):
    await append(nats_server, 1, 4000)
    seen = []
    async with asyncio.timeout(DEADLINE):
        async for chunk in NatsReader(nats_server.endpoint, "main", pull=500).read(0, 6000):
            restart = not seen or (len(seen) < 4000 <= len(seen) + len(chunk))
            seen += chunk
            if restart:
                await nats_server.kill()
                await nats_server.start()
            if len(seen) == 4000:
                await append(nats_server, 4001, 6000)
    assert seen == rows(1, 6000)


async def test_a_consumer_that_is_gone_is_opened_again(nats_server):
    await append(nats_server, 1, 10)
    seen = []
    stream = log_stream("main")
    async with asyncio.timeout(DEADLINE), connection(nats_server.endpoint, "admin") as admin:
        async for chunk in NatsReader(nats_server.endpoint, "main").read(0, 20):
            seen += chunk
            if len(seen) == 10:
                for name in (await api(admin, f"CONSUMER.NAMES.{stream}"))["consumers"]:
                    await api(admin, f"CONSUMER.DELETE.{stream}.{name}")
                await append(nats_server, 11, 20)
    assert seen == rows(1, 20)


async def test_a_hole_stops_it(nats_server):
    """A stream that may be deleted from stands in for a damaged one."""
    stream = log_stream("main")
    async with connection(nats_server.endpoint, "admin") as admin:
        await api(admin, f"STREAM.DELETE.{stream}")
        await api(admin, f"STREAM.CREATE.{stream}", {**log_config("main"), "deny_delete": False})
        await append(nats_server, 1, 5000)
        for lost in (3001, 3002):
            await api(admin, f"STREAM.MSG.DELETE.{stream}", {"seq": lost})
    reader = NatsReader(nats_server.endpoint, "main")
    with pytest.raises(Gap) as gap:
        await read(reader, 0, 5000)
    assert (gap.value.position, gap.value.last) == (3001, 3002)
    assert await read(reader, 3002, 5000) == rows(3003, 5000)


async def test_a_tail_that_is_lost_though_the_log_counts_it_stops_it(nats_server):
    stream = log_stream("main")
    async with connection(nats_server.endpoint, "admin") as admin:
        await api(admin, f"STREAM.DELETE.{stream}")
        await api(admin, f"STREAM.CREATE.{stream}", {**log_config("main"), "deny_delete": False})
        await append(nats_server, 1, 50)
        for lost in (49, 50):
            await api(admin, f"STREAM.MSG.DELETE.{stream}", {"seq": lost})
    reader = NatsReader(nats_server.endpoint, "main", idle=0.1)
    for until in (50, None):
        with pytest.raises(Gap) as gap:
            await read(reader, 0, until)
        assert (gap.value.position, gap.value.last) == (49, 50)


async def test_who_takes_slowly_is_not_flooded(nats_server):
    await append(nats_server, 1, 5000)
    async with asyncio.timeout(DEADLINE), connection(nats_server.endpoint, "admin") as admin:
        async with aclosing(NatsReader(nats_server.endpoint, "main", pull=100).read(0, 5000)) as slow:
            first = await anext(slow)
            consumers = (await api(admin, f"CONSUMER.LIST.{log_stream('main')}"))["consumers"]
            assert consumers[0]["delivered"]["stream_seq"] <= 200
            rest = [message async for chunk in slow for message in chunk]
        assert [*first, *rest] == rows(1, 5000)


async def test_a_reader_that_was_cancelled_leaves_no_consumer(nats_server):
    await append(nats_server, 1, 10)
    caught_up = asyncio.Event()

    async def follow():
        async with aclosing(NatsReader(nats_server.endpoint, "main").read(0)) as following:
            async for chunk in following:
                if chunk[-1][0] == 10:
                    caught_up.set()

    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow())
        await caught_up.wait()
        following.cancel()
    async with asyncio.timeout(DEADLINE), connection(nats_server.endpoint, "admin") as admin:
        while (await api(admin, f"CONSUMER.NAMES.{log_stream('main')}"))["consumers"]:
            pass  # the farewell is on its way


async def test_who_may_not_read_is_told(nats_server):
    with pytest.raises(WireRefused, match="Permissions Violation"):
        await read(NatsReader(nats_server.endpoint, "main", user="local"), 0, 1)
    nobody = Endpoint(nats_server.endpoint.url, {})
    with pytest.raises(WireRefused, match="Authorization Violation"):
        await NatsReader(nobody, "main").last()
