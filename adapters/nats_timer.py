"""Letters that come again, as schedules of JetStream: the server keeps them, and puts each out when it is due.

oms.later.<ontology>.at.<subscription>.<place>      waits; another one for the same letter takes its place
oms.later.<ontology>.due.<subscription>             comes to whoever carries letters out, until it is done
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from adapters.nats_config import later_stream
from adapters.nats_connection import ApiRefused, api, close, connect
from adapters.nats_later import ANSWER_SECONDS, Coming, done, put_off
from adapters.nats_server import Endpoint
from adapters.nats_streams import LATER_CONSUMER
from events.subscriptions.letters import Due

WAIT_SECONDS: Final = 5.0


class NatsTimer:
    def __init__(self, client: Client, ontology: str) -> None:
        self._client, self._ontology = client, ontology
        self._coming = Coming(client, ontology, LATER_CONSUMER)
        self._rewound = False

    async def at(self, due: Due, time: float) -> None:
        place = f"oms.later.{self._ontology}"
        waits, comes = f"{place}.at.{due.subscription}.{due.place}", f"{place}.due.{due.subscription}"
        await put_off(self._client, waits, comes, msgspec.json.encode(due), time)

    async def take(self) -> "Sequence[_Fired]":
        if not self._rewound:
            try:
                await self._rewind()
            except nats.errors.TimeoutError:
                return []
            self._rewound = True
        messages = await self._coming.take(WAIT_SECONDS)
        fired = [_Fired(due, message) for message in messages if (due := _due(message)) is not None]
        if messages and not fired:  # they come again, and keep nobody up
            raise ConnectionError(f"{len(messages)} letters wait for a version of OMS that can read them")
        return fired

    def rewind(self) -> None:
        self._rewound = False

    async def _rewind(self) -> None:
        """Also what another one took and did not do, who is no more."""
        stream = later_stream(self._ontology)
        try:
            first = (await api(self._client, f"STREAM.INFO.{stream}"))["state"]["first_seq"]
            await api(self._client, f"CONSUMER.RESET.{stream}.{LATER_CONSUMER}", {"seq": max(first, 1)})
        except nats.errors.TimeoutError:
            raise
        except (nats.errors.Error, ApiRefused, OSError) as error:
            raise ConnectionError(str(error) or repr(error)) from error


def _due(message: Msg) -> Due | None:
    """`None`: another version of OMS, as one that is upgraded or taken back, put it here."""
    try:
        return msgspec.json.decode(message.data, type=Due)
    except msgspec.DecodeError:
        return None


class _Fired:
    def __init__(self, due: Due, message: Msg) -> None:
        self.due, self._message = due, message

    async def done(self) -> None:
        await done(self._message)


@asynccontextmanager
async def nats_timer(endpoint: Endpoint, ontology: str) -> AsyncIterator[NatsTimer]:
    async with asyncio.timeout(ANSWER_SECONDS):
        client = await connect(endpoint, "service", name="timer of webhooks")
    try:
        yield NatsTimer(client, ontology)
    finally:
        await close(client)
