"""What everyone who rings for schedules must do; each adapter passes this suite unchanged."""

import asyncio
import time

import pytest

from adapters.memory_rings import MemoryRings
from adapters.nats_connection import connection
from adapters.nats_rings import nats_rings
from adapters.nats_streams import ensure_streams

DEADLINE = 30


def now(seconds=0.0):
    return round((time.time() + seconds) * 1e6)


@pytest.fixture(params=["memory", "nats"])
async def rings(request, nats_server):
    if request.param == "memory":
        yield MemoryRings(now)
        return
    async with connection(nats_server.endpoint, "admin") as admin:
        await ensure_streams(admin, "main")
    async with nats_rings(nats_server.endpoint, "main") as opened:
        yield opened


async def taken(rings, count):
    found = []
    async with asyncio.timeout(DEADLINE):
        while len(found) < count:
            found += await rings.take()
    return found


async def test_what_is_due_rings_until_it_is_answered(rings):
    one, two = now(-1), now(-2)
    await rings.arm([one, two])
    found = await taken(rings, 2)
    assert {each.time for each in found} == {one, two}
    assert await rings.armed() == {one, two}
    for each in found:
        await each.done()
    async with asyncio.timeout(DEADLINE):
        while await rings.armed():  # noqa: ASYNC110 the server is told, and does not answer
            await asyncio.sleep(0)


async def test_what_is_cancelled_does_not_ring(rings):
    one, two = now(3_600), now(7_200)
    await rings.arm([one, two])
    await rings.arm([one])
    await rings.cancel(one)
    await rings.cancel(7)
    assert await rings.armed() == {two}


@pytest.mark.parametrize("rings", ["nats"], indirect=True)
async def test_a_time_outlives_who_asked_for_it(rings, nats_server):
    time = now(1)
    await rings.arm([time])
    async with nats_rings(nats_server.endpoint, "main") as another:
        [rung] = await taken(another, 1)
        assert rung.time == time
        await rung.done()
