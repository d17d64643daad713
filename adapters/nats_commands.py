"""The command door over NATS: a request on `oms.cmd.<o>.…` is handed to a handler, its answer is the reply.

Several processes may open the same door: each request reaches one of them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import nats.errors
from nats.aio.client import Client

from adapters.nats_connection import NO_HEADERS, SteadyClient, connection
from adapters.nats_server import Endpoint

Handler = Callable[[str, Mapping[str, str], bytes, Callable[[bytes], None]], Awaitable[bytes] | None]
"""`(subject, headers, payload, told)`: awaited it is the reply, or `None` and `told` hears the reply later.

To await costs a task. It answers its own failures: what it raises ends the door.
"""

IN_HAND = 10_000  # requests; more wait in the connection
FAREWELL_SECONDS = 10.0  # for requests in hand when the door closes
FLUSH_SECONDS = 2


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
        door = _Door(client, handler, tasks)
        telling = tasks.create_task(door.tell())
        subscription = await client.take(f"oms.cmd.{ontology}.>", "door", door.take)
        await client.flush()
        try:
            yield
        finally:
            await subscription.unsubscribe()
            await door.close()
            telling.cancel()
            with suppress(nats.errors.Error):  # the server may be away
                await client.flush(FLUSH_SECONDS)


class _Door:
    """Hands requests to the handler as they are read, and tells what is ready in one write for each turn of the loop."""

    def __init__(self, client: SteadyClient, handler: Handler, tasks: asyncio.TaskGroup) -> None:
        self._client, self._handler, self._tasks = client, handler, tasks
        self._in_hand = 0
        self._fewer, self._said = asyncio.Event(), asyncio.Event()
        self._awaited: set[asyncio.Task[None]] = set()
        self._ready: list[tuple[bytes, bytes]] = []
        self._closed = False

    def take(
        self, subject: str, reply: bytes, payload: bytes, headers: Mapping[str, str]
    ) -> Coroutine[Any, Any, None] | None:
        if self._in_hand >= IN_HAND:
            return self._take_later(subject, reply, payload, headers)
        if not self._closed:
            self._hand_over(subject, reply, payload, headers)
        return None

    async def _take_later(self, subject: str, reply: bytes, payload: bytes, headers: Mapping[str, str]) -> None:
        await self._until(IN_HAND)
        if not self._closed:
            self._hand_over(subject, reply, payload, headers)

    async def _until(self, fewer_than: int) -> None:
        while self._in_hand >= fewer_than:
            self._fewer.clear()
            await self._fewer.wait()

    def _hand_over(self, subject: str, reply: bytes, payload: bytes, headers: Mapping[str, str]) -> None:
        self._in_hand += 1
        try:
            answer = self._handler(subject, headers, payload, partial(self._told, reply))
        except Exception as fault:  # noqa: BLE001  it ends the door, as what an answer raises does
            answer = _failed(fault)
        if answer is not None:
            task = self._tasks.create_task(self._await(answer, reply))
            self._awaited.add(task)
            task.add_done_callback(self._awaited.discard)

    async def _await(self, answer: Awaitable[bytes], reply: bytes) -> None:
        try:
            self._say(reply, await answer)
        finally:
            self._done()

    def _told(self, reply: bytes, answer: bytes) -> None:
        self._say(reply, answer)
        self._done()

    def _say(self, reply: bytes, answer: bytes) -> None:
        if reply:
            self._ready.append((reply, answer))
            self._said.set()

    def _done(self) -> None:
        self._in_hand -= 1
        self._fewer.set()

    async def tell(self) -> None:
        """Until cancelled."""
        while True:
            await self._said.wait()
            self._said.clear()
            await self._tell()

    async def _tell(self) -> None:
        ready, self._ready = self._ready, []
        if ready:
            await self._client.send(ready)

    async def close(self) -> None:
        """Take nothing more; answer what is in hand, if that does not take too long."""
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._until(1)
        for task in self._awaited:
            task.cancel()
        await self._tell()


async def _failed(fault: Exception) -> bytes:
    raise fault


class Requests:
    """Sends commands and waits for outcomes. Use `requests`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def request(
        self, subject: str, payload: bytes, headers: Mapping[str, str] = NO_HEADERS, seconds: float = 10.0
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
