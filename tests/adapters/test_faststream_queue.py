"""The durable queue on a real nats-server: order, outcomes, crashes, an absent store, broken commands."""

import asyncio
import json
import os
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from adapters.faststream_queue import command_queue
from adapters.nats_connection import api, connection
from adapters.nats_streams import QUEUE_CONSUMER, queue_stream
from producers.outbox import OutboxUnavailable
from workers.queue import QueueWorker

SUBJECT = "oms.queue.main.local.prod.main.main.CreateObject"


class Line:
    """Decides in the order in which places are taken; can be shut."""

    def __init__(self):
        self.decided, self.shut, self.tried = [], False, asyncio.Event()
        self.opened = asyncio.Event()

    async def decide(self, subject, payload):
        if self.shut:
            self.tried.set()
            raise OutboxUnavailable("the disk is full", "make room")
        if payload not in self.decided:
            self.decided.append(payload)
        return json.dumps({"command": payload.decode(errors="replace"), "status": "accepted"}).encode()

    async def pause(self, attempt, failure):
        await self.opened.wait()


@asynccontextmanager
async def deciding(server, line):
    async with command_queue(server.endpoint, "main") as queue, asyncio.TaskGroup() as tasks:
        worker = QueueWorker(queue, line.decide, line.pause)
        stepping = tasks.create_task(forever(worker.step))
        yield queue
        stepping.cancel()


async def forever(step):
    while True:
        await step()


@asynccontextmanager
async def client(server):
    """An ordinary client, and the outcomes it hears."""
    async with connection(server.endpoint, "local") as nats:
        heard = await nats.subscribe("oms.outcome.main.local.>")
        await nats.flush()
        yield nats, heard


async def send(nats, *payloads):
    for payload in payloads:
        accepted = await nats.request(SUBJECT, payload, timeout=5)
        assert json.loads(accepted.data)["stream"] == queue_stream("main")


async def outcomes(heard, count):
    async with asyncio.timeout(20):
        return [json.loads((await heard.next_msg(20)).data)["command"] for _ in range(count)]


async def left(server):
    """Messages in the queue once all acknowledgements have arrived."""
    async with connection(server.endpoint, "admin") as admin:
        info = await api(admin, f"STREAM.INFO.{queue_stream('main')}")
        return info["state"]["messages"]


async def until_empty(server):
    async with asyncio.timeout(20):
        while await left(server):
            pass


async def test_commands_are_decided_in_order_and_their_outcomes_told(nats_server):
    line, names = Line(), [f"c{n}" for n in range(600)]
    async with client(nats_server) as (nats, heard):
        await asyncio.gather(*(send(nats, name.encode()) for name in names[:300]))
        async with deciding(nats_server, line):
            await send(nats, *(name.encode() for name in names[300:]))
            told = await outcomes(heard, 600)
            await until_empty(nats_server)
    assert line.decided == [name.encode() for name in told]
    assert sorted(told) == sorted(names)
    assert told[-300:] == names[300:]


def held(folder, text):
    """Files below the folder with that text in them."""
    found = []
    for path in (Path(here, name) for here, _, names in os.walk(folder) for name in names):
        with suppress(FileNotFoundError):  # the server removes some meanwhile
            found += [path] if text.encode() in path.read_bytes() else []
    return found


async def test_no_file_holds_a_command_that_was_answered(nats_server):
    line = Line()
    line.shut = True
    async with client(nats_server) as (nats, heard), deciding(nats_server, line):
        await send(nats, *(f"김철수 {n}".encode() for n in range(3)))
        await line.tried.wait()
        assert held(nats_server.folder, "김철수") != []
        line.shut = False
        line.opened.set()
        await outcomes(heard, 3)
        async with asyncio.timeout(20):
            while held(nats_server.folder, "김철수"):
                await nats.flush()
        await send(nats, b"later")
        assert await outcomes(heard, 1) == ["later"]


async def test_a_queued_command_waits_for_a_worker(nats_server):
    line = Line()
    async with client(nats_server) as (nats, heard):
        await send(nats, b"early")
        async with deciding(nats_server, line):
            assert await outcomes(heard, 1) == ["early"]


async def test_a_command_whose_worker_died_is_answered_again_and_first(nats_server):
    line = Line()
    async with client(nats_server) as (nats, heard):
        await send(nats, b"a", b"b")
        async with command_queue(nats_server.endpoint, "main") as queue:
            taken = await queue.take()
            assert [queued.payload for queued in taken][:1] == [b"a"]
            await line.decide(SUBJECT, b"a")
        await send(nats, b"c")
        async with deciding(nats_server, line):
            assert await outcomes(heard, 3) == ["a", "b", "c"]
            await until_empty(nats_server)
    assert line.decided == [b"a", b"b", b"c"]


async def test_a_command_that_the_consumer_takes_for_acknowledged_is_answered_all_the_same(nats_server):
    line = Line()
    async with client(nats_server) as (nats, heard):
        await send(nats, b"c1", b"c2", b"c3")
        async with connection(nats_server.endpoint, "admin") as admin:
            await api(admin, f"CONSUMER.RESET.{queue_stream('main')}.{QUEUE_CONSUMER}", {"seq": 3})
        async with deciding(nats_server, line):
            assert await outcomes(heard, 3) == ["c1", "c2", "c3"]
            await until_empty(nats_server)


async def test_while_the_store_is_away_nothing_is_lost_or_overtaken(nats_server):
    line = Line()
    line.shut = True
    async with client(nats_server) as (nats, heard), deciding(nats_server, line):
        await send(nats, b"a", b"b")
        await line.tried.wait()
        await send(nats, b"c")
        line.shut = False
        line.opened.set()
        assert await outcomes(heard, 3) == ["a", "b", "c"]
        await until_empty(nats_server)


async def test_a_command_that_is_no_json_reaches_the_handler(nats_server):
    line = Line()
    async with client(nats_server) as (nats, heard), deciding(nats_server, line):
        headers = {"content-type": "application/json", "correlation_id": "x", "reply_to": "oms.evt.main.x"}
        await nats.request(SUBJECT, b"{", timeout=5, headers=headers)
        await nats.request("oms.queue.main.local.oddly.short", b"\xff\x00", timeout=5)
        assert await outcomes(heard, 2) == ["{", "�\x00"]


async def test_commands_survive_a_restart_of_the_server(nats_server):
    line = Line()
    async with client(nats_server) as (nats, heard), deciding(nats_server, line):
        await send(nats, b"a")
        assert await outcomes(heard, 1) == ["a"]
        await nats_server.kill()
        await nats_server.start()
        async with asyncio.timeout(20):
            await nats.flush()
        await send(nats, b"b")
        assert await outcomes(heard, 1) == ["b"]


async def test_the_queue_is_left_as_the_one_place_made_it(nats_server):
    async def made():
        async with connection(nats_server.endpoint, "admin") as admin:
            stream = (await api(admin, f"STREAM.INFO.{queue_stream('main')}"))["config"]
            consumer = (await api(admin, f"CONSUMER.INFO.{queue_stream('main')}.committer"))["config"]
        return stream, consumer

    before = await made()
    async with deciding(nats_server, Line()):
        assert await made() == before
