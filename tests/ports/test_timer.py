"""What every timer of letters must do; each adapter passes this suite unchanged."""

import asyncio
import time

import msgspec
import pytest

from adapters.memory_timer import MemoryTimer
from adapters.nats_connection import connection
from adapters.nats_later import put_off
from adapters.nats_streams import ensure_streams
from adapters.nats_timer import nats_timer
from events.subscriptions.letters import Due

ONE, TWO = "ri.oms.subscription.1", "ri.oms.subscription.2"
DEADLINE = 30


@pytest.fixture(params=["memory", "nats"])
async def timer(request, nats_server):
    if request.param == "memory":
        yield MemoryTimer(time.time)
        return
    async with connection(nats_server.endpoint, "admin") as admin:
        await ensure_streams(admin, "main")
    async with nats_timer(nats_server.endpoint, "main") as opened:
        yield opened


async def taken(timer, count):
    found = []
    async with asyncio.timeout(DEADLINE):
        while len(found) < count:
            found += await timer.take()
    return found


async def test_what_is_due_comes(timer):
    await timer.at(Due(ONE, 7, 2), time.time() - 1)
    await timer.at(Due(TWO, 7, 5), time.time() - 1)
    found = await taken(timer, 2)
    assert {each.due for each in found} == {Due(ONE, 7, 2), Due(TWO, 7, 5)}
    for each in found:
        await each.done()


async def test_the_last_word_about_a_letter_counts(timer):
    await timer.at(Due(ONE, 7, 2), time.time() + 3_600)
    await timer.at(Due(TWO, 9, 1), time.time() + 3_600)
    await timer.at(Due(ONE, 7, 3), time.time() - 1)
    assert [each.due for each in await taken(timer, 1)] == [Due(ONE, 7, 3)]


async def test_what_was_taken_in_vain_comes_again(timer):
    for position in range(1, 4):
        await timer.at(Due(ONE, position, 2), time.time() - 1)
    first, *_ = await taken(timer, 3)
    await first.done()
    timer.rewind()
    assert {each.due.position for each in await taken(timer, 2)} == {1, 2, 3} - {first.due.position}


@pytest.mark.parametrize("timer", ["nats"], indirect=True)
async def test_what_waits_outlives_who_asked_for_it(timer, nats_server):
    await timer.at(Due(ONE, 7, 2), time.time() + 1)
    async with nats_timer(nats_server.endpoint, "main") as another:
        [fired] = await taken(another, 1)
        assert fired.due == Due(ONE, 7, 2)
        await fired.done()


async def test_a_letter_of_another_version_keeps_nobody_up(nats_server):
    async with connection(nats_server.endpoint, "admin") as admin:
        await ensure_streams(admin, "main")
    async with connection(nats_server.endpoint, "service") as service:
        place = "oms.later.main"
        letter = msgspec.json.encode([ONE, 6, 2, {"새": "것"}])
        await put_off(service, f"{place}.at.{ONE}.6", f"{place}.due.{ONE}", letter, time.time() - 1)
    async with nats_timer(nats_server.endpoint, "main") as timer:
        with pytest.raises(ConnectionError, match="1 letters wait for a version"):
            await taken(timer, 1)
        await timer.at(Due(ONE, 7, 2), time.time() - 1)
        [fired] = await taken(timer, 1)
        await fired.done()
    assert fired.due == Due(ONE, 7, 2)


async def test_what_another_took_and_did_not_do_comes_at_once(nats_server):
    async with connection(nats_server.endpoint, "admin") as admin:
        await ensure_streams(admin, "main")
    async with nats_timer(nats_server.endpoint, "main") as timer:
        for position in range(1, 4):
            await timer.at(Due(ONE, position, 2), time.time() - 1)
        first, *_ = await taken(timer, 3)
        await first.done()
    async with nats_timer(nats_server.endpoint, "main") as another:
        left = {each.due.position for each in await taken(another, 2)}
    assert left == {1, 2, 3} - {first.due.position}
