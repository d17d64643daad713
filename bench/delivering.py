"""Events carried out to endpoints that somebody else runs, signed: how many a second, how soon, and who waits for whom.

The receivers are one process of their own, which does nothing else. Beside it, in the same run, a bare aiohttp client posts
the same bodies with signatures to the same receiver, as many at a time.
"""

import asyncio
import base64
import hmac
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp

from adapters.nats_server import Endpoint
from adapters.nats_wire import Wire
from bench import flights
from bench.figures import Figure, percentile
from bench.processes import Program, apart, cpu_seconds, megabytes, up
from bench.receiving import EACH, Receiver, receiving
from bench.stock import Stock
from events.subscriptions.secret_ids import signs
from oms.client import Client, connect
from oms.secrets import made
from oms.settings import Settings

ENDPOINTS: Final = 10
AT_ONCE: Final = 10  # requests of each, as it is where nobody says otherwise
DELIVERIES: Final = 1_000_000
IN_ORDER: Final = 50_000
POSTS: Final = 100_000
HEALTHY: Final = 98
PER_SECOND: Final = 20  # events, to each of the healthy
BODY: Final = 1_000  # bytes, about what an event of a flight has


async def figures(stock: Stock) -> list[Figure]:
    return [*await _many(stock), *await _soon(stock), *await _apart(stock)]


class Drained(NamedTuple):
    """Deliveries a second, CPU µs of each (of OMS, of the receiver), memory (MB) after a tenth and at the end."""

    rate: float
    cpu: float
    receiver: float
    early: float
    late: float


async def _many(stock: Stock) -> Iterator[Figure]:
    """A log that is there, carried out to several at once, as after an outage."""
    deliveries, posts = stock.sized(DELIVERIES), stock.sized(POSTS)
    async with receiving() as receiver:
        floor = (await apart(partial(_posted, receiver.url("count/floor"), posts, ENDPOINTS * AT_ONCE))).result
        await receiver.anew()
        drained = await _drained(stock.folder / "delivering", receiver, deliveries, ENDPOINTS)
        await receiver.anew()
        ordered = await _drained(stock.folder / "in order", receiver, stock.sized(IN_ORDER), 1, ordered=True)
    return _told(deliveries, drained, floor, ordered)


def _told(deliveries: int, drained: Drained, floor: tuple[float, float], ordered: Drained) -> Iterator[Figure]:
    title = f"{deliveries:,} deliveries to {ENDPOINTS} endpoints, signed"
    beside = f"bare aiohttp and hmac, {floor[1]:.0f} µs"
    bound = f"one core of Python; the receiver takes {drained.receiver:.0f} µs on the other"
    yield Figure(title, drained.rate, "/s", drained.cpu, beside, floor[0], "≥ 5,000/s", bound)
    yield Figure("memory at their end", drained.late, "MB", None, "after a tenth", drained.early, "ratio ≤ 1.1")
    yield Figure("to one endpoint in strict order", ordered.rate, "/s", ordered.cpu, bound="a round trip for each")


