"""What every log must do, whoever keeps it."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from adapters.memory_log import MemoryLog
from adapters.nats_connection import connection
from adapters.nats_log import nats_log
from adapters.nats_server import nats_server
from adapters.nats_streams import ensure_streams
from events.names import event_subject
from producers.log import Appended, Doubt
from producers.outbox import Row


@asynccontextmanager
async def memory(_folder):
    yield MemoryLog()


@asynccontextmanager
async def jetstream(folder):
    async with nats_server(folder) as server:
        async with connection(server.endpoint, "admin") as admin:
            await ensure_streams(admin, "main")
        async with nats_log(server.endpoint, "main") as log:
            yield log


@pytest.fixture(params=[memory, jetstream], ids=lambda kept: kept.__name__)
async def log(request, tmp_path):
    async with request.param(tmp_path) as log:
        yield log


def rows(first, last, text="fact"):
    return [
        Row(n, event_subject("main", "prod/a/main", "object", "Flight", f"UA {n} 서울"), f"{text} {n}".encode())
        for n in range(first, last + 1)
    ]


async def test_an_empty_log_has_no_last_message(log):
    assert await log.last() is None
    assert await log.get(1) is None


@pytest.mark.parametrize("count", [1, 4, 5, 1000])
async def test_what_was_appended_stands_at_its_position(log, count):
    written = rows(1, count)
    assert await log.append(written, 0) == Appended(count)
    assert await log.last() == written[-1]
    assert [await log.get(n) for n in (1, (count + 1) // 2, count)] == [
        written[0],
        written[(count + 1) // 2 - 1],
        written[-1],
    ]


@pytest.mark.parametrize("after", [0, 2, 9])
@pytest.mark.parametrize("count", [1, 20])
async def test_nothing_is_stored_behind_another_end(log, after, count):
    await log.append(rows(1, 5), 0)
    assert isinstance(await log.append(rows(after + 1, after + count, "other"), after), Doubt)
    assert await log.last() == rows(5, 5)[0]


async def test_appends_in_flight_keep_their_order(log):
    appends = [log.append(rows(n + 1, n + 50), n) for n in range(0, 500, 50)]
    assert await asyncio.gather(*appends) == [Appended(n + 50) for n in range(0, 500, 50)]
    assert [await log.get(n) for n in range(1, 501, 99)] == rows(1, 501)[:501:99]


async def test_after_a_failed_append_those_behind_it_fail_too(log):
    appends = [log.append(rows(2, 51), 1), log.append(rows(52, 101), 51)]
    assert [type(answer) for answer in await asyncio.gather(*appends)] == [Doubt, Doubt]
    assert await log.last() is None
