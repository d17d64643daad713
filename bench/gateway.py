"""What HTTP adds: events through the gateway of a real `oms up`, beside the same commands over NATS; the log out by streams."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import aiohttp

from adapters.nats_server import Endpoint
from adapters.nats_wire import Wire
from bench import flights
from bench.figures import Figure, Took
from bench.processes import Program, up
from bench.stock import Stock
from oms.client import connect

Item = TypeVar("Item")
AT_ONCE = 32
A_BATCH = 100
STREAMS = 100
EVENT, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


async def figures(stock: Stock) -> list[Figure]:
    commands = stock.sized(10_000)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = stock.folder / "gateway"
    folder.mkdir()
    (folder / "oms.toml").write_text(f"gateway_port = {port}\n")
    async with up(folder) as program, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        wire = await Wire.open(*_login(folder))
        await wire.request(*flights.single(flights.declaration(), "type")[:2])
        await _post(http, [_event(-1)], EVENT)  # it loads what it needs
        singly = await _measured(program, commands, lambda: _singly(http, commands))
        batched = await _measured(program, commands, lambda: _batched(http, commands))
        bare = await _measured(program, commands, lambda: _bare(wire, commands))
        out = await _measured(program, 3 * commands, lambda: _read(http, 3 * commands))
        client = await _measured(program, 3 * commands, lambda: _subscribed(folder, 3 * commands))
        live = await _measured(program, STREAMS * commands // 10, lambda: _live(http, wire, commands // 10))
        wire.close()
    nats = "the same commands over NATS, 32 in flight"
    return [
        Figure("event by HTTP → outcome, 32 at once", *singly, nats, bare[0], "", "one interpreter"),
        Figure("events in batches of 100, 4 at once → outcomes", *batched, nats, bare[0]),
        Figure("the log read by one stream", *out, "oms.client, pages of the log", client[0]),
        Figure(f"events told to {STREAMS} streams as they happen", *live, "", None, "", "each is written to each"),
    ]  # fmt: skip


async def _measured(program: Program, items: int, work: Callable[[], Awaitable[None]]) -> tuple[float, str, float]:
    """`(rate, unit, CPU µs of the program an item)`"""
    before = program.cpu()[0]
    with Took() as took:
        await work()
    return items / took.wall, "/s", (program.cpu()[0] - before) / items * 1e6


async def _singly(http: aiohttp.ClientSession, commands: int) -> None:
    await _at_once(AT_ONCE, ([_event(n)] for n in range(commands)), lambda several: _post(http, several, EVENT))


async def _batched(http: aiohttp.ClientSession, commands: int) -> None:
    numbers = iter(range(commands, 2 * commands))
    batches = iter(lambda: [_event(n) for n in islice(numbers, A_BATCH)], [])
    await _at_once(4, batches, lambda several: _post(http, several, BATCH))


async def _bare(wire: Wire, commands: int) -> None:
    messages = (flights.single(flights.created(2 * commands + n), f"n{n}") for n in range(commands))
    await _at_once(AT_ONCE, messages, lambda message: _accepted(wire, message))


async def _at_once(number: int, items: Iterator[Item], work: Callable[[Item], Awaitable[None]]) -> None:
    async def worker() -> None:
        for item in items:
            await work(item)

    await asyncio.gather(*(worker() for _ in range(number)))


async def _accepted(wire: Wire, message: flights.Message) -> None:
    answer = await wire.request(message.subject, message.body)
    assert b'"status":"accepted"' in answer, answer


async def _post(http: aiohttp.ClientSession, events: list[bytes], kind: str) -> None:
    body = events[0] if kind == EVENT else b"[" + b",".join(events) + b"]"
    async with http.post("/events", data=body, headers={"Content-Type": kind}) as answer:
        found = await answer.read()
        assert answer.status == 200, found


def _event(number: int) -> bytes:
    part = flights.created(number)
    said = {"specversion": "1.0", "id": str(number), "source": "/bench", "type": f"io.oms.command.{part['type']}.v1"}
    return json.dumps({**said, "data": {"branch": flights.BRANCH, "data": part["data"]}}).encode()


async def _read(http: aiohttp.ClientSession, events: int) -> None:
    async with http.get("/stream?from=1") as answer:
        await _heard(answer, events)


async def _live(http: aiohttp.ClientSession, wire: Wire, events: int) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(http._base_url, connector=connector) as many:
        answers = [await many.get("/stream") for _ in range(STREAMS)]
        told = [asyncio.create_task(_heard(answer, events)) for answer in answers]
        for number in range(events):
            await _accepted(wire, flights.single(flights.changed(number, number), f"live{number}"))
        await asyncio.gather(*told)


async def _heard(answer: aiohttp.ClientResponse, events: int) -> None:
    left, end = events, b""
    async for part in answer.content.iter_any():
        left -= (end + part).count(b"\ndata: ")
        end = part[-6:] if not part.endswith(b"\ndata: ") else b""
        if left <= 0:
            return


async def _subscribed(folder: Path, events: int) -> None:
    async with await connect(folder) as client:
        async for event in client.subscribe(until=await client.last()):
            events -= 1
            if not events:
                assert event.position
                return


def _login(folder: Path) -> tuple[str, object]:
    endpoint = Endpoint.of(folder / "nats")
    return endpoint.url, endpoint.logins["local"]
