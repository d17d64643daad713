"""A client that takes as little as it can from what it measures: as many requests as answers came go out in one write."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import islice

from adapters.nats_config import Login
from adapters.nats_wire import Wire
from bench.flights import Message


class Firing(Wire):
    """Opened with `open`, closed with `close`, as any `Wire`."""

    def __init__(self, login: Login | None) -> None:
        super().__init__(login)
        self._left: Iterator[tuple[bytes, bytes]] = iter(())  # reply subject and frame of each request that waits
        self._begun: dict[bytes, float] = {}  # by reply subject: when it was sent
        self._latencies: list[float] = []
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._refused: bytes | None = None

    async def fire(self, messages: Sequence[Message], at_once: int) -> list[float]:
        """Seconds that each command took. Raises `WireLost`, and `AssertionError` for one that was not accepted."""
        self._latencies, self._over = [], asyncio.get_running_loop().create_future()
        self._left = iter([self._framed(number, message) for number, message in enumerate(messages)])
        self._send(at_once)
        await self._over
        assert self._refused is None, self._refused
        return self._latencies

    def data_received(self, data: bytes) -> None:
        before = len(self._latencies)
        super().data_received(data)
        answered = len(self._latencies) - before
        self._send(answered)
        if answered and not self._begun and not self._over.done():
            self._over.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if not self._over.done():
            self._over.set_exception(self._lost or ConnectionError())

    def _framed(self, number: int, message: Message) -> tuple[bytes, bytes]:
        reply = f"{self.inbox}.r.{number}".encode()
        return reply, b"PUB %b %b %d\r\n%b\r\n" % (message.subject.encode(), reply, len(message.body), message.body)

    def _send(self, count: int) -> None:
        if count and (following := list(islice(self._left, count))):
            self._begun.update(dict.fromkeys((reply for reply, _ in following), time.perf_counter()))
            self._write(b"".join([frame for _, frame in following]))

    def _other(self, words: list[bytes], headers: bytes, body: bytes) -> None:
        begun = self._begun.pop(words[1], None)
        if begun is None:
            return super()._other(words, headers, body)
        self._latencies.append(time.perf_counter() - begun)
        if b'"status":"accepted"' not in body:
            self._refused = body
        return None
