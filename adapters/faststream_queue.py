"""The durable queue: a FastStream subscriber brings queued commands, in order; a worker takes all that are there.

Against FastStream's habits (0.7.8), each seen to lose, repeat, reorder or misdirect commands, or to cost much:
declares streams        `declare=False` and an existing consumer; both are made in `nats_streams`
drops on a bug          MANUAL acknowledgement, after the outcome was told
single, n at a time     handles them at once and so out of order: one batch at a time
batches                 loses one when a pull ends within 0.1 ms of its time, and waits all of that time: a pull of ours
decodes first           would refuse broken JSON before anybody could answer it: payloads stay as they are
replies                 to whatever a client's `reply_to` header says: `no_reply`
connects                with a client that stops for ever at a subject that is no UTF-8: a connection of ours
"""

import asyncio
import json
from asyncio import Queue as Buffer
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import nats.errors
from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.nats import JStream, NatsBroker, PullSub
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from adapters.nats_config import queue_stream
from adapters.nats_connection import ApiRefused, api, connect
from adapters.nats_pull import AT_ONCE, Pull
from adapters.nats_server import Endpoint
from adapters.nats_streams import NO_SUCH_MESSAGE, QUEUE_CONSUMER

USER = "service"
PULL_SECONDS = 1.0  # how long FastStream waits before it looks whether it shall end
SILENT_SECONDS = 5.0  # nothing came: time to look whether something waits


class QueuedMessage:
    """A command in our hands."""

    def __init__(self, message: Msg) -> None:
        self._message = message
        self.sequence: int = message.metadata.sequence.stream
        self.subject, self.payload = message.subject, message.data

    async def keep(self) -> None:
        with _reaching():
            await self._message.in_progress()

    async def done(self) -> None:
        with _reaching():
            await self._message.ack()


class CommandQueue:
    """The queue of one ontology; for one process at a time. Runs from `start` to `stop`."""

    def __init__(self, endpoint: Endpoint, ontology: str) -> None:
        self.stream = queue_stream(ontology)
        self._arrived: Buffer[QueuedMessage] = Buffer(AT_ONCE)
        self.broker = _Broker(endpoint)
        subscriber = self.broker.subscriber(
            f"oms.queue.{ontology}.>",
            durable=QUEUE_CONSUMER,
            stream=JStream(self.stream, declare=False),
            pull_sub=PullSub(batch_size=AT_ONCE, timeout=PULL_SECONDS, batch=True),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            decoder=_as_it_is,
            title="decideQueuedCommands",
            description="Commands accepted now and decided later, in the order in which they were queued.",
        )
        subscriber(self._arrive)

    async def start(self) -> None:
        self._client = await self.broker.connect()
        await self.rewind()  # what a worker before us left unanswered
        await self._wipe_what_is_left()
        await self.broker.start()

    async def stop(self) -> None:
        """What was taken and is not done comes again, here or elsewhere."""
        try:
            await self.broker.stop()
        except nats.errors.Error:  # the server is away: nobody to say goodbye to
            await self._client.close()

    async def take(self) -> list[QueuedMessage]:
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                taken = [await self._arrived.get()]
        except TimeoutError:
            return []
        while not self._arrived.empty():
            taken.append(self._arrived.get_nowait())
        return taken

    async def tell(self, subject: str, outcome: bytes) -> None:
        with _reaching():
            await self._client.publish(subject, outcome)

    async def oldest(self, since: int) -> int:
        ask = {"seq": since, "next_by_subj": "oms.queue.>"}
        with _reaching():
            try:
                found = await api(self._client, f"STREAM.MSG.GET.{self.stream}", ask)
            except ApiRefused as refused:
                if refused.code == NO_SUCH_MESSAGE:
                    return 0
                raise
        return int(found["message"]["seq"])

    async def rewind(self) -> None:
        while not self._arrived.empty():  # before, not after: what comes again must stay
            self._arrived.get_nowait()
        with _reaching():  # to what the stream holds: without a place it is what the consumer takes for acknowledged
            ask = {"seq": await self._first()}
            await api(self._client, f"CONSUMER.RESET.{self.stream}.{QUEUE_CONSUMER}", ask)

    async def wipe(self, before: int) -> None:
        # NOTE an acknowledged message lies in its file until the server begins another one; purged, the file goes at once.
        # No answer is awaited: if it is lost, the next wipe or start takes its place
        with _reaching():
            await self._client.publish(f"$JS.API.STREAM.PURGE.{self.stream}", _before(before))

    async def _wipe_what_is_left(self) -> None:
        """What a worker before us answered. Raises `ConnectionError`, also where we may not."""
        with _reaching():
            await api(self._client, f"STREAM.PURGE.{self.stream}", {"seq": await self._first()})

    async def _first(self) -> int:
        """The sequence of the first command that is there, or of the next to come."""
        held = await api(self._client, f"STREAM.INFO.{self.stream}")
        return max(int(held["state"]["first_seq"]), 1)

    async def _arrive(self, batch: Any) -> None:  # list[Msg]; FastStream cannot describe one
        for message in batch:
            await self._arrived.put(QueuedMessage(message))


@asynccontextmanager
async def command_queue(endpoint: Endpoint, ontology: str) -> AsyncIterator[CommandQueue]:
    """A queue that runs inside the block."""
    queue = CommandQueue(endpoint, ontology)
    try:
        await queue.start()
        yield queue
    finally:
        await queue.stop()


class _Broker(NatsBroker):
    """On a connection and with a pull of our own making."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint.url, logger=None, apply_types=False, graceful_timeout=PULL_SECONDS)
        self._endpoint = endpoint

    async def _connect(self) -> Client:
        client = await connect(self._endpoint, USER, name="oms queue")
        self.config.connect(client)
        self.config.broker_config.connection_state.connect(client, _Pulls(client))
        return client


class _Pulls(JetStreamContext):
    """Where FastStream asks for its pull subscription."""

    async def pull_subscribe(self, *_: Any, **options: Any) -> Any:
        pull = Pull(self._nc, options["stream"], options["durable"])
        await pull.open()
        return pull


def _before(sequence: int) -> bytes:
    """NOTE without a sequence, or with 0, a purge takes all; with 1 it takes nothing."""
    if sequence < 1:
        raise ValueError(sequence)
    return json.dumps({"seq": sequence}).encode()


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except (nats.errors.Error, ApiRefused, TimeoutError, OSError) as error:
        raise ConnectionError(str(error) or type(error).__name__) from error


async def _as_it_is(message: StreamMessage[Any]) -> Any:
    return message.raw_message
