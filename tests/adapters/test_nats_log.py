"""What only JetStream's log can meet: a server that is away, a stream that is gone or damaged."""

import asyncio

import pytest

from adapters.nats_connection import api, connection
from adapters.nats_log import nats_log
from adapters.nats_streams import log_config
from producers.log import Appended, Doubt, LogDamaged, LogUnavailable
from producers.outbox import Row

DEADLINE = 60


def rows(first, last):
    return [Row(n, f"oms.evt.main.prod.a.main.object.X.{n}", b"%d" % n) for n in range(first, last + 1)]


async def test_a_server_that_goes_away_leaves_doubt_at_once_and_answers_when_it_is_back(nats_server):
    async with asyncio.timeout(DEADLINE), nats_log(nats_server.endpoint, "main") as log:
        await log.append(rows(1, 10), 0)
        await nats_server.kill()
        assert isinstance(await log.append(rows(11, 12), 10), Doubt)
        await nats_server.start()
        last = None
        while last is None:
            try:
                last = await log.last()
            except LogUnavailable:
                continue
        after = last.position
        assert after in {10, 12}
        assert await log.append(rows(after + 1, after + 3), after) == Appended(after + 3)


async def test_a_stream_that_is_gone_is_a_log_that_is_away(nats_server):
    async with connection(nats_server.endpoint, "admin") as admin, nats_log(nats_server.endpoint, "main") as log:
        await api(admin, "STREAM.DELETE.OMS_LOG_main")
        with pytest.raises(LogUnavailable, match="stream not found"):
            await log.last()
        assert isinstance(await log.append(rows(1, 1), 0), Doubt)


@pytest.mark.parametrize("lost", [1, 5, 10])
async def test_a_log_with_a_hole_is_damaged(nats_server, lost):
    async with connection(nats_server.endpoint, "admin") as admin, nats_log(nats_server.endpoint, "main") as log:
        await api(admin, "STREAM.DELETE.OMS_LOG_main")
        await api(admin, "STREAM.CREATE.OMS_LOG_main", {**log_config("main"), "deny_delete": False})
        await log.append(rows(1, 10), 0)
        await api(admin, "STREAM.MSG.DELETE.OMS_LOG_main", {"seq": lost})
        with pytest.raises(LogDamaged, match="oms repair log"):
            await log.last()


async def test_an_event_of_the_greatest_size_is_stored(nats_server):
    big = [Row(n, f"oms.evt.main.prod.a.main.object.X.{'k' * 900}{n}", b"x" * (512 * 1024)) for n in range(1, 17)]
    async with nats_log(nats_server.endpoint, "main") as log:
        assert await log.append(big[:15], 0) == Appended(15)
        assert await log.append(big[15:], 15) == Appended(16)
        assert await log.get(7) == big[6]
