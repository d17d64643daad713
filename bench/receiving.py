"""Who takes deliveries, in a process of its own: it costs as little as it can, and tells when each came.

POST /count/…  answered at once        /timed/…  and how long after its event it came is remembered
     /slow/…   answered after 10 s     /dead/…   never
GET  /until/N  answered with a `Tally` once N have been answered      /anew  forgets them

python -m bench.receiving              prints its port
"""

import asyncio
import json
import re
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Final

import aiohttp
import uvloop

from bench.processes import ROOT, cpu_seconds

SLOW_SECONDS: Final = 10.0
EACH: Final = 100  # deliveries between two marks
DONE: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TIME: Final = re.compile(rb'"time":"([^"]+)"')


@dataclass(slots=True)
class Tally:
    """`marks`: when (s, of the clock all processes share) every so manieth was answered; `late`: s, of those that are timed."""

    count: int = 0
    marks: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Receiver:
    """In a process of its own."""

    port: int
    pid: int

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def cpu(self) -> float:
        return cpu_seconds(self.pid)

    async def until(self, count: int) -> Tally:
        return Tally(**json.loads(await self._asked(f"until/{count}")))

    async def anew(self) -> None:
        await self._asked("anew")

    async def _asked(self, path: str) -> bytes:
        async with aiohttp.request("GET", self.url(path), timeout=aiohttp.ClientTimeout()) as answer:
            return await answer.read()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.receiving", cwd=ROOT, stdout=PIPE)
    assert process.stdout is not None
    try:
        yield Receiver(int(await process.stdout.readline()), process.pid)
    finally:
        process.terminate()
        await process.wait()


class _Desk:
    def __init__(self) -> None:
        self.tally = Tally()
        self.waiting: list[tuple[int, _Door]] = []

    def taken(self) -> None:
        self.tally.count += 1
        if self.tally.count % EACH == 0:
            self.tally.marks.append(time.monotonic())
        if self.waiting:
            self.tell()

    def tell(self) -> None:
        for count, door in [each for each in self.waiting if each[0] <= self.tally.count]:
            self.waiting.remove((count, door))
            door.say(json.dumps(asdict(self.tally)).encode())


class _Door(asyncio.Protocol):
    """One connection."""

    def __init__(self, desk: _Desk) -> None:
        self._desk, self._held = desk, b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # one of a socket
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._held, 0, end)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._held) < whole:
                return
            request, self._held = self._held[:whole], self._held[whole:]
            self._answer(request)

    def say(self, body: bytes) -> None:
        self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    def _answer(self, request: bytes) -> None:
        if request.startswith((b"POST /count/", b"POST /timed/")):
            self._transport.write(DONE)
            if request.startswith(b"POST /timed/") and (said := _TIME.search(request)):
                self._desk.tally.late.append(time.time() - datetime.fromisoformat(said[1].decode()).timestamp())
            self._desk.taken()
        elif request.startswith(b"POST /slow/"):
            asyncio.get_running_loop().call_later(SLOW_SECONDS, self._transport.write, DONE)
        elif request.startswith(b"GET /until/"):
            self._desk.waiting.append((int(request.split(b" ", 2)[1].rpartition(b"/")[2]), self))
            self._desk.tell()
        elif request.startswith(b"GET /anew"):
            self._desk.tally = Tally()
            self.say(b"")


async def _serve() -> None:
    desk = _Desk()
    server = await asyncio.get_running_loop().create_server(lambda: _Door(desk), "127.0.0.1", 0, backlog=1_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