async def _drained(
    folder: Path, receiver: Receiver, deliveries: int, endpoints: int, *, ordered: bool = False
) -> Drained:
    events = deliveries // endpoints
    async with _served(folder, receiver, "--without", "webhooks") as (program, client):
        sinks = [receiver.url(f"count/{number}") for number in range(endpoints)]
        await _registered(client, folder, sinks, ordered=ordered)
        await _written(program, events)
        async with up(folder, "--role", "webhooks") as carrying:
            early = await receiver.until(max(deliveries // 10, EACH))
            memory, spent, taken = megabytes(carrying.pid), cpu_seconds(carrying.pid), receiver.cpu()
            last = await receiver.until(deliveries)
            spent, taken = cpu_seconds(carrying.pid) - spent, receiver.cpu() - taken
            since = early.marks[-1]
            many = last.count - len(early.marks) * EACH
            rate = many / (last.marks[-1] - since)
            return Drained(rate, spent / many * 1e6, taken / many * 1e6, memory, megabytes(carrying.pid))


async def _soon(stock: Stock) -> list[Figure]:
    """One event at a time, when there is nothing else to do."""
    events = stock.sized(1_000)
    async with receiving() as receiver, _served(stock.folder / "soon", receiver) as (_, client):
        await _registered(client, stock.folder / "soon", [receiver.url("timed/one")])
        await _sent(client, flights.declaration())
        await _warmed(client, receiver)
        for number in range(events):
            await _sent(client, flights.created(number))
            tally = await receiver.until(number + 1)
    return [
        Figure(f"one event at a time: event → POST, p{share * 100:.0f}", percentile(tally.late, share) * 1e3, "ms",
               goal=goal, bound="an fsync, then relay, log and courier, each woken by the one before")
        for share, goal in ((0.5, "< 30 ms"), (0.99, ""))
    ]  # fmt: skip


async def _apart(stock: Stock) -> list[Figure]:
    """As many events a second as before, when one endpoint never answers and another one after 10 s."""
    found: list[list[float]] = []
    for others in ((), ("dead/one", "slow/one")):
        folder = stock.folder / f"apart-{len(others)}"
        async with receiving() as receiver, _served(folder, receiver) as (_, client):
            paths = [*(f"timed/{number}" for number in range(HEALTHY)), *others]
            await _registered(client, folder, [receiver.url(path) for path in paths])
            await _sent(client, flights.declaration())
            await _warmed(client, receiver, HEALTHY)
            found.append(await _steady(client, receiver, stock.sized(1_000)))
    title = f"{HEALTHY} endpoints at {PER_SECOND} events/s, and one dead and one that takes 10 s"
    return [
        Figure(f"{title}: event → POST, p{share * 100:.0f}", percentile(found[1], share) * 1e3, "ms",
               None, "without these two", percentile(found[0], share) * 1e3, goal)
        for share, goal in ((0.5, ""), (0.99, "ratio ≤ 1.2"))
    ]  # fmt: skip


async def _steady(client: Client, receiver: Receiver, events: int) -> list[float]:
    begun = time.monotonic()
    for number in range(events):
        await asyncio.sleep(begun + number / PER_SECOND - time.monotonic())
        await _sent(client, flights.created(number))
    return (await receiver.until(events * HEALTHY)).late


@asynccontextmanager
async def _served(folder: Path, receiver: Receiver, *options: str) -> AsyncIterator[tuple[Program, Client]]:
    """An `oms up` that may deliver on loopback."""
    folder.mkdir()
    (folder / "oms.toml").write_text(f'webhook_nets = ["127.0.0.0/8"]\nwebhook_ports = ["{receiver.port}"]\n')
    async with up(folder, *options) as program, await connect(folder) as client:
        yield program, client


async def _registered(client: Client, folder: Path, sinks: Sequence[str], *, ordered: bool = False) -> None:
    for number, sink in enumerate(sinks):
        name = f"endpoint{number}"
        secret = made(Settings(folder=folder), "v1", signs(name)).id
        terms = {"sink": sink, "types": ["io.oms.object.*"], "secret": secret, "config": {"ordered": ordered}}
        told = await client.send("RegisterSubscription", {"name": name, **terms})
        assert told.status == "accepted", told


async def _warmed(client: Client, receiver: Receiver, endpoints: int = 1) -> None:
    for number in range(20):
        await _sent(client, flights.created(-number - 1))
    await receiver.until(20 * endpoints)
    await receiver.anew()


async def _written(program: Program, events: int) -> None:
    endpoint = Endpoint.of(program.folder / "nats")
    wire = await Wire.open(endpoint.url, endpoint.logins["local"])
    await _accepted(wire, flights.single(flights.declaration(), "type"))
    for message in flights.commits(map(flights.created, range(events))):
        await _accepted(wire, message)
    wire.close()


async def _accepted(wire: Wire, message: flights.Message) -> None:
    answer = await wire.request(message.subject, message.body)
    assert b'"status":"accepted"' in answer, answer


async def _posted(url: str, posts: int, at_once: int) -> tuple[float, float]:
    """The floor: posts a second, and CPU µs of each."""
    body, key = b'{"x":"%b"}' % (b"x" * BODY), bytes(32)
    rest = repeat(None, posts)

    async def work(session: aiohttp.ClientSession) -> None:
        for _ in rest:
            said = f"{time.time():.0f}"
            signature = base64.b64encode(hmac.digest(key, b"msg_1.%b.%b" % (said.encode(), body), "sha256")).decode()
            signed = {"webhook-id": "msg_1", "webhook-timestamp": said, "webhook-signature": f"v1,{signature}"}
            async with session.post(url, data=body, headers=signed) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:
        begun, spent = time.perf_counter(), time.process_time()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(at_once):
                tasks.create_task(work(session))
        return posts / (time.perf_counter() - begun), (time.process_time() - spent) / posts * 1e6


async def _sent(client: Client, part: flights.Part) -> None:
    outcome = await client.send(part["type"], part["data"])
    assert outcome.status == "accepted", outcome
