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

Handler = Callable[[str, Mapping[str, str], bytes], Awaitable[bytes]]
"""`(subject, headers, payload)` to reply. It answers its own failures: what it raises ends the door.

A future is answered when it is done; anything else costs a task.
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
        subscription = await client.take(f"oms.cmd.{ontology}.>", "door", door.take)
        await client.flush()
        try:
            yield
        finally:
            await subscription.unsubscribe()
            await door.close()
            with suppress(nats.errors.Error):  # the server may be away
                await client.flush(FLUSH_SECONDS)


class _Door:
    """Hands requests to the handler as they are read, and tells what is ready in one write for each turn of the loop."""

    def __init__(self, client: SteadyClient, handler: Handler, tasks: asyncio.TaskGroup) -> None:
        self._client, self._handler, self._tasks = client, handler, tasks
        self._in_hand: set[asyncio.Future[bytes]] = set()
        self._ready: list[tuple[bytes, bytes]] = []
        self._closed = False

    def take(
        self, subject: str, reply: bytes, payload: bytes, headers: Mapping[str, str]
    ) -> Coroutine[Any, Any, None] | None:
        if len(self._in_hand) >= IN_HAND:
            return self._take_later(subject, reply, payload, headers)
        if not self._closed:
            self._hand_over(subject, reply, payload, headers)
        return None

    async def _take_later(self, subject: str, reply: bytes, payload: bytes, headers: Mapping[str, str]) -> None:
        await asyncio.wait(self._in_hand, return_when=asyncio.FIRST_COMPLETED)
        if not self._closed:
            self._hand_over(subject, reply, payload, headers)

    def _hand_over(self, subject: str, reply: bytes, payload: bytes, headers: Mapping[str, str]) -> None:
        try:
            answer = self._handler(subject, headers, payload)
        except Exception as fault:  # noqa: BLE001  it ends the door, as what an answer raises does
            answer = _failed(fault)
        begun = answer if isinstance(answer, asyncio.Future) else self._tasks.create_task(_awaited(answer))
        self._in_hand.add(begun)
        begun.add_done_callback(partial(self._answered, reply))

    async def close(self) -> None:
        """Take nothing more; answer what is in hand, if that does not take too long."""
        self._closed = True
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=FAREWELL_SECONDS)
        for begun in self._in_hand:
            begun.cancel()
        await asyncio.sleep(0)  # the last ones are ready now
        await self._tell()

    def _answered(self, reply: bytes, answer: asyncio.Future[bytes]) -> None:
        self._in_hand.discard(answer)
        if answer.cancelled() or answer.exception() is not None or not reply:
            return
        self._ready.append((reply, answer.result()))
        if len(self._ready) == 1:
            self._tasks.create_task(self._tell())

    async def _tell(self) -> None:
        ready, self._ready = self._ready, []
        if ready:
            await self._client.send(ready)


async def _awaited(answer: Awaitable[bytes]) -> bytes:
    return await answer


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
