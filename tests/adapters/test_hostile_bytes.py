"""Bytes that no client library would send, on a socket of our own: nobody else may suffer from them."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from adapters.faststream_queue import command_queue
from adapters.nats_commands import command_door
from adapters.nats_connection import connection


def plain(subject, payload=b"1"):
    return b"PUB %s" + subject + b" %d\r\n" % len(payload) + payload + b"\r\n"


def with_headers(headers, payload=b"1"):
    sizes = b" %d %d\r\n" % (len(headers), len(headers) + len(payload))
    return b"HPUB %sa.b.c.D" + sizes + headers + payload + b"\r\n"


HOSTILE = {
    "a subject that is no UTF-8": plain(b"a.b.c.\xff\xfe"),
    "a subject in Korean": plain("a.b.c.한".encode()),
    "a subject of control characters": plain(b"a.b.c.\x01\x7f"),
    "a subject of one token more": plain(b"a.b.c.d.e"),
    "a subject of one token": plain(b"a"),
    "headers that are no UTF-8": with_headers(b"NATS/1.0\r\nA: \xff\xfe\r\n\r\n"),
    "headers that are none": with_headers(b"garbage\r\n\r\n"),
    "headers that look like the server's": with_headers(b"NATS/1.0 503\r\n\r\n"),
    "a status": with_headers(b"NATS/1.0\r\nStatus: 408\r\n\r\n"),
    "a reply to the log": with_headers(b"NATS/1.0\r\nreply_to: oms.evt.main.x\r\n\r\n"),
    "nothing": plain(b"a.b.c.D", b""),
}


async def publish(server, frame):
    login = server.endpoint.logins["local"]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await reader.readline()
    options = {"user": login.user, "pass": login.password, "verbose": False, "headers": True}
    writer.write(b"CONNECT " + json.dumps(options).encode() + b"\r\n" + frame + b"PING\r\n")
    await writer.drain()
    try:
        async with asyncio.timeout(5):
            assert await reader.readline() == b"PONG\r\n"
    finally:
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def door(server):
    arrived = asyncio.Queue()

    async def handler(subject, headers, payload, _told):
        await arrived.put(payload)
        return b"answered"

    async with command_door(server.endpoint, "main", handler):
        yield arrived


@pytest.mark.parametrize("frame", HOSTILE.values(), ids=HOSTILE)
async def test_the_door_stays_open(nats_server, frame):
    async with door(nats_server) as arrived, connection(nats_server.endpoint, "local") as client:
        await publish(nats_server, frame.replace(b"%s", b"oms.cmd.main.local."))
        async with asyncio.timeout(5):
            await arrived.get()
        reply = await client.request("oms.cmd.main.local.a.b.c.D", b"after", timeout=5)
        assert reply.data == b"answered"


@pytest.mark.parametrize("frame", HOSTILE.values(), ids=HOSTILE)
async def test_the_queue_goes_on(nats_server, frame):
    async with command_queue(nats_server.endpoint, "main") as queue, asyncio.timeout(10):
        await publish(nats_server, frame.replace(b"%s", b"oms.queue.main.local."))
        await publish(nats_server, b"PUB oms.queue.main.local.a.b.c.D 5\r\nafter\r\n")
        taken = []
        while len(taken) < 2:
            taken += await queue.take()
        assert [queued.sequence for queued in taken] == [1, 2]
        assert taken[1].payload == b"after"
