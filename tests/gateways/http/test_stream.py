"""The log as Server-Sent Events: every event once and in order, whoever comes back, and however slow they are."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from adapters.memory_feed import MemoryFeed
from events.wire.envelope import encode
from gateways.http.stream import message, parts
from gateways.http.tail import Heard, Tail
from projectors.projector import Fetched
from tests.events.samples import EVENT
from tests.gateways.http.conftest import event, filled, get, post

DEADLINE = 30


@asynccontextmanager
async def streaming(gateway, query="", **headers):
    """Gives `following()`: `(id, event)` each time, an event `None` where there is an id alone."""
    async with asyncio.timeout(DEADLINE), gateway.http.get(f"/stream{query}", headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream"), await answer.text()

        async def following():
            identity, data = None, None
            async for line in answer.content:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "id":
                    identity = int(value)
                elif name == "data":
                    data = json.loads(value)
                elif not name and identity is not None:
                    yield identity, data
                    identity = data = None

        yield following()


async def first(following, number):
    return [await anext(following) for _ in range(number)]


async def test_every_event_comes_with_its_position_and_then_those_that_happen(gateway):
    await filled(gateway, 3)
    async with streaming(gateway, "?from=1") as following:
        told = await first(following, 5)
        assert [position for position, _ in told] == [1, 2, 3, 4, 5]
        assert [told["sequence"] for _, told in told] == [f"{n:020}" for n in range(1, 6)]
        await post(gateway, event(9))
        assert (await anext(following))[1]["data"]["key"] == "G9"


async def test_who_comes_back_goes_on_behind_what_came_last(gateway):
    await filled(gateway, 5)
    async with streaming(gateway, "?from=1", **{"Last-Event-ID": "4"}) as following:
        assert (await anext(following))[0] == 5


async def test_without_a_position_it_begins_now(gateway):
    await filled(gateway, 5)
    async with streaming(gateway) as following:
        await post(gateway, event(9))
        assert (await anext(following))[1]["data"]["key"] == "G9"


async def test_filters_are_those_of_subscriptions(gateway):
    await filled(gateway, 20)
    exact = json.dumps({"suffix": {"subject": "/G7"}})
    for query in (
        f"filter={exact}",
        "sql=subject LIKE '%25/G7'",
        "type=io.oms.object.*&sql=data.key = 'G7'",
        f"branch=prod/*/main&source=/oms/main/prod/main&filter={exact}",
    ):
        async with streaming(gateway, f"?from=1&{query}") as following:
            assert (await anext(following))[1]["data"]["key"] == "G7"
    status, problem = await get(gateway, "/stream?type=io.oms.objct.*&branch=Prod&sql=1 +&filter={")
    assert status == 422
    codes = {each["code"] for each in problem["findings"]}
    assert codes >= {"SUBSCRIPTION_TYPE", "SUBSCRIPTION_BRANCH", "FILTER_SHAPE"}
    assert (await get(gateway, "/stream?objectType=Gate"))[1]["code"] == "UNAVAILABLE_VIEW"
    assert (await get(gateway, "/stream?typ=x"))[1]["code"] == "GATEWAY_PARAMETER"


@pytest.mark.parametrize(
    ("query", "last"), [("?from=99", None), ("", "99"), ("", "x"), ("?from=0", None), ("?from=-3", None), ("", "٣")]
)
async def test_a_position_that_is_not_there_is_refused(gateway, query, last):
    await filled(gateway, 0)
    headers = {} if last is None else {"Last-Event-ID": last}
    status, problem = await get(gateway, f"/stream{query}", **headers)
    assert (status, problem["code"]) == (400, "GATEWAY_POSITION")


async def test_it_ends_cleanly_with_the_program(gateway):
    await filled(gateway, 1)
    async with streaming(gateway, "?from=1") as following:
        await first(following, 3)
        gateway.stop()
        assert [each async for each in following] == []


async def test_a_reader_that_does_not_read_holds_no_more_than_a_page_and_misses_nothing(gateway_with):
    async with gateway_with(kept_events=50) as gateway:
        body = b'{"x":"' + b"x" * 10_000 + b'"}'
        await gateway.behind.tail.begun()
        at = await gateway.feed.last()
        async with streaming(gateway) as following:
            gateway.feed.append(Fetched(at + n, "", body) for n in range(1, 3_001))  # 30 MB
            read = await first(following, 10)
            await gateway.behind.tail.more(at + 2_999, DEADLINE)
            assert len(gateway.behind.tail._kept) == 50
            read += await first(following, 2_990)
            assert [position for position, _ in read] == [*range(at + 1, at + 3_001)]


async def test_where_nothing_passes_an_id_says_how_far_it_was_read():
    feed, told = MemoryFeed(), []
    tail = Tail(feed)
    following = asyncio.create_task(tail.run())
    await tail.begun()
    async with asyncio.timeout(DEADLINE):
        async for part in parts(tail, 0, lambda _: False, Uncounted(), heartbeat=0.01):
            told.append(part)
            if len(told) == 2:
                feed.append([Fetched(1, "", encode(EVENT))])
            if part.startswith(b"id"):
                tail.end()
    following.cancel()
    assert told[0] == b"retry: 1000\n\n"
    assert set(told[1:-1]) == {b":\n\n"}
    assert told[-1] == b"id: 1\n\n"


async def test_a_log_that_is_away_for_a_while_is_no_end():
    feed, told = Away([Fetched(1, "", encode(EVENT))]), []
    tail = Tail(feed, patience=0.01)
    following = asyncio.create_task(tail.run())
    await tail.begun()
    with pytest.raises(ConnectionError):
        await tail.page(0)
    async with asyncio.timeout(DEADLINE):
        async for part in parts(tail, 0, None, Uncounted(), heartbeat=0.01):
            told.append(part)
            if len(told) == 3:
                feed.there.set()
            if part.startswith(b"id: 1\ndata: "):
                tail.end()
    following.cancel()
    assert set(told[1:-1]) == {b":\n\n"}


class Away(MemoryFeed):
    """Pages come only while it is there."""

    def __init__(self, messages):
        super().__init__(messages)
        self.there = asyncio.Event()

    async def read(self, after, until=None):
        if until is not None:
            await self.there.wait()
        async for chunk in super().read(after, until):
            yield chunk


def test_a_body_with_line_ends_is_one_event_all_the_same():
    assert message(Heard(3, b'{\n"a":1}')) == b'id: 3\ndata: {\ndata: "a":1}\n\n'


class Uncounted:
    def told(self, events):
        pass
