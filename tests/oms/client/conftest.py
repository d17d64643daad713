"""A client on a real server, and the two who speak to it: a door that answers commands, a relay that writes the log."""

import json
from contextlib import asynccontextmanager

import pytest

from adapters.nats_connection import connection
from oms.client import connect


@pytest.fixture
async def client(nats_server):
    async with await connect(nats_server.folder.parent, deadline=10) as client:
        yield client


@pytest.fixture
async def relay(nats_server):
    """`await relay(n)` appends an event at position n."""
    async with connection(nats_server.endpoint, "relay") as nats:

        async def append(position, type_name="Flight"):
            subject = f"oms.evt.main.prod.main.main.object.{type_name}.{position}"
            body = json.dumps({"type": "io.oms.object.created.v1", "data": {"n": position}}).encode()
            reply = await nats.request(subject, body, timeout=5)
            assert json.loads(reply.data)["seq"] == position

        yield append


@pytest.fixture
def door(nats_server):
    """`async with door(answer)`: `answer(subject, headers, command)` gives an outcome's fields, or `None` for silence."""

    @asynccontextmanager
    async def opened(answer):
        async with connection(nats_server.endpoint, "service") as nats:

            async def handle(message):
                command = json.loads(message.data)
                fields = answer(message.subject, message.headers or {}, command)
                if fields is not None:
                    outcome = {
                        "command": command["id"],
                        "status": "accepted",
                        "position": 1,
                        "events": [],
                        "findings": [],
                    }
                    await message.respond(json.dumps(outcome | fields).encode())

            await nats.subscribe("oms.cmd.>", cb=handle)
            await nats.flush()
            yield

    return opened
