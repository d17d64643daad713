"""What everyone who rings for schedules must do; each adapter passes this suite unchanged."""

import asyncio
import time

import pytest

from adapters.memory_rings import MemoryRings
from adapters.nats_connection import connection
from adapters.nats_rings import nats_rings
from adapters.nats_streams import ensure_streams
from events.schedules.planning import Ring

ONE, TWO = "ri.oms.schedule.1", "ri.oms.schedule.2"
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


async def test_what_is_due_rings_once_it_is_answered_no_more(rings):
    await rings.arm([(Ring(ONE, "1", 7), now(-1)), (Ring(TWO, "1:3", 7), now(-1))])
    found = await taken(rings, 2)
    assert {each.ring for each in found} == {Ring(ONE, "1", 7), Ring(TWO, "1:3", 7)}
    assert await rings.armed() == {ONE, TWO}
    for each in found:
        await each.done()
    async with asyncio.timeout(DEADLINE):
        while await rings.armed():  # noqa: ASYNC110 the server is told, and does not answer
            await asyncio.sleep(0)


async def test_the_last_word_about_a_schedule_counts(rings):
    await rings.arm([(Ring(ONE, "1", 7), now(3_600)), (Ring(TWO, "1", 8), now(3_600))])
    await rings.arm([(Ring(ONE, "2", 9), now(-1))])
    assert [each.ring for each in await taken(rings, 1)] == [Ring(ONE, "2", 9)]
    assert await rings.armed() == {ONE, TWO}


async def test_who_is_cancelled_does_not_ring(rings):
    await rings.arm([(Ring(ONE, "1", 7), now(0.5)), (Ring(TWO, "1", 8), now(3_600))])
    await rings.cancel(ONE)
    await rings.cancel("ri.oms.schedule.3")
    assert await rings.armed() == {TWO}


@pytest.mark.parametrize("rings", ["nats"], indirect=True)
async def test_a_time_outlives_who_asked_for_it(rings, nats_server):
    await rings.arm([(Ring(ONE, "1", 7), now(1))])
    async with nats_rings(nats_server.endpoint, "main") as another:
        [rung] = await taken(another, 1)
        assert rung.ring == Ring(ONE, "1", 7)
        await rung.done()
