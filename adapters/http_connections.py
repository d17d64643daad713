"""Connections that are kept between requests, to anybody; each begins with a name that is looked up and a socket that is permitted.

origin ─► one that is free ─────────────────────────────────┐
   └────► name ─► addresses ─► a socket to a permitted one ─► TLS ─► request ─► answer ─► free again, or closed
"""

import asyncio
import socket
import ssl
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, NamedTuple

from aiohappyeyeballs import start_connection

from adapters.http_connection import Answer, Connection

CONNECT_SECONDS: Final = 10.0
EYEBALLS_SECONDS: Final = 0.25  # before the next address is tried beside the first. Source: RFC 8305, 8
IDLE_SECONDS: Final = 15.0  # then a free connection is closed: most servers keep them no longer
MOST_FREE: Final = 1_000
LOOKUPS: Final = 32  # threads: a name whose server is silent holds one for long

Address = tuple[int, int, int, str, Any]
"""As `socket.getaddrinfo` tells them."""
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
Socket = Callable[[Address], socket.socket]
"""Raises `AddressRefused`."""
Reached = Callable[[str], None]
"""Hears the IP address that is connected to, before anything is said there."""


class AddressRefused(PermissionError):
    """Nothing is sent there."""


class Connected(NamedTuple):
    """A socket, and the IP address that it leads to."""

    socket: socket.socket
    address: str


Connect = Callable[[Sequence[Address]], Awaitable[Connected]]
"""To the first of them that is permitted and can be reached. Raises `AddressRefused` where none is permitted, else `OSError`."""


class Origin(NamedTuple):
    """`host` without brackets; `context` where TLS is not as it is to everybody."""

    tls: bool
    host: str
    port: int
    context: ssl.SSLContext | None = None


class HttpConnections:
    """Of the running loop; `close` after use."""

    def __init__(self, connect: Connect, resolve: Resolve) -> None:
        self._connect, self._resolve = connect, resolve
        self._loop = asyncio.get_running_loop()
        self._free: dict[Origin, deque[Connection]] = {}
        self._kept = 0
        self._sweep: asyncio.TimerHandle | None = None
        self._tls = ssl.create_default_context()

    async def ask(self, origin: Origin, request: bytes, seconds: float, reached: Reached) -> Answer:
        """Within `seconds`. Raises `AddressRefused`, `http_connection.AnswerTooLong`, `NotHttp`, `OSError`."""
        connection = self._taken(origin)
        if connection is None:
            begun = self._loop.time()
            async with asyncio.timeout(min(seconds, CONNECT_SECONDS)):
                connection = await self._opened(origin, reached)
            seconds -= self._loop.time() - begun
        else:
            reached(connection.peer)
        late = self._loop.call_later(seconds, connection.give_up)
        try:
            return await connection.ask(request)
        finally:
            late.cancel()
            self._keep(origin, connection)

    def close(self) -> None:
        for several in self._free.values():
            for connection in several:
                connection.close()
        self._free.clear()
        if self._sweep is not None:
            self._sweep.cancel()

    def _taken(self, origin: Origin) -> Connection | None:
        """The one that was used last: so those that are not needed grow old."""
        several = self._free.get(origin)
        while several:
            connection, self._kept = several.pop(), self._kept - 1
            if connection.free:
                return connection
        return None

    def _keep(self, origin: Origin, connection: Connection) -> None:
        if not connection.free or self._kept >= MOST_FREE:
            connection.close()
            return
        self._kept += 1
        connection.since = self._loop.time()
        self._free.setdefault(origin, deque()).append(connection)
        if self._sweep is None:
            self._sweep = self._loop.call_later(IDLE_SECONDS, self._swept)

    def _swept(self) -> None:
        old, self._sweep = self._loop.time() - IDLE_SECONDS, None
        for origin, several in list(self._free.items()):
            while several and (several[0].since <= old or not several[0].free):
                several.popleft().close()
                self._kept -= 1
            if not several:
                del self._free[origin]
        if self._free:
            self._sweep = self._loop.call_later(IDLE_SECONDS, self._swept)

    async def _opened(self, origin: Origin, reached: Reached) -> Connection:
        connected, address = await self._connect(await self._resolve(origin.host, origin.port))
        reached(address)
        try:
            _, connection = await self._loop.create_connection(
                partial(Connection, self._loop), sock=connected, ssl=(origin.context or self._tls) if origin.tls else None,
                server_hostname=origin.host if origin.tls else None,
            )  # fmt: skip
        except BaseException:
            connected.close()
            raise
        connection.peer = address
        return connection


def directly(make: Socket) -> Connect:
    """Whichever answers first, the second begun a little later than the first."""

    async def connect(addresses: Sequence[Address]) -> Connected:
        refused: list[AddressRefused] = []

        def made(address: Address) -> socket.socket:
            try:
                return make(address)
            except AddressRefused as error:
                refused.append(error)
                raise

        try:
            connected = await start_connection(addresses, happy_eyeballs_delay=EYEBALLS_SECONDS, socket_factory=made)
        except (OSError, RuntimeError) as error:
            raise (refused[0] if refused else error) from None
        return Connected(connected, connected.getpeername()[0])

    return connect


def looked_up(threads: int = LOOKUPS) -> Resolve:
    """Names become addresses in threads of their own, each name in one at a time: one whose server is silent delays no other."""
    pool = ThreadPoolExecutor(threads, "names")
    asked: dict[tuple[str, int], asyncio.Future[list[Any]]] = {}

    async def resolve(host: str, port: int) -> Sequence[Address]:
        try:
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            pass
        found = asked.get((host, port))
        if found is None:
            loop = asyncio.get_running_loop()
            found = loop.run_in_executor(pool, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            asked[host, port] = found
            found.add_done_callback(lambda _: asked.pop((host, port)))
        return await asyncio.shield(found)

    return resolve


class Turns:
    """At most `most` at a time, first come first served; who has none under way never waits: so nobody can hold all of them."""

    def __init__(self, most: int) -> None:
        self._most, self._under_way = most, 0
        self._of: Counter[str] = Counter()
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self, who: str) -> None:
        if self._under_way >= self._most and self._of[who]:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._next()
                raise
        self._under_way += 1
        self._of[who] += 1

    def give(self, who: str) -> None:
        self._under_way -= 1
        self._of[who] -= 1
        if not self._of[who]:
            del self._of[who]
        self._next()

    def _next(self) -> None:
        while self._waiting and self._under_way < self._most:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
