"""A door in memory, and a way to speak through it."""

import json
from collections.abc import AsyncIterator

import pytest

from adapters.memory_outbox import MemoryOutbox
from events.names import command_subject
from gateways.commands import CommandDoor
from tests.gateways.doors import BRANCH, deciding


@pytest.fixture
async def door() -> AsyncIterator[CommandDoor]:
    async with deciding(MemoryOutbox("main")) as opened:
        yield opened


@pytest.fixture
def send(door):
    """`await send(type, data, **envelope)` gives the outcome as a dict."""

    async def sent(kind, data, *, principal="local", headers=None, **envelope):
        body = {"id": "c1", "type": kind, "branch": BRANCH, "data": data, **envelope}
        subject = command_subject("main", principal, BRANCH, kind)
        return json.loads(await door.answer(subject, headers or {}, json.dumps(body).encode()))

    return sent
