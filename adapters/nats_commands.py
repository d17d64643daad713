"""The command door over NATS: a request on `oms.cmd.<o>.…` is handed to a handler, its answer is the reply.

Several processes may open the same door: each request reaches one of them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from adapters.nats_connection import connection
from adapters.nats_server import Endpoint

Handler = Callable[[str, Mapping[str, str], bytes], Awaitable[bytes]]
"""`(subject, headers, payload)` to reply. It answers its own failures: what it raises ends the door."""

IN_HAND = 10_000  # requests; more wait in the connection
FAREWELL_SECONDS = 10.0  # for requests in hand when the door closes
NOTHING: Mapping[str, str] = {}


class Unanswered(Exception):
    """No outcome came: the command may or may not have been decided. Ask again under the same command id."""

    def __init__(self, subject: str, reason: str) -> None:
        self.subject, self.reason = subject, reason
        super().__init__(f"{subject}: {reason}; nobody knows whether it was decided, send it again under the same id")


@asynccontextmanager
async def command_door(
    endpoint: Endpoint, ontology: str, handler: Handler, user: str = "service"
) -> AsyncIterator[None]:
    """Open while the block runs; requests in hand are answered before it ends."""
    async with connection(endpoint, user, name=f"door {ontology}") as client, asyncio.TaskGroup() as tasks:
        free = asyncio.Semaphore(IN_HAND)

        async def answer(message: Msg) -> None:
            try:
                reply = await handler(message.subject, message.headers or NOTHING, message.data)
            finally:
                free.release()
            if message.reply:
                await client.publish(message.reply, reply)

        async def take(message: Msg) -> None:
            await free.acquire()
            in_hand.add(task := tasks.create_task(answer(message)))
            task.add_done_callback(in_hand.discard)

        in_hand: set[asyncio.Task[None]] = set()
        subscription = await client.subscribe(f"oms.cmd.{ontology}.>", queue="door", cb=take)
        await client.flush()
        try:
            yield
        finally:
            await subscription.unsubscribe()
            if in_hand:
                await asyncio.wait(in_hand, timeout=FAREWELL_SECONDS)
            for task in in_hand:
                task.cancel()
            await client.flush()


class Requests:
    """Sends commands and waits for outcomes. Use `requests`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def request(
        self, subject: str, payload: bytes, headers: Mapping[str, str] = NOTHING, seconds: float = 10.0
    ) -> bytes:
        """The reply. Raises `Unanswered` after `seconds`, or at once when no door is open."""
        try:
            reply = await self._client.request(subject, payload, timeout=seconds, headers=dict(headers) or None)
        except nats.errors.NoRespondersError:
            raise Unanswered(subject, "no command door is open") from None
        except (nats.errors.Error, TimeoutError) as error:
            raise Unanswered(subject, str(error) or f"no answer within {seconds} s") from error
        return reply.data


@asynccontextmanager
async def requests(endpoint: Endpoint, user: str = "local") -> AsyncIterator[Requests]:
    """Requests over one connection, which reconnects for ever."""
    async with connection(endpoint, user, name="commands") as client:
        yield Requests(client)
